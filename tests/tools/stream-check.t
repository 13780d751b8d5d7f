#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

example_setup() {
    cp "$VALID/stream-zstd.mpz" archive.mpz
}
cp "$VALID/stream-zstd.mpz" in.mpz
zstd -dc in.mpz | sed 's/kind\xa6result/kind\xa6tluser/' >wrong.mpz
INPUT=in.mpz WRONG=wrong.mpz
battery stream-check

expect 0 'two segments' stream-check "$VALID/stream-two-segments.mpz"
holds 'a line for each' test "$(grep -c \
    '^result 1.0, 3 records, 523 bytes, digest ' "$OUT")" -eq 2
# The digest is that of the bytes before the trailer.
expect 0 'several files of several kinds' stream-check \
    "$VALID/stream-plain.mpz" "$VALID/dataset-tiny.mpz"
expect 0 'quiet' stream-check -q in.mpz
holds 'says nothing' test ! -s "$OUT"
expect_loose 3 'the other files are checked, too' stream-check \
    "$INVALID/stream-nan.mpz" in.mpz "$INVALID/stream-junk.mpz"
holds 'a line for each bad one' test "$(grep -c '' "$ERR")" -eq 2
contains "$OUT" 'in.mpz: result' 'and for the good one'
expect_loose 4 'one that is not there' stream-check none.mpz in.mpz

expect 0 'schema' stream-check --schema result
contains "$OUT" '| `summary.genome` | integers' 'is a table'
expect 2 'schema of nothing' stream-check --schema thing

# What only the order of records shows.
expect 3 'a dataset with fewer images than announced' \
    stream-check "$INVALID/dataset-samples-less.mpz"
finish
