#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

record() {  # record GENE ACCURACY
    echo '{"type":"result","summary":{"arch":null,"space":"toy","genome":[1,'"$1"']},"status":"ok","accuracy":'"$2"',"macs":1000}'
}
example_setup() {
    { record 0 0.5; record 1 0.75; } |
        stream-load --kind result -o archive.mpz
    cp "$VALID/dataset-tiny.mpz" c10.mpz
}
{ record 0 0.5; record 1 0.1; record 2 1; } |
    stream-load --kind result -o in.mpz
zstd -dc in.mpz | sed 's/kind\xa6result/kind\xa6tluser/' >wrong.mpz
INPUT=in.mpz WRONG=wrong.mpz
battery stream-dump

expect 0 '-r dumps' stream-dump -r in.mpz
cp "$OUT" records.json
holds '-r leaves out header and trailer' test "$(grep -c type records.json)" -eq 3 \
    -a "$(grep -c '' records.json)" -eq 3
holds 'jq reads the dump' test \
    "$(jq -s 'map(.accuracy) == [0.5, 0.1, 1]' records.json)" = true
contains records.json '"accuracy":1.0' 'a whole real is written with a point'
contains records.json '"macs":1000.0' 'a large whole real is written with a point'

# Typed arrays.
expect 0 'a stream with typed arrays is dumped' stream-dump "$VALID/dataset-tiny.mpz"
contains "$OUT" '"data":"' 'typed arrays are base64'
expect 0 '--numbers dumps' \
    stream-dump --values --max-values 3 "$VALID/dataset-tiny.mpz"
contains "$OUT" '"shape":[3,2,2,1],"values":[17,34,51]}' '--numbers shows the first three values'

# The first record, of a stream whose rest is missing, and one of none.
dataset=$VALID/dataset-tiny.mpz
zstd -dcqf "$dataset" >plain.mpz
head -c "$(($(size plain.mpz) - 60))" plain.mpz >begun.mpz
expect 3 'a stream that is cut off' stream-dump begun.mpz
expect 0 '--first does not read what follows' stream-dump --first begun.mpz
cp "$OUT" first.json
stream-dump "$dataset" | head -n 2 >wanted.json
same wanted.json first.json '--first prints the header and the first record'
expect 0 '--first of records only' stream-dump -r --first begun.mpz
holds 'the first record has the splits and their images' test \
    "$(jq -c '[.type, .splits, .samples]' "$OUT")" = \
    "$(stream-dump -r "$dataset" |
        jq -c 'select(.type == "dataset") | [.type, .splits, .samples]')"
head -c 60 plain.mpz >header.mpz
expect 3 '--first, cut off before a record' stream-dump --first header.mpz
: | stream-load --kind result -o empty.mpz
expect 0 '--first of no records' stream-dump --first empty.mpz
holds 'a stream of no records is printed whole' test \
    "$(jq -c 'has("magic"), has("eos")' "$OUT" | tr '\n' ' ')" = \
    'true false false true '

# A record that breaks its schema can be looked at all the same.
expect 3 'a bad record is refused' stream-dump "$INVALID/stream-nan.mpz"
expect 3 'without checks the end of the stream is still refused' \
    stream-dump --unchecked "$INVALID/stream-nan.mpz"
contains "$OUT" '"accuracy":null' 'without checks a bad record is shown'
finish
