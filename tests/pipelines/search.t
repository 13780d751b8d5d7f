#!/bin/sh
# SPDX-License-Identifier: MIT
# The whole search in small: what make does again, and what it leaves alone.
# Kill and equality tests of a longer one are in tests/slow.
# shellcheck disable=SC2317,SC2012
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

data-synth --train=200 --val=60 --test=60 --cal=60 -o data.mpz
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
touch run/it-00/.03.result.mpz.3fa1c04d9
rm run/it-00/03.result.mpz
expect_loose 0 'one result lost' search
same first.mpz run/archive.mpz 'comes back byte for byte'
holds 'and leftovers of a kill are gone' test ! -e run/it-00/.03.result.mpz.3fa1c04d9
expect_loose 0 'one iteration more' search N_ITER=2
holds 'trains that only' test "$(lines)" = 2
expect_loose 0 'other limits' search N_ITER=2 MIN_ACCURACY=0.05
holds 'are judged anew' sh -c "stream-dump -r run/archive.mpz |
    jq -se 'all(.[].limits[]; .name != \"accuracy\" or .min == 0.05)' >/dev/null"
holds 'the most accurate within them wins' test "$(
    stream-dump -r run/final/winner.mpz | jq .accuracy)" = "$(
    stream-dump -r run/archive.mpz |
    jq -s 'map(select(.macs <= 1e6 and .accuracy >= 0.05).accuracy) | max')"
contains run/report.txt 'It was chosen as the most accurate candidate within the limits.' \
    'which the report says'
expect_loose 0 'another way to pick' search N_ITER=2 MIN_ACCURACY=0.05 \
    PICK_FLAGS=--by=tradeoff
holds 'trains no candidate' test "$(lines)" = 0
contains run/report.txt 'It was chosen as the candidate of the best trade-off within the limits.' \
    'and is in the report'
holds 'that is so' test "$(stream-dump -r run/final/winner.mpz | jq .tradeoff)" = "$(
    stream-dump -r run/front.mpz | jq -s 'map(.tradeoff) | max')"
expect_loose 0 'a guarantee' search N_ITER=2 MIN_ACCURACY=0.05 CONFIDENCE=0.9
holds 'trains nothing' test "$(lines)" = 0
holds 'is asked of the split cal' sh -c "stream-dump -r run/final/result.mpz |
    jq -se '.[0] | .split == \"cal\" and .samples == 30 and (.guarantee |
        .confidence == 0.9 and .independent and .limits[0].min == 0.05)' >/dev/null"
contains run/report.txt 'Limits on unseen data, confidence 90 %' 'and is in the report'
expect_loose 0 'without it' search N_ITER=2 MIN_ACCURACY=0.05
holds 'thresholds are those of the split val' sh -c "stream-dump -r run/final/result.mpz |
    jq -se '.[0] | .split == \"val\" and .guarantee == null' >/dev/null"

# ---- status ----

cp -rp run/params before
expect_loose 0 'how far it is' make -f "$TOP/pipelines/search.mk" OUT=run status
contains "$OUT" 'iteration      2 of 2' 'iterations'
contains "$OUT" 'candidates     13 of 13' 'candidates'
contains "$OUT" 'best so far' 'the best'
contains "$OUT" 'hypervolume    0.' 'hypervolumes'
rm run/it-02/01.result.mpz run/params/ended before/ended
expect_loose 0 'in the middle' make -f "$TOP/pipelines/search.mk" OUT=run status
contains "$OUT" 'time left      0 min (1 candidates' 'what is left'
holds 'to ask changes nothing' diff -r before run/params
expect_loose 2 'no search' make -f "$TOP/pipelines/search.mk" OUT=none status
holds 'and none is begun' test ! -e none

# ---- with a supernet first ----

printf 'phase epochs warmup lr subnets largest distil s?.depth s?.k? s?.e?\n%s\n%s\n' \
    'full 3 0 0.1 1 0 0 4 7 6' 'all 2 0 0.02 2 0.3 1 2,3,4 3,5,7 3,4,6' >list.tsv
from_supernet() {
    search OUT=super SUPERNET=list.tsv SUPERNET_STEP=2 FLIP=no "$@"
}
expect_loose 0 'a search from a supernet' from_supernet
stream-dump super/supernet.mpz | jq -c 'select(.type == "weights") |
    .log | map(.phase)' >have
