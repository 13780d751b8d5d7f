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

expect 0 'two segments are checked' stream-check "$VALID/stream-two-segments.mpz"
holds 'one line of output for each segment' test "$(grep -c \
    '^result 1.0, 3 records, 523 bytes, digest ' "$OUT")" -eq 2
# The digest is that of the bytes before the trailer.
expect 0 'files of several kinds are checked in one call' stream-check \
    "$VALID/stream-plain.mpz" "$VALID/dataset-tiny.mpz"
expect 0 '--quiet checks as well' stream-check -q in.mpz
holds '--quiet prints nothing' test ! -s "$OUT"
expect_loose 3 'a bad file does not keep the others from being checked' stream-check \
    "$INVALID/stream-nan.mpz" in.mpz "$INVALID/stream-junk.mpz"
holds 'each bad file has its line on stderr' test "$(grep -c '' "$ERR")" -eq 2
contains "$OUT" 'in.mpz: result' 'the good file has its line on stdout'
expect_loose 4 'a file that is not there gives status 4' stream-check none.mpz in.mpz

expect 0 '--schema prints a kind' stream-check --schema result
contains "$OUT" '| `summary.genome` | integers' '--schema prints a table of keys'
expect 2 '--schema of an unknown kind is refused' stream-check --schema thing

# What only the order of records shows.
expect 3 'a dataset with fewer images than announced is refused' \
    stream-check "$INVALID/dataset-samples-less.mpz"
finish
