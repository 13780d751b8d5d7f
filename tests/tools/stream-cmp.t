#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

load() {    # load FILE: a stream of the results on stdin
    stream-load --kind result -o "$1"
}
record() {  # record GENE ACCURACY [MORE]
    echo '{"type":"result","summary":{"arch":null,"space":"toy","genome":[1,'"$1"']},"status":"ok","accuracy":'"$2"',"macs":1000'"${3:-}"'}'
}
example_setup() {
    { record 0 0.5; record 1 0.75; } | load expected.mpz
    { record 0 0.5; record 1 0.750001; } | load result.mpz
}
{ record 0 0.5; record 1 0.1; } | load in.mpz
zstd -dc in.mpz | sed 's/kind\xa6result/kind\xa6tluser/' >wrong.mpz
tool=stream-cmp ARGS=in.mpz SOURCE='' INPUT=in.mpz feed=in.mpz
# Of the battery what does not need output on stdout.
battery_help
mkdir o
: >o/out.mpz
cp in.mpz a.mpz
expect 0 'equal streams are equal' stream-cmp in.mpz a.mpz
holds 'equal streams print nothing' test ! -s "$OUT"
expect 0 'stdin is the second stream' call_to b
expect 0 '- is stdin as the second stream' call_to b -
expect 0 '- is stdin as the first stream' sh -c 'stream-cmp - in.mpz <a.mpz'
refuses_broken 'second' in.mpz wrong.mpz stream-cmp in.mpz
first() { stream-cmp "$1" in.mpz; }
refuses_broken 'first' in.mpz wrong.mpz first
expect 4 'a file that is not there gives status 4' stream-cmp in.mpz none.mpz
expect 2 'three operands are refused' stream-cmp in.mpz in.mpz in.mpz
expect 2 'stdin cannot be both streams' stream-cmp - -
battery_kill
battery_man
battery_examples

differs() { # differs TEXT WHAT STREAM [OPTION..]
    differs_text=$1 differs_what=$2
    shift 2
    expect 1 "$differs_what" stream-cmp in.mpz "$@"
    contains "$OUT" "$differs_text" "$differs_what: says where"
}
{ record 0 0.5; record 1 0.2; } | load b.mpz
differs 'in.mpz b.mpz differ: record 1: key `accuracy`: 0.1' 'another real differs' b.mpz
expect 0 'a difference within --rtol is none' stream-cmp --rtol 0.5 in.mpz b.mpz
differs 'accuracy' 'a difference beyond --rtol counts' --rtol 0.49 b.mpz
expect 0 'a difference within --atol is none' stream-cmp --atol 0.1 in.mpz b.mpz
differs 'accuracy' 'a difference beyond --atol counts' --atol 0.09 b.mpz
expect 1 '--quiet finds the difference' stream-cmp -q in.mpz b.mpz
holds '--quiet prints nothing' test ! -s "$OUT"
expect 4 'a difference to a full disk gives status 4' sh -c 'stream-cmp in.mpz b.mpz >/dev/full'
expect 1 '-o takes the text' stream-cmp in.mpz b.mpz -o o/text
contains o/text 'differ: record 1' '-o FILE has the difference'
{ record 0 0.5; record 7 0.1; } | load b.mpz
differs 'record 1: key `summary.genome[1]`: 1 is not 7' 'another integer differs' \
    b.mpz --rtol 1
{ record 0 0.5; record 1 0.1 ',"split":"val"'; } | load b.mpz
differs 'record 1: key `split` is only in the second' \
    'a key that only the second has differs' b.mpz
expect 1 'a key that is missing differs' stream-cmp b.mpz in.mpz
contains "$OUT" 'key `split` is only in the first' \
    'the message says who lacks the key'
record 0 0.5 | load b.mpz
differs 'the second ends after 1 records' \
    'a record that only the first has differs' b.mpz
expect 1 'a record more differs' stream-cmp b.mpz in.mpz
contains "$OUT" 'the first ends after 1 records' \
    'the message says which stream ends first'
differs 'kind result, kind dataset' 'another kind of stream differs' "$VALID/dataset-tiny.mpz"

# Provenance is none of the records'.
stream-pick in.mpz -o b.mpz
expect 0 'provenance is not compared' stream-cmp in.mpz b.mpz
differs 'header: key `provenance.tool`' '--header compares provenance' --header b.mpz
cat in.mpz in.mpz >twice.mpz
stream-pick twice.mpz -o once.mpz
expect 0 'the cut into segments is not compared' stream-cmp twice.mpz once.mpz
expect 1 '--header compares the cut into segments' stream-cmp --header twice.mpz once.mpz

# Damage behind the first difference is trouble, not difference.
{ record 3 0.5; record 1 0.1; } | stream-load -k result --level=0 >c
head -c -3 c >short
expect 3 'a stream that differs and is cut off is refused' \
    stream-cmp in.mpz short

# Typed arrays, element by element.
stream-dump --values "$VALID/trace-plain.mpz" >t.json
jq -c 'if .logits then .logits.values[4] += 0.001 else . end' t.json |
    stream-load -o t.mpz
expect 1 'typed arrays are compared' stream-cmp "$VALID/trace-plain.mpz" t.mpz
contains "$OUT" 'key `logits`: element 4: ' 'a difference in a typed array names the element'
expect 0 'typed arrays are compared within --atol' \
    stream-cmp --atol 0.002 "$VALID/trace-plain.mpz" t.mpz
finish
