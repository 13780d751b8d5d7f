#!/bin/sh
# SPDX-License-Identifier: MIT
# The whole search in small: what make does again, and what it leaves alone.
# Kill and equality tests of a longer one are in tests/slow.
# shellcheck disable=SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

search() {
    make -j2 -f "$TOP/pipelines/search.mk" DATA=data.mpz OUT=run \
        SPACE=ofa-mbv3:width=0.35,res=32,classes=10,exits=4 \
        N_START=9 N_ITER=1 K=2 EPOCHS=0/1 FINAL_EPOCHS=0/1 MAX_MACS=1e6 "$@"
}
lines() {   # candidates the last search trained
    grep -c '^it-[0-9]*/' "$OUT"
}

data-synth --train=200 --val=60 --test=60 -o data.mpz
expect_loose 0 'a search runs to its end' search
holds 'training 9 + 2 candidates' test "$(lines)" = 11
holds 'which are its archive' test "$(stream-pick --count run/archive.mpz)" = 11
holds 'without weights' sh -c '! find run/it-00 -size +64k | grep -q .'
contains run/report.txt 'test split' 'the report has the test split'
contains run/front.svg '</svg>' 'the front is drawn'
expect 0 'all streams are whole' stream-check run/*.mpz run/*/*.mpz
holds 'each design once' test "$(stream-dump -r run/archive.mpz |
    jq -r .summary.arch | sort -u | wc -l)" = 11
cp run/archive.mpz first.mpz

expect_loose 0 'again' search
holds 'nothing is trained twice' test "$(lines)" = 0
touch run/it-00/.03.result.mpz.AbCdEf
rm run/it-00/03.result.mpz
expect_loose 0 'one result lost' search
same first.mpz run/archive.mpz 'comes back byte for byte'
holds 'and leftovers of a kill are gone' test ! -e run/it-00/.03.result.mpz.AbCdEf
expect_loose 0 'one iteration more' search N_ITER=2
holds 'trains that only' test "$(lines)" = 2
expect_loose 0 'other limits' search N_ITER=2 MIN_ACCURACY=0.05
holds 'are judged anew' sh -c "stream-dump -r run/archive.mpz |
    jq -se 'all(.[]; .min_accuracy == 0.05)' >/dev/null"
expect_loose 0 'another way to pick' search N_ITER=2 MIN_ACCURACY=0.05 \
    PICK_FLAGS=--objectives=accuracy:max
holds 'trains no candidate' test "$(lines)" = 0
holds 'and picks the most accurate within the limits' test "$(
    stream-dump -r run/final/winner.mpz | jq .accuracy)" = "$(
    stream-dump -r run/archive.mpz |
    jq -s 'map(select(.macs <= 1e6 and .accuracy >= 0.05).accuracy) | max')"

# ---- status ----

cp -rp run/params before
expect_loose 0 'how far it is' make -f "$TOP/pipelines/search.mk" OUT=run status
contains "$OUT" 'iteration      2 of 2' 'iterations'
contains "$OUT" 'candidates     13 of 13' 'candidates'
contains "$OUT" 'best so far' 'the best'
contains "$OUT" 'hypervolume    0.' 'hypervolumes'
rm run/it-02/01.result.mpz
expect_loose 0 'in the middle' make -f "$TOP/pipelines/search.mk" OUT=run status
contains "$OUT" 'time left      0 min (1 candidates' 'what is left'
holds 'to ask changes nothing' diff -r before run/params
expect_loose 2 'no search' make -f "$TOP/pipelines/search.mk" OUT=none status
holds 'and none is begun' test ! -e none

# ---- with a supernet first ----

printf 'phase epochs warmup lr subnets largest distil s?.depth s?.k? s?.e?\n%s\n%s\n' \
    'full 3 0 0.1 1 0 0 4 7 6' 'all 2 0 0.02 2 0.3 1 2,3,4 3,5,7 3,4,6' >list.tsv
from_supernet() {
    search OUT=super SUPERNET=list.tsv SUPERNET_STEP=2 "$@"
}
expect_loose 0 'a search from a supernet' from_supernet
stream-dump super/supernet.mpz | jq -c 'select(.type == "weights") |
    .log | map(.phase)' >have
echo '["full","full","full","all","all"]' >want
same want have 'the supernet has gone through the list'
holds 'saved at the ends of phases and in between' \
    test "$(cd super/supernet && echo ./*.mpz)" = './002.mpz ./003.mpz ./005.mpz'
contains super/supernet.txt smallest 'its tables are kept'
holds 'candidates start from it' sh -c "stream-dump -r super/final/trained.mpz |
    jq -se '.[0].recipe | map(.name) | index(\"init-weights\")' >/dev/null"
cp super/supernet.mpz supernet.mpz
rm super/supernet/005.mpz
expect_loose 0 'its last piece lost' from_supernet
same supernet.mpz super/supernet.mpz 'comes back byte for byte'
holds 'and nothing is trained for it' test "$(lines)" = 0
expect_loose 0 'given weights' search OUT=given WEIGHTS=supernet.mpz
same super/it-00/archive.mpz given/it-00/archive.mpz 'do the same'

rm -r run
expect_loose 0 'hard limits' search PLACE_LIMITS=--max-params=1000000
holds 'are failed results in the archive' sh -c "stream-dump -r run/archive.mpz |
    jq -se 'map(select(.status == \"failed\")) | length > 0' >/dev/null"
holds 'one for each design' test "$(stream-pick --count run/archive.mpz)" = 11
expect_loose 2 'no DATA' make -f "$TOP/pipelines/search.mk"
contains "$ERR" 'DATA=FILE is missing' 'says so'
finish
