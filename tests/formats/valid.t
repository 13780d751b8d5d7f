#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# Every file of the valid corpus passes the check, and its dump makes the same
# bytes again.
for f in "$VALID"/*.mpz; do
    name=${f##*/}
    expect 0 "$name: check" stream-check "$f"
    expect 0 "$name: dump" stream-dump "$f" -o dump.json
    expect 0 "$name: load" stream-load --level=0 dump.json -o plain
    # `cat` of plain and compressed pieces has no common uncompressed form.
    zstd -dcqf "$f" >want
    same want plain "$name: dump and load give the same bytes"
    expect 0 "$name: dump as numbers" stream-dump --values "$f" -o values.json
    expect 0 "$name: load of numbers" stream-load values.json -o again.mpz
    case $name in
    *-nan*) ;;      # NaN has many bit patterns, null has one
    *) expect 0 "$name: numbers give the same values" \
           stream-cmp --header "$f" again.mpz ;;
    esac
    expect 0 "$name: the same as itself" stream-cmp --header "$f" "$f"
    expect 0 "$name: all of it picked" stream-pick "$f" -o picked.mpz
    expect 0 "$name: what was picked is the same" stream-cmp "$f" picked.mpz
    expect 0 "$name: python and others may read it" jq -e . dump.json
done

# What jq makes of it (1.0 becomes 1) comes back as what it was.
for f in "$VALID"/*.mpz; do
    name=${f##*/}
    stream-dump "$f" | jq -c . >jq.json
    expect 0 "$name: load after jq" stream-load jq.json -o again.mpz
    expect 0 "$name: the same after jq" stream-cmp "$f" again.mpz
done

# fq (of deps-dev) reads all of it as the dump shows it, but for bin.
no_data() {
    jq -cS 'walk(if type == "object" and has("dtype") then del(.data) else . end)'
}
what='fq reads every stream'
if command -v fq >/dev/null; then
    for f in "$VALID"/*.mpz; do stream-dump "$f"; done | no_data >want
    zstd -dcqf "$VALID"/*.mpz >all
    expect_loose 0 "$what" fq -d msgpack -c '
    def s: if ._error then error("truncated")
        else torepr, (.gap0? // empty | tobytes | msgpack | s) end; s' all
    no_data <"$OUT" >seen
    same want seen 'and finds in it what the dump shows'
else
    echo 'not tested: reading with fq, which is not installed (deps-dev)' >&2
    ok "$what # SKIP fq is not installed (make deps-dev)"
fi
finish
