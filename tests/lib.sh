# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A small TAP library for the .t scripts.  A script looks like this:
#
#     #!/bin/sh
#     # shellcheck source=tests/lib.sh
#     . "${TOP:?}/tests/lib.sh"
#     cp "$VALID/arch-small.mpz" in.mpz
#     INPUT=in.mpz ARGS='--max-exits 4'
#     battery eec-place
#     expect 0 'all of them are placed' sh -c 'eec-place in.mpz >out.mpz'
#     expect 2 'no negative limits' eec-place --max-params=-1 in.mpz
#     finish
#
# It runs in an empty folder of its own ($T, removed at the end) with the tools
# in PATH; $BIN, $TOP, $VALID and $INVALID (the corpora) are set.  It must end
# in `finish`, which prints the plan: a script that dies early fails.
#
#   ok WHAT / not_ok WHAT     a result
#   expect STATUS WHAT CMD..  run CMD, compare its exit status.  Crashes,
#                             signals, 126 and 127 never count as expected, nor
#                             does a sanitizer's report.  For 2, 3 and 4 stderr
#                             must be as the house has it: one line, or for 2 a
#                             line and "Try 'TOOL --help'", and no more.
#                             Output is left in $OUT and $ERR.
#   expect_loose ...          the same without the look at stderr (pipelines)
#   holds WHAT CMD...         ok if CMD is true (for tests of files)
#   contains FILE TEXT WHAT   ok if FILE has the fixed string TEXT
#   same A B WHAT             ok if the files are equal
#   refuses_broken WHAT FILE WRONG CMD...
#                             CMD BROKEN must give 3 for every damage done to
#                             the stream FILE, and for the stream WRONG of
#                             another kind: use it for secondary inputs
#                             (refuses_broken dataset d.mpz arch.mpz \
#                                  eenn-train in.mpz -d)
#   battery TOOL              what every tool must do, set up by
#       INPUT   a valid input stream (a filter's stdin); needed but for SOURCE
#       ARGS    further arguments of each call, split at blanks
#       WRONG   a stream of a kind the tool does not read; default: one of the
#               corpus that `TOOL --version` does not name
#       SOURCE  1 for tools that read no stdin; ARGS then holds the operands
#       SLOW    for SOURCE: arguments of a call that lasts some seconds, to be
#               killed
#       INSTANT 1 for SOURCE tools that are done at once, whatever is asked of
#               them: there is nothing to kill
#       NO_SAME 1 if two runs may differ (nothing may, without a reason)
#       example_setup   a function that makes the files which the examples of
#               --help and of man/TOOL.1 name, in the current folder.
#               Examples of the man page are its indented lines (.Dl, or
#               .Bd -literal -offset indent) in EXAMPLES, run as one script by
#               bash -eu -o pipefail.

set -u
TOP=${TOP:-$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)}
BIN=${BIN:-$TOP/build/release/bin}
VALID=$TOP/tests/formats/valid
INVALID=$TOP/tests/formats/invalid
PATH=$BIN:$PATH
LC_ALL=C
asan=exitcode=99:${ASAN_OPTIONS:-}
ASAN_OPTIONS=$asan
export TOP BIN VALID INVALID PATH LC_ALL ASAN_OPTIONS
unset NO_COLOR CDPATH POSIXLY_CORRECT KERNELS
# The tests' own calls of make have nothing to do with the make that runs them.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

T=$(mktemp -d "${TMPDIR:-/tmp}/nachos-test.XXXXXX") || exit 1
OUT=$T/.stdout ERR=$T/.stderr
trap 'rm -rf "$T"' EXIT
trap 'exit 1' HUP INT TERM
cd "$T" || exit 1
tests=0 failures=0

ok() {
    tests=$((tests + 1))
    echo "ok $tests - $1"
}

not_ok() {
    tests=$((tests + 1)) failures=$((failures + 1))
    echo "not ok $tests - $1"
}

finish() {
    echo "1..$tests"
    [ "$failures" -eq 0 ] || exit 1
    exit 0
}

# What went wrong goes to stderr, which prove lets through.
say() {     # say TEXT..
    echo "# $0: $*" >&2
}
show() {    # show FILE
    {
        head -c 2000 "$1" | tr -c '[:print:]\n' '?' | sed 's/^/#   /'
        echo
    } >&2
}