echo '["full","full","full","all","all"]' >want
same want have 'the supernet has gone through the list'
holds 'saved at the ends of phases and in between' \
    test "$(cd super/supernet && ls | sed -n 's/^[0-9a-f]*-//p' | grep mpz | xargs)" = \
        '002.mpz 003.mpz 005.mpz'
contains super/supernet.txt smallest 'its tables are kept'
holds 'candidates start from it' sh -c "stream-dump -r super/final/trained.mpz |
    jq -se '.[0].recipe | map(.name) | index(\"init-weights\")' >/dev/null"
for file in super/supernet.mpz super/trained/*.mpz super/final/trained.mpz; do
    stream-dump --first "$file" | jq 'select(.provenance).provenance.params.flip'
done >flips
holds 'none of the three mirrors images' test "$(sort flips | uniq -c | xargs)" = '13 false'
cp super/supernet.mpz supernet.mpz
rm super/supernet/*-005.mpz
expect_loose 0 'its last piece lost' from_supernet
same supernet.mpz super/supernet.mpz 'comes back byte for byte'
holds 'and nothing is trained for it' test "$(lines)" = 0
expect_loose 0 'given weights' search OUT=given WEIGHTS=supernet.mpz FLIP=no
same super/it-00/archive.mpz given/it-00/archive.mpz 'do the same'

rm -r run
expect_loose 0 'hard limits' search PLACE_LIMITS=--max-params=1000000
holds 'are failed results in the archive' sh -c "stream-dump -r run/archive.mpz |
    jq -se 'map(select(.status == \"failed\")) | length > 0' >/dev/null"
holds 'one for each design' test "$(stream-pick --count run/archive.mpz)" = 11

# ---- objectives and limits by name ----

three() {
    search OUT=three N_START=8 OBJECTIVES=accuracy:max,macs:min,peak_bytes:min \
        LIMITS=--max=params=7.9e5 REFERENCE='peak_bytes=1e5 params=1e7' "$@"
}
expect_loose 0 'three objectives and a limit' three
holds 'candidates are judged by it and by MAX_MACS' sh -c "
    stream-dump -r three/it-00/archive.mpz | jq -se '
    all(.[].limits; map({(.name): .max}) | add == {macs: 1e6, params: 790000}) and
    (map(select(.summary.params > 790000)) | length > 0 and all(.[]; .feasible == false))
    ' >/dev/null"
holds 'proposals keep it, params and peak_bytes counted' sh -c "
    stream-dump -r three/it-01/archive.mpz | jq -r 'select(.summary.origin.iteration == 1)
        .summary | [.params, .peak_bytes]' >measured
    stream-dump -r three/it-01/archs.mpz | jq -r '.predicted | map({(.name): .value}) |
        add | [.params, .peak_bytes]' >predicted
    cmp measured predicted && jq -se 'all(.[]; .[0] <= 790000)' predicted >/dev/null"
holds 'not predicted' test "$(cd three/it-01 && echo ./*.surrogate.mpz)" = \
    './accuracy.surrogate.mpz ./macs.surrogate.mpz'
holds 'the reference has a line for each' \
    test "$(paste -sd ' ' three/reference)" = "$(cat run/reference) peak_bytes=1e5"
contains three/report.txt 'cost <= 1 M, params <= 0.79 M' 'the report has the limits'
contains three/report.txt ' M and peak 100 kB, as a share' 'the hypervolume'
contains three/report.txt 'best peak kB' 'and the objectives'
holds 'the winner is within the limits' sh -c "stream-dump -r three/final/result.mpz |
    jq -e '.summary.params <= 790000 and .macs <= 1e6' >/dev/null"
expect_loose 0 'its status' make -f "$TOP/pipelines/search.mk" OUT=three status
contains "$OUT" 'hypervolume    0.' 'has hypervolumes'
contains "$OUT" '  feasible' 'and a best one within the limits'
cp three/final/winner.mpz winner.mpz
expect_loose 0 'another reference' three REFERENCE=peak_bytes=2e5
holds 'trains nothing' test "$(lines)" = 0
contains three/report.txt 'peak 200 kB' 'and is reported'
same winner.mpz three/final/winner.mpz 'the winner stays'
expect_loose 0 'two references, and one in shares' search search OUT=two N_START=1 N_ITER=0 \
    OBJECTIVES=accuracy:max,params:min,peak_bytes:min \
    REFERENCE='params=1e6 peak_bytes=1e5 accuracy=10%:100%'
holds 'are lines as they were given' test "$(paste -sd , two/reference)" = \
    'params=1e6,peak_bytes=1e5,accuracy=10%:100%'
contains two/it-00/hypervolume 'hypervolume	' 'by which the hypervolume is measured'
four=accuracy:max,macs:min,peak_bytes:min,final_macs:min
expect_loose 0 'four objectives' three OBJECTIVES=$four N_TOL=1 N_ITER=2 search
holds 'train what they propose, to the last iteration' test "$(lines)" = 4
contains three/it-02/hypervolume 'left out' 'without a hypervolume'
expect_loose 0 'their status' make -f "$TOP/pipelines/search.mk" OUT=three status

expect_loose 0 'the cost of Eq. 13' search OUT=paper COST=paper N_START=8 K=1
holds 'is what candidates are judged by' sh -c "stream-dump -r paper/archive.mpz |
    jq -se 'all(.[]; .limits == [{name: \"macs_paper\", max: 1e6}] and
        .feasible == (.macs_paper <= 1e6))' >/dev/null"
holds 'predicted' test "$(stream-dump -r paper/it-01/archs.mpz |
    jq -c '.predicted | map(.name)')" = '["accuracy","macs_paper"]'
holds 'kept low in training' sh -c "stream-dump -r paper/final/trained.mpz |
    jq -se '.[0].recipe | any(.[]; .name == \"cost\" and .value == \"paper\")' >/dev/null"
contains paper/reference 'macs_paper=' 'and in the hypervolume'
contains paper/report.txt 'best Eq.13 M' 'and reported'

# ---- what is refused before anything runs ----

refused() { # refused MESSAGE VARIABLE=VALUE.. [TARGET]
    message=$1
    shift
    expect_loose 2 "$*" search OUT=none "$@"
    contains "$ERR" "$message" "says: $message"
}
refused 'COST=fast: the cost is sequential or paper' COST=fast
refused 'follows from COST' MACS=macs_paper
refused "'latency:min' is not NAME:max or NAME:min" OBJECTIVES=accuracy:max,latency:min
refused "'macs' is not NAME:max or NAME:min" OBJECTIVES=accuracy:max,macs
refused "'macs:min' is not" 'OBJECTIVES=accuracy:max macs:min'
refused 'objective macs twice' OBJECTIVES=macs:min,macs:min
refused "'--max=energy=3' is not --max=NAME=V" LIMITS=--max=energy=3
refused "'params=3' is not --max=NAME=V" LIMITS=params=3
refused 'V a number' FINAL_LIMITS=--max=params=few
refused 'PLACE_LIMITS=--max=size_bytes=N' LIMITS=--max=size_bytes=3
refused 'macs cannot be computed from a network alone' EXACT=macs
refused '--pool-rule=RULE, one word' LIMITS=--max=params=1e6 \
    PLACE_FLAGS='--pool-rule legacy'
refused 'REFERENCE=params=WORST is missing' OBJECTIVES=accuracy:max,params:min
refused 'REFERENCE=params=WORST is missing' OBJECTIVES=accuracy:max,params:min finish
refused 'REFERENCE=params=WORST is missing' OBJECTIVES=accuracy:max,params:min -n
refused 'N_ITER=few: not a whole number' N_ITER=few finish
refused 'is not worse than' OBJECTIVES=accuracy:max,params:min REFERENCE=params=0
refused 'accepts one maximum' STEP_FLAGS=--limits=penalty LIMITS=--max=params=1e6
refused "'accuracy:0.5' is not NAME=WORST" REFERENCE=accuracy:0.5
refused "'acuracy=0.5' is not NAME=WORST" REFERENCE=acuracy=0.5
refused 'a metric has two references' REFERENCE='macs=1e6 macs=2e6'
refused '; is not allowed in a name or a number' REFERENCE='macs=1e6;id'
refused "' is not allowed in a name or a number" LIMITS="--max=params=3'"
refused 'V a number' STEP_LIMITS=--max=params=few
refused 'never below 0' LIMITS=--max=macs=-5
refused 'macs cannot be 5 at least and 3 at most' \
    LIMITS='--max=macs=3 --min=macs=5'
holds 'nothing was begun' test ! -e none
mkdir -p locked/lock
refused 'OUT=locked: the folder is not writable' OUT=locked
refused 'OUT=data.mpz: ' OUT=data.mpz
refused 'OUT=/proc/none: No such file or directory' OUT=/proc/none
expect_loose 2 'no DATA' make -f "$TOP/pipelines/search.mk"
contains "$ERR" 'DATA=FILE is missing' 'says so'
finish
