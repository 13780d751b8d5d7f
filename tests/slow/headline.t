#!/bin/bash
# SPDX-License-Identifier: MIT
# The whole of headline.mk in small: the run and all that it is compared with, killed
# and resumed, with the same bytes.
# shellcheck disable=SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"
# shellcheck source=tests/pipelines/headline.sh
. "$TOP/tests/pipelines/headline.sh"
KILLS=${KILLS:-6}

headline_data
start=$EPOCHREALTIME
expect_loose 0 'all of it' headline compare
took=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
contains "$OUT" 'the winner' 'ends with the figures'
rows() { awk -F '|' 'NR > 2 && NF > 5' run/headline.md; }
holds 'ten networks' test "$(rows | wc -l)" = 10
holds 'none without figures' test -z "$(rows | awk -F ' *[|] *' '$3 == "-" || $4 == "-" || $5 == "-"')"
holds 'the first winner, tuned again, is the same network' test "$(
    stream-dump -r run/retuned-2e5/final/result.mpz | jq -r .summary.net)" = "$(
    stream-dump -r run/final/result.mpz | jq -r .summary.net)"
holds 'each limit is that of its trainings and proposals' test "$(
    sed -n 's/^max[-=]macs=\([0-9]\)/\1/p' run/curve-4e5/params/{train,step} | xargs)" = '400000 400000'
holds 'random search has no iterations' test ! -e run/random/it-01
holds 'and its supernet is the first one' test ! -e run/random/supernet.mpz
holds 'the static ones have one exit' test "$(for name in resnet8 mobilenetv2; do
    stream-dump -r run/$name/net.mpz | jq '.exits | length'; done | xargs)" = '1 1'
expect_loose 0 'again' headline compare
holds 'trains nothing' sh -c "! grep -q '^it-[0-9]*/' '$OUT'"
expect_loose 0 'a supernet of its own' headline second SECOND_SEED=3 SECOND_SUPERNET=yes
holds 'is trained for the seed' test -e run/seed-3/supernet.mpz

mv run whole
sum() {         # all results, and all runs on the test split
    (cd "$1" && find . -path './seed-3' -prune -o \( -name archive.mpz -o -name result.mpz -o \
        -name test.mpz -o -name supernet.mpz \) -print | sort | xargs b2sum)
}
for ((i = 1; i <= KILLS; i++)); do
    export -f headline
    setsid bash -c 'headline compare' >log 2>&1 &
    group=$!
    sleep "$(awk -v max="$took" -v seed="$RANDOM" 'BEGIN { srand(seed); print 0.2 + rand() * max }')"
    kill -9 -- -$group 2>/dev/null
    wait $group 2>/dev/null
    [ ! -d run ] || echo "# kill $i: $(cd run && echo ./*)"
done
expect_loose 0 'after kills it goes on' headline compare
holds 'all is the same' test "$(sum run)" = "$(sum whole)"
finish
