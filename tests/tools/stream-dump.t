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

expect 0 'records only' stream-dump -r in.mpz
cp "$OUT" records.json
holds 'has no header and no trailer' test "$(grep -c type records.json)" -eq 3 \
    -a "$(grep -c '' records.json)" -eq 3
holds 'jq reads it' test \
    "$(jq -s 'map(.accuracy) == [0.5, 0.1, 1]' records.json)" = true
contains records.json '"accuracy":1.0' 'a real has a point'
contains records.json '"macs":1000.0' 'and so has a large one'

# Typed arrays.
expect 0 'typed arrays in base64' stream-dump "$VALID/dataset-tiny.mpz"
contains "$OUT" '"data":"' 'base64'
expect 0 'typed arrays as numbers' \
    stream-dump --values --max-values 3 "$VALID/dataset-tiny.mpz"
contains "$OUT" '"shape":[3,2,2,1],"values":[17,34,51]}' 'the first three'

# A record that breaks its schema can be looked at all the same.
expect 3 'a bad record' stream-dump "$INVALID/stream-nan.mpz"
expect 3 'a bad record, unchecked' \
    stream-dump --unchecked "$INVALID/stream-nan.mpz"
contains "$OUT" '"accuracy":null' 'is shown before the stream ends'
finish
