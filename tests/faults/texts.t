#!/bin/sh
# SPDX-License-Identifier: MIT
# Text that stands in another format: names from streams in Markdown, TSV, JSON,
# drawings and on terminals, where none of it may act as the format's own.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# Of everything: Markdown's and gnuplot's own signs, ends of lines, ASCII
# controls, one of ISO 6429 (CSI), an override of the direction, a separator.
name='a|b`touch evil`[c](d)<e>*f*\\g\"h'"'"'#\t\n\u001b[31m\u007f\u009b2J\u202ez\u2028é'
printf '"%s"' "$name" | jq . >name.json || not_ok 'the name is JSON'

rename() {      # rename STREAM JQ: edit the records, $n is the name
    stream-dump "$VALID/$1.mpz" |
        jq -c --slurpfile n name.json '$n[0] as $n | if .type then '"$2"' else . end' |
        stream-load
}
make_stream() { # make_stream FILE STREAM JQ
    rename "$2" "$3" >"$T/.new" 2>"$ERR"
    holds "$1 has the name" sh -c 'stream-dump "$0" | grep -q evil' "$T/.new"
    cp "$T/.new" "$1"
}
clean() {       # clean FILE WHAT: text of any terminal, NULL and NaN said well
    holds "$2: nothing that acts on a terminal" sh -c '
        iconv -f UTF-8 -t UTF-8 "$0" >/dev/null && ! LC_ALL=C grep -qP \
        "[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]" "$0"' "$1"
    holds "$2: nothing in place of no text or number" sh -c '
        ! grep -qiE "\(null\)|(^|[^a-z])-?nan([^a-z]|$)" "$0"' "$1"
}
even() {        # even FILE SEPARATOR: as many fields in each row of a block
    awk -F"$2" 'NF <= 1 { n = 0; next } n && NF != n { exit 1 } { n = NF; any = 1 }
        END { exit !any }' "$1"
}

make_stream own.mpz result-own '.metrics[0].name = $n | .metrics[0].unit = $n |
    .metrics[1].unit = $n | .limits = [{name: "time", max: 40}]'
make_stream failed.mpz result-failed '.reason = $n'
make_stream tuned.mpz result-tuned '.split = $n | .dataset = $n'
make_stream trained.mpz trained-plain 'if .type == "trained" then
    .dataset = $n else . end'
make_stream trace.mpz trace-policy 'if .type == "trace" then
    .split = $n else . end'
make_stream classes.mpz trace-classes 'if .type == "trace" then .dataset = $n |
    .class_names[0] = $n | .names = {dtype: "u8", shape: [20], values: ([27, 9, 124,
    10, 255, 0] + [range(7) | 97, 0])} else . end'
make_stream data.mpz dataset-plain 'if .type == "dataset" then .name = $n |
    .classes[0] = $n else . end'
make_stream surrogate.mpz surrogate-pairs '.target = $n'
make_stream weights.mpz weights-supernet '($n[3:15] + $n[-12:]) as $n |
    if .type == "subnet" then .phase = $n
    elif .type == "weights" then .log[].phase = $n else . end'

reports() {     # reports FILE VIEW...
    file=$1
    shift
    for view; do
        for format in text tsv md json; do
            what="$file, $view, $format"
            expect 0 "$what" eenn-report --view="$view" --format=$format "$file"
            tr -d '\t' <"$OUT" >plain
            clean plain "$what"
            case $format in
            tsv) holds "$what: as many fields" even "$OUT" '\t' ;;
            md) sed 's/\\|//g' "$OUT" >bars
                holds "$what: as many bars" even bars '|'
                holds "$what: no mark-up of a name" sh -c \
                    '! grep -qE "(^|[^\\\\])[\`<[]|[^\\\\*]\*f" "$0"' "$OUT" ;;
            json) holds "$what: is JSON" sh -c 'jq -e . "$0" >/dev/null' "$OUT" ;;
            esac
        done
    done
}
reports own.mpz table
reports failed.mpz table
reports tuned.mpz table front exits iterations
reports trained.mpz table log
reports trace.mpz table exits
reports classes.mpz table exits confusion classes samples
reports data.mpz table
reports surrogate.mpz table pairs
reports weights.mpz log subnets
expect 0 'JSON holds the name as it is' sh -c \
    'eenn-report --format=json failed.mpz | jq ".results[0].reason" | cmp - name.json'
