#!/bin/sh
# SPDX-License-Identifier: MIT
# What a run writes: all of its files or none, at each fault and signal; two
# names of one file; links, descriptors; children that fail.
# shellcheck disable=SC2016,SC2012,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

ofa-sample --corners -n 3 --seed=5 -o in.mpz
head -c 300 in.mpz >cut.mpz
eec-place --max-params=2e6 --rejects=rejects.want -o nets.want in.mpz 2>"$ERR"
holds 'a run of two outputs' test -s nets.want -a -s rejects.want
mkdir o

left_is() { # left_is NAMES: they are all that is in o
    test "$(ls -A o | tr '\n' ' ')" = "${1:+$1 }"
}

old_files() {   # old files of both outputs
    rm -rf o
    mkdir o
    echo old nets >o/nets
    echo old rejects >o/rejects
}

untouched() {
    left_is 'nets rejects' && test "$(cat o/nets o/rejects)" = 'old nets
old rejects'
}

place() {   # place [ARG...]: two outputs
    eec-place --max-params=2e6 --rejects=o/rejects -o o/nets -q "$@"
}

# fails WHAT TEXT CMD...: status 4 and a line with TEXT; neither new files
# appear nor old ones change.
fails() {
    fails_what=$1 fails_text=$2
    shift 2
    rm -rf o
    mkdir o
    expect 4 "$fails_what" "$@"
    contains "$ERR" "$fails_text" "$fails_what: the message"
    holds "$fails_what: nothing appears" left_is ''
    old_files
    expect 4 "$fails_what, old files" "$@"
    holds "$fails_what: old files are as they were" untouched
}

# ---- two outputs, one file ----

# refused WHAT ONE OTHER CMD...: status 2, one line that names both, and
# nothing new in o.
refused() {
    what=$1 one=$2 other=$3
    shift 3
    before=$(ls -A o)
    "$@" >"$OUT" 2>"$ERR" </dev/null
    status=$?
    if [ $status -eq 2 ] && [ "$(grep -c '' <"$ERR")" -eq 1 ] &&
       grep -qF 'are one file' "$ERR" && grep -qF -e "$one " "$ERR" &&
       grep -qF -e "$other " "$ERR" &&
       [ "$(ls -A o)" = "$before" ]; then
        ok "$what"
    else
        not_ok "$what"
        say "status $status"
        show "$ERR"
    fi
}

tools=0
for tool in "$BIN"/*; do
    "$tool" --help | grep -q -- '--report=FILE' || continue
    tools=$((tools + 1)) needed=
    case ${tool##*/} in
    eenn-train | eenn-run) needed=--dataset=/dev/null ;;
    eenn-predict) needed=--model=/dev/null ;;
    exit-map) needed=--platform=/dev/null ;;
    ofa-train) needed=--schedule=/dev/null ;;
    surrogate-fit) needed=--target=accuracy ;;
    esac
    # shellcheck disable=SC2086
    refused "${tool##*/}: output and report are one file" \
        --output=o/x --report=o/./x "$tool" $needed -o o/x --report=o/./x
done
holds 'all tools were tried' test "$tools" -ge 18