# Read $ERR by the shell itself, since a process for each test adds up: how many
# lines it has is in $lines, the second in $second, whether a sanitizer speaks in
# $sanitizer.
read_errors() {
    lines=0 second='' sanitizer=''
    [ -s "$ERR" ] || return 0
    while IFS= read -r error || [ -n "$error" ]; do
        lines=$((lines + 1))
        [ "$lines" -ne 2 ] || second=$error
        case $error in
        *Sanitizer* | *'runtime error:'*) sanitizer=1 ;;
        esac
    done <"$ERR"
}

# Why the run that left $status and $ERR is not what was wanted, in $why.
judge() {   # judge WANTED strict|loose
    why=
    read_errors
    if [ "$status" -ge 126 ] || [ "$status" -eq 99 ] || [ -n "$sanitizer" ]; then
        why="crashed or could not run (status $status)"
    elif [ "$status" -ne "$1" ]; then
        why="status $status, wanted $1"
    elif [ "$2" = strict ]; then
        case $1.$lines.$second in
        2.2."Try '"*" --help'" | 3.1. | 4.1.) ;;
        2.*) why='stderr is not a line and a Try line' ;;
        [34].*) why="stderr has $lines lines, wanted 1" ;;
        esac
    fi
}

run_and_judge() {   # run_and_judge strict|loose STATUS WHAT CMD...
    mode=$1 want=$2 what=$3
    shift 3
    # A tool that fails may just exit and need not free what it holds.
    case $want in [234]) ASAN_OPTIONS=detect_leaks=0:$asan ;; esac
    "$@" >"$OUT" 2>"$ERR"
    status=$?
    ASAN_OPTIONS=$asan
    judge "$want" "$mode"
    if [ -z "$why" ]; then
        ok "$what"
        return 0
    fi
    not_ok "$what"
    say "$what: $why: $*"
    show "$ERR"
    return 1
}

expect() {
    run_and_judge strict "$@"
}

expect_loose() {
    run_and_judge loose "$@"
}

holds() {
    holds_what=$1
    shift
    if "$@"; then ok "$holds_what"; else not_ok "$holds_what"; fi
}

contains() {
    if grep -qF -e "$2" -- "$1"; then
        ok "$3"
    else
        not_ok "$3"
        say "$3: '$2' is not in $1:"
        show "$1"
    fi
}

same() {
    if cmp "$1" "$2" >"$OUT" 2>&1; then
        ok "$3"
    else
        not_ok "$3"
        show "$OUT"
    fi
}

# ---- damaged streams ----

size() {
    wc -c <"$1" | tr -d ' '
}

flip() {    # flip FILE OFFSET: another bit pattern in one byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
    # shellcheck disable=SC2059
    printf "\\$(printf %03o $((byte ^ 85)))" |
        dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# break_stream FILE: damaged copies in $T/broken, named after the damage.
break_stream() {
    rm -rf "$T/broken"
    mkdir "$T/broken"
    zstd -dcqf "$1" >"$T/.plain"
    # shellcheck disable=SC2016  # the dollars are for perl
    perl -we '
        my ($plain, $packed, $to) = @ARGV;
        sub slurp {
            open my $f, "<:raw", $_[0] or die "$_[0]: $!";
            local $/;
            return <$f>;
        }
        sub put {
            open my $f, ">:raw", "$to/$_[0]" or die "$to/$_[0]: $!";
            print $f $_[1];
            close $f or die "$to/$_[0]: $!";
        }
        sub flipped {
            my ($bytes, $at) = @_;
            substr($bytes, $at, 1) = chr(ord(substr $bytes, $at, 1) ^ 85);
            return $bytes;
        }
        my ($p, $z) = (slurp($plain), slurp($packed));
        my ($n, $m) = (length $p, length $z);
        my $trailer = rindex $p, "\xa3eos";
        put("empty", "");
        put("cut-after-1-byte", substr $p, 0, 1);
        put("cut-in-header", substr $p, 0, 20);
        put("cut-mid-record", substr $p, 0, int($n / 2));
        put("cut-before-trailer", substr $p, 0, $trailer - 1);
        put("cut-last-byte", substr $p, 0, $n - 1);
        put("cut-compressed", substr $z, 0, int($m / 2));
        put("cut-frame-end", substr $z, 0, $m - 4);
        (my $major = $p) =~ s/version\x92\x01/version\x92\x7f/g;
        put("next-major", $major);
        put("flipped-first-byte", flipped($p, 0));
        put("flipped-byte", flipped($p, int($n * 2 / 3)));
        put("flipped-compressed", flipped($z, int($m * 2 / 3)));
        put("rubbish-behind", "$z" . "rubbish\n");
    ' "$T/.plain" "$1" "$T/broken"
}

refuses_broken() {
    broken_what=$1 broken_file=$2 broken_wrong=$3
    shift 3
    break_stream "$broken_file"
    if cmp -s "$T/.plain" "$T/broken/next-major"; then
        not_ok "$broken_what: has a version to be changed"
    fi
    for broken in "$T"/broken/*; do
        expect 3 "$broken_what: ${broken##*/}" "$@" "$broken"
    done
    expect 3 "$broken_what: wrong kind" "$@" "$broken_wrong"
}

