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

rm -r run
expect_loose 0 'hard limits' search PLACE_LIMITS=--max-params=1000000
holds 'are failed results in the archive' sh -c "stream-dump -r run/archive.mpz |
    jq -se 'map(select(.status == \"failed\")) | length > 0' >/dev/null"
holds 'one for each design' test "$(stream-pick --count run/archive.mpz)" = 11
expect_loose 2 'no DATA' make -f "$TOP/pipelines/search.mk"
contains "$ERR" 'DATA=FILE is missing' 'says so'
finish