old_files
ln o/nets o/hard
ln -s nets o/soft
ln -s new o/dangling
ln -s . o/folder
mkfifo o/fifo
for pair in nets:nets nets:hard nets:soft nets:folder/nets nets:../o/nets \
            new:new new:folder/new new:dangling fifo:fifo; do
    one=o/${pair%:*} other=o/${pair#*:}
    refused "one file: $one, $other" "--output=$one" "--rejects=$other" \
        eec-place -o "$one" --rejects="$other" in.mpz
done
refused 'stdout twice' '--output to stdout' '--rejects to stdout' \
    eec-place --rejects=- in.mpz
refused 'stdout twice, by its device' '--output to stdout' \
    '--report=/dev/stdout' eec-place --report=/dev/stdout in.mpz
refused 'progress file and output' '--output=o/new' '--progress-file=o/new' \
    eec-place -o o/new --progress-file=o/new in.mpz
cp in.mpz mine
expect 3 'a progress file that is something else' \
    eec-place --progress-file=mine in.mpz -o o/nets
contains "$ERR" 'mine: it is no progress file' 'is refused'
same in.mpz mine 'and stays as it is'
echo '12 30 images' >mine
expect 0 'one that a killed run left' eec-place --progress-file=mine in.mpz -q -o o/nets
holds 'is taken and removed' test ! -e mine
expect 0 '/dev/null twice' eec-place -o /dev/null --rejects=/dev/null in.mpz -q
expect 0 'an output beside stdout' sh -c \
    'eec-place --max-params=2e6 -q --rejects=- -o o/nets in.mpz >o/rejects'
same o/nets nets.want 'outputs to a file and to stdout: the file'
same o/rejects rejects.want 'outputs to a file and to stdout: stdout'

# ---- all or none ----

old_files
expect 3 'a damaged input' place cut.mpz
holds 'a damaged input leaves both files' untouched
expect 0 'a whole one' place in.mpz
same o/nets nets.want 'both are replaced: nets'
same o/rejects rejects.want 'both are replaced: rejects'
cp in.mpz o/in.mpz
expect 0 'an output that is an input' ofa-sample --corners -n 3 --seed=6 \
    -o o/other.mpz
expect 0 'an output that is an input' eec-place -q o/in.mpz -o o/in.mpz
eec-place -q in.mpz >direct.mpz
same o/in.mpz direct.mpz 'the input has been replaced at the end'

for where in -o --rejects --report; do
    rm -rf o
    mkdir o
    expect 4 "/dev/full at $where" place in.mpz --report=o/report \
        $where /dev/full
    holds "/dev/full at $where: nothing appears" left_is ''
    expect 4 "no folder for $where" place in.mpz $where o/no/file
    expect 4 "$where is a folder" place in.mpz $where o
    holds "no folder for $where: nothing appears" left_is ''
done
expect 4 '/dev/full at stdout' sh -c 'eec-place --max-params=2e6 -q \
    --rejects=o/rejects --report=o/report in.mpz >/dev/full'
holds '/dev/full at stdout: nothing appears' left_is ''
expect 1 'a report of a status 1' stream-cmp in.mpz direct.mpz \
    --report=o/report
contains o/report 'tool: stream-cmp' 'a report of a status 1: is there'
expect 3 'no report of a failure' stream-check cut.mpz --report=o/report.3
holds 'no report of a failure: none' left_is report

# ---- limits, full disks ----

rm -rf o
mkdir o
xfsz() {    # xfsz BLOCKS CMD...: no file above BLOCKS times 512 bytes
    (
        ulimit -f "$1"
        shift
        exec "$@"
    )
}
expect 4 'ulimit -f at -o' xfsz 20 data-synth -n 300 -o o/x.mpz
contains "$ERR" 'o/x.mpz: write: File too large' 'ulimit -f at -o: the message'
holds 'ulimit -f at -o: nothing appears' left_is ''
expect 4 'ulimit -f at stdout' xfsz 20 sh -c 'data-synth -n 300 >big.mpz'
long=$(printf '%600s' '' | sed 's,  ,./,g')in.mpz
fails 'ulimit -f at a report' 'o/report: write: File too large' \
    xfsz 1 eec-place -q "$long" -o /dev/null --report=o/report

if [ "$(id -u)" -eq 0 ] && mkdir disk && mount -t tmpfs -o size=40k none disk \
    2>/dev/null; then
    trap 'umount "$T/disk"; rm -rf "$T"' EXIT
    expect 4 'a full disk' data-synth -n 300 -o disk/x.mpz
    contains "$ERR" 'No space left' 'a full disk: the message'
    expect 4 'a full disk by --report' sh -c \
        'head -c 40960 /dev/zero >disk/fill 2>/dev/null
        exec eec-place -q in.mpz -o out.mpz --report=disk/report'
    holds 'a full disk by --report: no output' test ! -e out.mpz
    rm disk/fill
    holds 'a full disk: nothing is left' test -z "$(ls -A disk)"
    expect 0 'the disk is empty again' eec-place -q in.mpz -o disk/x.mpz
else
    echo '# no small disk can be mounted here: a full one is not tried'
fi


# ---- system calls that fail ----

cat >shim.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* FAULT=CALL[:N] makes the N-th (first) call of that name fail, SHIM_LOG is a
 * file that gets the names of all calls. */
static int fails(const char *call)
{
    static int calls;
    const char *fault = getenv("FAULT"), *log = getenv("SHIM_LOG");
    size_t n = strlen(call);
    FILE *f = log ? fopen(log, "a") : NULL;

    if (f) {
        fprintf(f, "%s\n", call);
        fclose(f);
    }
    if (!fault || strncmp(fault, call, n) || (fault[n] && fault[n] != ':'))
        return 0;
    return ++calls == (fault[n] ? atoi(fault + n + 1) : 1);
}

static int end(const char *call, int error)
{
    errno = error;
    return fails(call) ? -1 : 0;
}

int fsync(int fd)
{
    struct stat st;

    fstat(fd, &st);
    return end(S_ISDIR(st.st_mode) ? "folder-fsync" : "fsync", EIO)
               ? -1 : fdatasync(fd);
}

int rename(const char *from, const char *to)
{
    return end("rename", EIO) ? -1 : renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int linkat(int a, const char *from, int b, const char *to, int flags)
{
    int (*real)(int, const char *, int, const char *, int) =
        (int (*)(int, const char *, int, const char *, int))
        dlsym(RTLD_NEXT, "linkat");

    return end("link", EDQUOT) ? -1 : real(a, from, b, to, flags);
}

int close(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "close");
    struct stat st;
    int ours = !fstat(fd, &st) && S_ISREG(st.st_mode) &&
               (fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY &&
               !(fcntl(fd, F_GETFL) & O_APPEND);

    real(fd);
    return ours && fd != 1 ? end("close", ENOSPC) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list ap;
    mode_t mode;

    va_start(ap, flags);
    mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE
               ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    if ((flags & O_TMPFILE) == O_TMPFILE && getenv("NO_TMPFILE")) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return openat(AT_FDCWD, path, flags, mode);
}
END
case $BIN in *san-*) shim= ;; *) shim=$T/shim.so ;; esac
if [ -n "$shim" ] && cc -shared -fPIC -o shim.so shim.c -ldl 2>"$ERR"; then
    shimmed() {     # shimmed [NAME=VALUE...] CMD...
        env LD_PRELOAD="$shim" "$@"
    }
