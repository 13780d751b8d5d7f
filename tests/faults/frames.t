#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2129
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# What zstd programs make of a stream is read as the stream itself is.

skippable() {   # skippable N TEXT: a skippable frame of the N-th sort, 0..7
    # shellcheck disable=SC2059
    printf "\\$((120 + $1))*M\\030\\$(printf %03o ${#2})\\0\\0\\0$2"
}
data-synth -n 300 --val=60 --test=60 --size=16 --level=0 -q -o plain.mpz
digest=$(stream-check plain.mpz)

# read_alike WHAT FILE: as many records with the same bytes.
read_alike() {
    expect 0 "$1: stream-check" stream-check "$2"
    holds "$1: the digest is that of the stream" test "$(cat "$OUT")" = "$digest"
    expect 0 "$1: stream-cmp by a pipe" sh -c "cat $2 | stream-cmp plain.mpz"
}

# A cut in each header, record and trailer, among them cuts of one byte.
size=$(size plain.mpz)
: >pieces.mpz
at=0
for n in 1 1 5 60 300 1 4000 70000 9 100000 "$size"; do
    skippable $((n % 8)) "at $at" >>pieces.mpz
    tail -c +$((at + 1)) plain.mpz | head -c "$n" | zstd -qc >>pieces.mpz
    zstd -qc </dev/null >>pieces.mpz
    at=$((at + n))
done
read_alike 'frames cut anywhere' pieces.mpz
for how in '-19' '--no-check' '-1 --content-size' '--fast=5 -T2' '--rsyncable'; do
    # shellcheck disable=SC2086
    zstd -qf $how plain.mpz -o again.mpz
    read_alike "zstd $how" again.mpz
done
if command -v pzstd >/dev/null; then
    pzstd -qf -p 3 plain.mpz -o again.mpz
    read_alike 'pzstd' again.mpz
else
    ok 'pzstd # SKIP it is not installed'
fi

# Between segments, and before and behind the last.
{ skippable 3 before; cat pieces.mpz; skippable 0 ''; cat plain.mpz
  skippable 7 behind; zstd -qc </dev/null; } >two.mpz
expect 0 'two segments among frames without bytes' stream-check two.mpz
holds 'both are there' test "$(cat "$OUT")" = "$digest
$digest"
expect 0 'a file of one follows a file of the other form' \
    stream-check pieces.mpz plain.mpz

# A reader need not see what follows a record to give it out.
stream-dump -r "$VALID/result-plain.mpz" >want.json
mkfifo slow
stream-dump -r slow >got.json &
reader=$!
exec 9>slow
skippable 1 first >&9
zstd -qc "$VALID/result-plain.mpz" >&9
tries=0
until cmp -s want.json got.json || [ $tries -ge 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
same want.json got.json 'records come before the frame behind them'
exec 9>&-
wait "$reader"
holds 'and the end is clean' test $? -eq 0

# What is still refused, each in one line.
{ skippable 0 abc; head -c 3 plain.mpz | zstd -qc; } >cut.mpz
expect 3 'a frame with the first bytes alone' stream-check cut.mpz
contains "$ERR" truncated 'which is truncated'
{ zstd -qc </dev/null; skippable 2 abc; } >none.mpz
expect 3 'frames without bytes alone' stream-check none.mpz
head -c 200000 pieces.mpz >cut.mpz
expect 3 'pieces of which the last are missing' stream-check cut.mpz
contains "$ERR" truncated 'which is truncated, too'
head -c $((size / 2)) plain.mpz | zstd -qc >half.mpz
tail -c +$((size / 2 + 1)) plain.mpz | zstd -qc >rest.mpz
expect 3 'halves of a segment in two files' stream-dump half.mpz rest.mpz
expect 3 'halves joined by the wrong end' sh -c 'cat rest.mpz half.mpz |
    stream-check'
zstd -qc --long=27 <plain.mpz >long.mpz
zstd -qc --ultra -22 <plain.mpz >ultra.mpz
for file in long ultra; do
    expect 3 "too large a window: $file" stream-check $file.mpz
    contains "$ERR" 'larger than 8 MiB' 'the limit is said'
    contains "$ERR" 'zstd -dc FILE | zstd -19' 'and what mends it'
    zstd -dc --long=27 $file.mpz | zstd -q -19 >mended.mpz
    read_alike "as it says: $file" mended.mpz
done
finish