# ---- the battery ----

call() {    # call [ARG...]: the tool with $ARGS, $feed as its stdin
    # shellcheck disable=SC2086
    "$tool" $ARGS "$@" <"$feed"
}

call_to() { # call_to FILE [ARG...]: with stdout to FILE
    call_out=$1
    shift
    call "$@" >"$call_out"
}

in_terminal() {     # in_terminal COMMAND: stdin, stdout and stderr are one
    script -qec "$1" /dev/null </dev/null >"$T/.screen" 2>&1
}

# A kind of the corpus that the tool does not read.
find_wrong() {
    for f in "$VALID"/*.mpz; do
        kind=${f##*/}
        kind=${kind%%-*}
        case $version in
        *reads*" ${kind%.mpz} "*) ;;
        *) echo "$f"; return ;;
        esac
    done
}

battery_help() {
    expect 0 'help' "$tool" --help
    cp "$OUT" help.txt
    holds 'help is on stdout' test -s help.txt -a ! -s "$ERR"
    holds 'help has 80 columns at most' awk 'length > 80 { exit 1 }' help.txt
    expect 0 'version' "$tool" --version
    version=$(cat "$OUT")
    if [ "$(grep -c '' <"$OUT")" -eq 1 ] &&
       grep -Eq "^$tool \(nachos\) [0-9]+\.[0-9]+\.[0-9]+" "$OUT"; then
        ok 'version is one line'
    else
        not_ok 'version is one line'
    fi
    expect 4 'help to a full disk' sh -c "$tool --help >/dev/full"
    expect 2 'bad option' call --no-such-option
    expect 2 'bad level' call --level=x
}

# --params is done before any input is opened: a terminal, a missing file and a
# stream of another kind are as good as none.
battery_params() {
    expect 0 'params' call --params
    cp "$OUT" params.txt
    holds 'params are the tool, its version and NAME=VALUE' sh -c "
        sed 1q params.txt | grep -qx tool=$tool &&
        sed -n 2p params.txt | grep -qx 'version=[0-9.]*' &&
        ! grep -qvE '^[a-z][a-z0-9-]*=' params.txt"
    expect 0 'options' call --options
    # shellcheck disable=SC2016  # the dollars are for awk
    holds 'options are rows of eight values' awk -F '\t' '
        NF != 8 || /\t\t/ { exit 1 }
        $1 == "threads" && $5 != "1..4096" { exit 1 }
        END { exit NR < 10 }' "$OUT"
    expect 4 'params to a full disk' call_to /dev/full --params
    expect 0 'params make no output' call --params -o no-such-folder/out.mpz \
        --report=no-such-folder/report --progress-file=no-such-folder/progress
    cp "$OUT" params-o.txt
    same params.txt params-o.txt 'where they would go is no parameter'
    in_terminal "$tool $ARGS --params"
    tr -d '\r' <"$T/.screen" >screen.txt
    same params.txt screen.txt 'params with a terminal as stdin and stdout'
}

battery_output() {
    expect 0 'a plain run' call_to a.mpz
    if [ -z "$SOURCE" ]; then
        expect 0 '- is stdin' call_to b.mpz -
        same a.mpz b.mpz '- = stdin'
        feed=/dev/null
        expect 0 'a file' call_to b.mpz "$INPUT"
        same a.mpz b.mpz 'file = stdin'
        feed=$INPUT
    fi
    mkdir o
    expect 0 '-o' call -o o/out.mpz
    same a.mpz o/out.mpz '-o FILE = stdout'
    holds '-o leaves nothing else' test "$(ls -A o)" = out.mpz
    expect 0 'a second run, verbose' call_to b.mpz -v --report report.txt
    contains report.txt 'command: ' 'the report has the command'
    if [ -z "${NO_SAME:-}" ]; then
        same a.mpz b.mpz 'the same bytes'
    fi
    if grep -q -- --threads help.txt; then
        expect 0 '-j1' call_to b.mpz -j1
        expect 0 '-j4' call_to c.mpz -j4
        same b.mpz c.mpz '-j1 = -j4'
    fi
    expect 4 'full disk' call_to /dev/full
    expect 4 'full disk by -o' call -o /dev/full
    expect 4 'no such folder' call -o no/such/folder
    case $version in
    *writes*)
        expect 0 'plain output' call_to b.mpz --level=0
        zstd -dcqf a.mpz >c.mpz
        same b.mpz c.mpz 'level 0 is the same, uncompressed'
        expect 0 'without provenance' call_to b.mpz --no-provenance
        in_terminal "$tool $ARGS <$feed"
        holds 'no binary to a terminal' test $? -eq 2 ;;
    esac
}