else
    shim=
    echo '# no cc, or sanitizers: no system calls fail'
fi

system_calls() {    # system_calls [NAME=VALUE]
    for fault in fsync fsync:2 close close:2 rename rename:2; do
        fails "$fault fails${1:+, $1}" ": ${fault%:*}" shimmed ${1:+"$1"} \
            FAULT=$fault eec-place --max-params=2e6 --rejects=o/rejects \
            -o o/nets -q in.mpz
    done
}

if [ -n "$shim" ]; then
    system_calls
    system_calls NO_TMPFILE=1
    fails 'link fails' ': link: ' shimmed FAULT=link:2 \
        eec-place --max-params=2e6 --rejects=o/rejects -o o/nets -q in.mpz
    rm -rf o
    mkdir o
    expect 4 'fsync of the folder fails' shimmed FAULT=folder-fsync \
        eec-place -o o/nets -q in.mpz
    contains "$ERR" 'o/nets: fsync of its folder' \
        'fsync of the folder fails: the message'
    holds 'fsync of the folder fails: nothing appears' left_is ''
    expect 4 'close of stdout fails' sh -c "LD_PRELOAD=$shim FAULT=close \
        exec eec-place --max-params=2e6 --rejects=o/rejects -q in.mpz >file"
    holds 'close of stdout fails: nothing appears' left_is ''

    calls() {   # calls WANTED [ARG...]: of eec-place -o
        calls_want=$1
        shift
        rm -f calls
        shimmed SHIM_LOG="$T/calls" eec-place -o o/nets -q in.mpz "$@" \
            >/dev/null
        test "$(tr '\n' ' ' <calls)" = "$calls_want"
    }
    holds 'on the disk before it has its name' \
        calls 'fsync link close rename folder-fsync '
    holds '--no-sync does not wait' calls 'link close rename ' --no-sync
fi

# ---- signals ----

mkfifo in.fifo

