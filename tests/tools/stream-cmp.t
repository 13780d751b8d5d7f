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
expect 0 'the same' stream-cmp in.mpz a.mpz
holds 'says nothing' test ! -s "$OUT"
expect 0 'stdin' call_to b
expect 0 'stdin as -' call_to b -
expect 0 '- as the first' sh -c 'stream-cmp - in.mpz <a.mpz'
refuses_broken 'second' in.mpz wrong.mpz stream-cmp in.mpz
first() { stream-cmp "$1" in.mpz; }
refuses_broken 'first' in.mpz wrong.mpz first
expect 4 'no such file' stream-cmp in.mpz none.mpz
expect 2 'one too many' stream-cmp in.mpz in.mpz in.mpz
expect 2 'stdin twice' stream-cmp - -
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
differs 'in.mpz b.mpz differ: record 1: key `accuracy`: 0.1' 'a real' b.mpz
expect 0 'within rtol' stream-cmp --rtol 0.5 in.mpz b.mpz
differs 'accuracy' 'beyond rtol' --rtol 0.49 b.mpz
expect 0 'within atol' stream-cmp --atol 0.1 in.mpz b.mpz
differs 'accuracy' 'beyond atol' --atol 0.09 b.mpz
expect 1 'quiet' stream-cmp -q in.mpz b.mpz
holds 'is quiet' test ! -s "$OUT"
expect 4 'full disk' sh -c 'stream-cmp in.mpz b.mpz >/dev/full'
expect 1 'to a file' stream-cmp in.mpz b.mpz -o o/text
contains o/text 'differ: record 1' 'is in the file'
{ record 0 0.5; record 7 0.1; } | load b.mpz
differs 'record 1: key `summary.genome[1]`: 1 is not 7' 'an integer' \
    b.mpz --rtol 1
{ record 0 0.5; record 1 0.1 ',"split":"val"'; } | load b.mpz
differs 'record 1: key `split` is only in the second' 'a key more' b.mpz
expect 1 'a key less' stream-cmp b.mpz in.mpz
contains "$OUT" 'key `split` is only in the first' 'says so'
record 0 0.5 | load b.mpz
differs 'the second ends after 1 records' 'a record less' b.mpz
expect 1 'a record more' stream-cmp b.mpz in.mpz
contains "$OUT" 'the first ends after 1 records' 'says so'
differs 'kind result, kind dataset' 'another kind' "$VALID/dataset-tiny.mpz"

# Provenance is none of the records'.
stream-pick in.mpz -o b.mpz
expect 0 'another provenance' stream-cmp in.mpz b.mpz
differs 'header: key `provenance.tool`' 'unless asked' --header b.mpz
cat in.mpz in.mpz >twice.mpz
stream-pick twice.mpz -o once.mpz
expect 0 'segments do not matter' stream-cmp twice.mpz once.mpz
expect 1 'unless asked' stream-cmp --header twice.mpz once.mpz

# Damage behind the first difference is trouble, not difference.
{ record 3 0.5; record 1 0.1; } | stream-load -k result --level=0 >c
head -c -3 c >short
expect 3 'different and cut' stream-cmp in.mpz short

# Typed arrays, element by element.
stream-dump --values "$VALID/trace-plain.mpz" >t.json
jq -c 'if .logits then .logits.values[4] += 0.001 else . end' t.json |
    stream-load -o t.mpz
expect 1 'a typed array' stream-cmp "$VALID/trace-plain.mpz" t.mpz
contains "$OUT" 'key `logits`: element 4: ' 'names the element'
expect 0 'a typed array within tolerance' \
    stream-cmp --atol 0.002 "$VALID/trace-plain.mpz" t.mpz
finish