battery_input() {
    wrong=${WRONG:-$(find_wrong)}
    # shellcheck disable=SC2086
    refuses_broken 'input' "$INPUT" "$wrong" "$tool" $ARGS
    feed=/dev/null
    expect 3 'empty stdin' call
    expect 4 'no such file' call no-such-file.mpz
    feed=broken/cut-mid-record
    expect 3 'truncated, with -o' call -o o/failed.mpz
    echo precious >o/old.mpz
    expect 3 'truncated, with -o of an old file' call -o o/old.mpz
    holds 'a failure spares the old file' test "$(cat o/old.mpz)" = precious
    rm o/old.mpz
    holds 'a failure leaves no file' test "$(ls -A o)" = out.mpz
    feed=$INPUT
    in_terminal "$tool $ARGS >/dev/null"
    holds 'no terminal as stdin' test $? -eq 2
}

# Kill the tool in mid-work: status 143 and no file.
battery_kill() {
    mkdir term
    if [ -n "$SOURCE" ]; then
        # shellcheck disable=SC2086
        "$tool" ${SLOW:?} -o term/out.mpz >/dev/null 2>"$ERR" &
        pid=$!
    else
        mkfifo fifo
        # shellcheck disable=SC2086
        "$tool" $ARGS -o term/out.mpz <fifo >/dev/null 2>"$ERR" &
        pid=$!
        exec 9>fifo
        head -c $(($(size "$INPUT") / 2)) "$INPUT" >&9
    fi
    sleep 0.3
    kill -TERM "$pid"
    wait "$pid" 2>/dev/null
    status=$?
    exec 9>&-
    if [ "$status" -eq 143 ] && [ -z "$(ls -A term)" ]; then
        ok 'SIGTERM leaves no file'
    else
        not_ok 'SIGTERM leaves no file'
        say "status $status, left: $(ls -A term)"
        show "$ERR"
    fi
}

battery_man() {
    page=$TOP/man/$tool.1
    if ! mandoc -T ascii -O width=200 "$page" >man.raw; then
        not_ok 'has a man page'
        return
    fi
    sed 's/.\x08//g' man.raw >man.txt
    sed -nE 's/^  (-., |    )(--(\[no-\])?[a-z0-9-]+).*/\1\2/p' help.txt >options
    missing=$(awk '
        NR == FNR { page = page $0 "\n"; next }
        { name = $NF; long = name; sub(/^--(\[no-\])?/, "", long) }
        page !~ "--(\\[no-\\])?" long "[^a-z0-9-]" { printf " %s", name }
        NF > 1 && page !~ "[ ,\n]" substr($1, 1, 2) "[ ,\n]" {
            printf " %s", substr($1, 1, 2)
        }' man.txt options)
    holds "man page has every option${missing:+, but not$missing}" \
        test -z "$missing"
}

battery_examples() {
    mkdir example
    sed '1,/^Example:/d; s/^  //' help.txt >example.help
    sed -n '/^EXAMPLES/,/^[A-Z]/p' man.txt | sed -n 's/^ \{10,\}//p' \
        >example.man
    holds 'help has an example' test -s example.help
    holds 'man page has an example' test -s example.man
    cd example || exit 1
    if command -v example_setup >/dev/null; then
        example_setup
    fi
    expect_loose 0 'the example of --help' bash -eu -o pipefail ../example.help
    expect_loose 0 'the examples of the man page' \
        bash -eu -o pipefail ../example.man
    cd "$T" || exit 1
}

battery() {
    tool=$1
    ARGS=${ARGS:-} SOURCE=${SOURCE:-}
    if [ -n "$SOURCE" ]; then
        feed=/dev/null
    else
        feed=${INPUT:?}
    fi
    battery_help
    battery_params
    battery_output
    [ -n "$SOURCE" ] || battery_input
    [ -n "${INSTANT:-}" ] || battery_kill
    battery_man
    battery_examples
}