# begin [NAME=VALUE|OPTION...]: a run that waits for input, its outputs open;
# the words are for env.
begin() {
    rm -rf o
    mkdir o
    env "$@" eec-place --max-params=2e6 --rejects=o/rejects -o o/nets -q \
        in.fifo >"$OUT" 2>"$ERR" &
    pid=$!
    exec 9<>in.fifo
    tries=0
    until [ "$(find "/proc/$pid/fd" -lname "$T/o/*" 2>/dev/null |
               grep -c '')" -eq 2 ] || [ $tries -eq 100 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
}

end() {     # end: its status
    wait "$pid" 2>/dev/null
    status=$?
    exec 9>&-
}

killed() {  # killed NUMBER WHAT [WORD...]: it dies of it and leaves nothing
    number=$1 what=$2
    shift 2
    begin --default-signal=HUP,INT,QUIT "$@"
    kill "-$number" "$pid"
    end
    if [ $status -eq $((128 + number)) ] && left_is ''; then
        ok "$what"
    else
        not_ok "$what"
        say "status $status, left: $(ls -A o)"
        show "$ERR"
    fi
}

# shellcheck disable=SC3045  # every sh in use has it
ulimit -c 0
begin
if left_is ''; then
    kill -9 "$pid"
    end
    holds 'SIGKILL leaves nothing' left_is ''
else
    echo '# files without a name are not known here: SIGKILL leaves some'
    kill "$pid"
    end
fi
killed 14 'SIGALRM leaves nothing'
if [ -n "$shim" ]; then
    for signal in HUP:1 INT:2 QUIT:3 ILL:4 TRAP:5 ABRT:6 BUS:7 FPE:8 USR1:10 \
                  SEGV:11 USR2:12 PIPE:13 ALRM:14 TERM:15 XCPU:24 VTALRM:26 \
                  PROF:27 IO:29 PWR:30 SYS:31; do
        killed "${signal#*:}" "SIG${signal%:*} leaves no temporary file" \
            LD_PRELOAD="$shim" NO_TMPFILE=1
    done
fi

begin --ignore-signal=HUP
kill -s HUP "$pid"
kill -s XFSZ "$pid"
cat in.mpz >&9
exec 9>&-
end
holds 'an ignored SIGHUP, and SIGXFSZ, do not end it' test $status -eq 0
same o/nets nets.want 'an ignored SIGHUP, and SIGXFSZ: the output'

# ---- links and descriptors ----

rm -rf o
mkdir o o/folder
echo old >o/folder/file
ln -s folder/file o/to-file
ln -s to-file o/to-link
ln -s folder/new o/dangling
ln -s loop o/loop
expect 0 'a link' eec-place -q in.mpz -o o/to-link
expect 0 'a dangling link' eec-place -q in.mpz -o /dev/null \
    --report=o/dangling
same o/folder/file direct.mpz 'a link: its file is replaced'
contains o/folder/new 'tool: ' 'a dangling link: its file is made'
holds 'links stay links' test -L o/to-link -a -L o/to-file -a -L o/dangling
expect 4 'a loop' eec-place -q in.mpz -o o/loop
contains "$ERR" 'o/loop: ' 'a loop: the message'
echo begins >o/log
expect 0 'a descriptor' sh -c 'eec-place -q in.mpz -o /dev/null \
    --report=/dev/fd/5 5>>o/log && eec-place -q in.mpz -o /dev/null \
    --report=/dev/stdout >>o/log'
holds 'a descriptor goes on where it is' \
    test "$(grep -c -e begins -e tool: o/log)" -eq 3
mkfifo o/fifo
cat o/fifo >got &
expect 0 'a fifo' eec-place -q in.mpz -o o/fifo
wait $!
same got direct.mpz 'a fifo: what came'

# ---- a child that fails ----

cp "$VALID/result-plain.mpz" results.mpz

draw() {    # draw: by the gnuplot of o/bin
    PATH=$T/o/bin:$PATH eenn-report --format=svg results.mpz -o o/x.svg
}

child() {   # child WHAT TEXT SCRIPT: of a gnuplot that is SCRIPT
    child_what=$1
    rm -rf o
    mkdir -p o/bin
    printf '#!/bin/sh\n%s\n' "$3" >o/bin/gnuplot
    chmod +x o/bin/gnuplot
    expect 4 "gnuplot $child_what" draw
    contains "$ERR" "$2" "gnuplot $child_what: the message"
    holds "gnuplot $child_what: nothing appears" left_is bin
    echo precious >o/x.svg
    expect 4 "gnuplot $child_what, an old file" draw
    holds "gnuplot $child_what: the old file stays" \
        test "$(cat o/x.svg)" = precious
}

child 'fails' 'gnuplot failed, status 3' 'echo "<svg>"; exit 3'
child 'fails at once' 'gnuplot failed, status 3' 'exec <&-; exit 3'
child 'is killed' 'killed by signal 9' 'echo "<svg>"; kill -9 $$'
child 'is at its limit' 'killed by signal 25' 'kill -25 $$; echo "<svg>"'
child 'draws nothing' 'gnuplot has drawn nothing' 'cat >/dev/null'
rm o/bin/gnuplot o/x.svg
ln -s "$BIN/eenn-report" o/bin
expect 4 'no gnuplot' env PATH="$T/o/bin" eenn-report --format=svg results.mpz \
    -o o/x.svg
contains "$ERR" 'gnuplot, which draws the SVG' 'no gnuplot: the message'
holds 'no gnuplot: nothing appears' left_is bin

finish