for file in own failed tuned; do
    expect 0 "$file: a line" eenn-report --line $file.mpz
    clean "$OUT" "$file: a line"
    holds "$file: one line" test "$(grep -c '' <"$OUT")" -eq 1
done

svg() {         # svg WHAT ARG...
    what=$1
    shift
    expect 0 "$what is drawn" eenn-report --format=svg "$@"
    clean "$OUT" "$what"
    holds "$what has its labels" grep -q '|b`touch evil`' "$OUT"
}
if command -v gnuplot >/dev/null; then
    svg 'pairs' --view=pairs surrogate.mpz
    svg 'confusion matrix' --view=confusion classes.mpz
    svg 'results' --objectives=accuracy:max,macs:min tuned.mpz
    name=$(jq -j . name.json)
    svg 'front' --objectives="$name:max,time:min" own.mpz
    contains "$OUT" '&lt;e>' 'SVG escapes what is its own'
fi
holds 'no name is a command' test ! -e evil

# ---- the tools of streams ----
for f in own tuned trained surrogate; do
    expect 0 "$f: a dump" stream-dump $f.mpz
    clean "$OUT" "$f: a dump"
    cp "$OUT" dump.json
    expect 0 "$f: a dump loads" sh -c 'stream-load dump.json | stream-cmp - "$0"' $f.mpz
done
expect 1 'streams differ in a name' stream-cmp "$VALID/result-failed.mpz" failed.mpz
clean "$OUT" 'a difference'
holds 'a difference is one line' test "$(grep -c '' <"$OUT")" -eq 1
bad=$(printf 'x\033[31m\302\233\377')
cp own.mpz "$bad"
expect 0 'a file whose name is no text' stream-check "$bad" own.mpz
clean "$OUT" 'its name'
expect 4 'no such file' stream-check "$bad$bad"
clean "$ERR" 'its name in a message'
expect 2 'no such option' stream-check "--$bad"
clean "$ERR" 'an option in a message'
expect_loose 0 'a name in a warning' eenn-run -d "$VALID/dataset-tiny.mpz" -o run.mpz \
    "$VALID/trained-failed.mpz"
zstd -dcq "$VALID/arch-table.mpz" | LC_ALL=C sed 's/layers=1/layers\xff1/' >invalid.mpz
expect_loose 3 'bytes that are no text' stream-check invalid.mpz
clean "$ERR" 'bytes that are no text'

# ---- what is not there ----
stream-dump "$VALID/surrogate-pairs.mpz" |
    jq -c 'if .type then .scores[].rho = null | .scores[].tau = 0 else . end' |
    stream-load -o constant.mpz
expect 0 'a surrogate without a rank' eenn-report --format=tsv constant.mpz
holds 'has neither tau nor rho' test "$(cut -f6-8 "$OUT" | sed 1d)" = "$(printf -- '-\t-\t-')"
stream-dump "$VALID/result-own.mpz" |
    jq -c 'if .type then del(.limits, .metrics[1].unit) else . end' |
    stream-load -o bare.mpz
for args in --line --view=table --format=tsv --format=json; do
    expect 0 "a result with little, $args" eenn-report "$args" bare.mpz
    clean "$OUT" "a result with little, $args"
done

# ---- progress on any terminal ----
# The second network comes after more than the second that no line is drawn in.
ofa-sample -n 1 --space=ofa-mbv3:width=0.1,res=8,classes=10,exits=1 | eec-place -o n.mpz
data-synth -n 80 --val=20 --test=20 --size=8 -o d.mpz
eenn-train -d d.mpz -e 1/0 n.mpz -o t.mpz
run='{ cat t.mpz; sleep 1.2; cat t.mpz; } | eenn-run -d d.mpz -o /dev/null'
progress() {    # progress COLUMNS [ARG...]: what is drawn, a line for each
    in_terminal "stty cols $1; ${2:+export $2;} $run"
    tr '\r' '\n' <"$T/.screen" | sed '/^ *$/d' >drawn
}
TERM=vt100
export TERM
for columns in 30 20 3; do     # the line has 32
    progress $columns
    holds "progress on $columns columns is cut" \
        awk -v n=$columns 'length != n - 1 { exit 1 } END { exit !NR }' drawn
done
progress 0
holds 'a terminal without a width has 80' awk 'length >= 80 { exit 1 }' drawn
holds 'and progress all the same' test -s drawn
progress 40 TERM=dumb
holds 'none is drawn where lines cannot be' test ! -s drawn
finish
