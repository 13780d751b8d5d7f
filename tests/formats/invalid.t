#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2317,SC3045
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# Every file of the invalid corpus is refused with one line and status 3.
# Memory is bounded, whatever a file claims (not under sanitizers, which
# reserve far more addresses themselves).
limited() {
    case $BIN in
    *san-*) "$@" ;;
    *) (ulimit -v 400000; exec "$@") ;;
    esac
}
for f in "$INVALID"/*.mpz; do
    expect 3 "${f##*/}" limited stream-check "$f"
done

# What the envelope's are refused for (made by make-stream.sh).
while IFS='|' read -r name text; do
    stream-check "$INVALID/stream-$name.mpz" >"$OUT" 2>"$ERR"
    contains "$ERR" "$text" "$name: $text"
    contains "$ERR" "stream-$name.mpz: " "$name: names the file"
done <<'EOF'
beyond-int|key `summary.genome[2]`: an integer beyond 2^53
bomb|not a map
bomb-record|record 0 (byte 49): key `summary`: is missing
claim-array|claims more elements
claim-array-small|truncated: 
claim-bin|larger than 64 MiB
claim-bin-small|truncated: 
claim-map|claims more elements
claim-str|larger than 1 MiB outside typed arrays
count|it counts 4 records, the segment has 3
cut-header|header (byte 0): truncated: 
cut-record|record 2 (byte 329): truncated: 
cut-trailer|truncated: 
cut-zstd|truncated: the input ends inside a zstd frame
cut-zstd-checksum|truncated: the input ends inside a zstd frame
depth|nested deeper than 16
depth-claims|nested deeper than 16
digest|trailer (byte 459): its digest is
duplicate-key|key `accuracy`: stands there twice
empty|empty input
empty-frame|truncated: an empty zstd frame
eos|key `eos` is not true
ext|not MessagePack (or an ext type
first-key|not a nachos stream
flipped|its digest is
flipped-zstd|zstd: 
gzip|not a nachos stream
header-twice|a new header before the trailer
infinity|key `macs`: infinity where numbers must be finite
junk|junk after a trailer
junk-frame|junk after a trailer: zstd: 
junk-in-frame|junk after a trailer
junk-zstd|junk after a trailer
key-not-string|key is not a string
kind-change|a segment of kind tensor after one of kind result
kind-name|key `kind`
kind-unknown|got resalt 1.
skippable-alone|truncated: an empty zstd frame
skippable-cut|truncated: the input ends inside a zstd frame
skippable-junk|not a nachos stream
frame-into-plain|truncated: 
plain-into-frame|key is not a string
window|its zstd window is larger than 8 MiB
magic|wrong magic
missing-key|key `status`: is missing
nan|key `accuracy`: NaN where numbers must be finite
next-major|surrogate 1.x, checkpoint 1.x, platform 1.x, plan 1.x, got result 2.
no-header|not a nachos stream
no-trailer|truncated: the input ends without a trailer
no-trailer-zstd|truncated: the input ends without a trailer
no-type|first key is neither `type` nor `eos`
not-a-map|not a map
not-utf8|key `summary.space`: not UTF-8
nul-in-string|key `summary.space`: not UTF-8
out-of-range|key `accuracy`: 2 is not in 0..1
type-number|key `type`: not a string
type-unknown|unknown record type "thing" in a stream of kind result
unknown-name|key `status`: unknown name "yes"
wrong-type|key `summary.genome[2]`: a string where an integer belongs
EOF

# Each is in the list above.
for f in "$INVALID"/stream-*.mpz; do
    name=${f##*/stream-}
    holds "${f##*/} has its reason here" grep -qF "${name%.mpz}|" \
        "$TOP/tests/formats/invalid.t"
done
finish
