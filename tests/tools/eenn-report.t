#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs of jq and awk in quotes; functions that expect calls.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# A search of three iterations with two candidates each; one failed.
result() { # result ITERATION SLOT ACCURACY MACS [MORE]
    printf '{"type":"result","summary":{"arch":null,"space":null,
"genome":[],"origin":{"iteration":%s,"slot":%s},"gamma":[200000,400000],
"gamma_paper":[150000,300000],"prefix":[100000,250000],
"head":[100000,50000]},%s"accuracy":%s,"macs":%s}\n' \
        "$1" "$2" "${5:-\"status\":\"ok\",}" "$3" "$4" | tr -d '\n'
    echo
}
{
    result 0 0 0.5 200000
    result 0 1 0.7 400000
    result 1 0 0.6 300000 '"status":"ok","thresholds":[0.25],
"utilisation":[0.5,0.5],"exit_accuracy":[0.75,0.45],
"exit_accuracy_all":[0.5,0.625],"ece":[0.125,0.0625],"rule":"cumulative",'
    result 1 1 null null '"status":"failed","reason":"loss is not finite",'
    result 2 0 0.5 300000
    result 2 1 0.8 250000
} >results.json
stream-load --kind=result -o results.mpz results.json
ofa-sample --space=ofa-mbv3:width=0.35,res=32,classes=10,exits=4 -n 2 |
    eec-place -o net.mpz
stream-dump --records-only net.mpz | jq -c -f "$TOP/tests/tools/trained.jq" |
    stream-load --kind=trained -o trained.mpz
thresh-tune "$VALID/trace-two.mpz" -o tuned.mpz

example_setup() {
    cp ../results.mpz archive.mpz
}
INPUT=results.mpz WRONG=net.mpz ARGS=''
battery eenn-report

# ---- formats ----
report() { # report [ARG...]: the report in r.out
    eenn-report "$@" >r.out
}
expect 0 'text' report results.mpz
contains r.out '6 results, 1 failed' 'counts'
contains r.out 'loss is not finite' 'and reasons'
holds 'aligned: every row is as long as its neighbours up to the last column' \
    awk 'NR == 2 { at = index($0, "acc %") } NR > 2 && NR < 6 &&
         substr($0, at + 5, 1) != " " { exit 1 }' r.out
expect 0 'TSV' report --format=tsv results.mpz
holds 'TSV has equal fields in all rows' \
    awk -F '\t' 'NR > 1 && NF != n { exit 1 } { n = NF }' r.out
contains r.out "$(printf '\t0.69999999999999996\t400000\t')" 'and full precision'
expect 0 'JSON' report --format=json results.mpz
is_true() {
    jq -e "$1" r.out >/dev/null
}
holds 'JSON has numbers' is_true '.results | length == 6 and .[5].accuracy
    == 0.8 and .[3].accuracy == null and .[3].status == "failed"'
expect 0 'Markdown' report --format=md results.mpz
holds 'Markdown has a rule' grep -Eq '^\|-+:?\|' r.out
holds 'and as many bars in each row' \
    awk -F '|' 'NR > 2 && n && NF != n { exit 1 } NR > 2 { n = NF }' r.out
expect 2 'no such format' eenn-report --format=pdf results.mpz

# ---- results ----
expect 0 'limits' report --min-accuracy=0.55 --max-macs=3e5 --format=json \
    results.mpz
holds 'judge' is_true '[.results[].feasible] ==
    [false, false, true, false, false, true]'
expect 0 'lines' report --line --max-macs=3e5 results.mpz
holds 'one per result' test "$(grep -c '' r.out)" -eq 6
holds 'failed ones too' grep -q 'failed: loss is not finite' r.out
expect 2 'lines are text' eenn-report --line --format=json results.mpz
expect 0 'iterations' report --view=iterations --format=json \
    --ref-macs=400000 results.mpz
# up to error 1, 400 k: 0.5 x 200 k + 0.1 x 100 k at 300 k is all that counts
holds 'hypervolume by hand' is_true '
    def near($x): (. - $x) | fabs < 1e-12;
    [.iterations[].hypervolume] | (.[0] | near(0.25))
    and (.[1] | near(0.275)) and (.[2] | near(0.3625))'
holds 'counts of iterations' is_true '.iterations | map(.candidates) ==
    [2, 2, 2] and map(.failed) == [0, 1, 0] and map(.front) == [2, 3, 2]'
expect 0 'exits' report --view=exits --format=json results.mpz
holds 'threshold, cost, use and calibration of each exit' is_true '
    .exits | map(select(.utilisation)) | length == 2 and
    (.[0] | .threshold == 0.25 and .cost == 200000 and .utilisation == 0.5
     and .accuracy == 0.75 and .accuracy_all == 0.5 and .ece == 0.125)'
expect 2 'results have no log' eenn-report --view=log results.mpz
expect 3 'a stream without results' sh -c \
    'stream-load --kind=result </dev/null | eenn-report'
contains "$ERR" 'no records' 'says that there are none'

# ---- drawings ----
expect 0 'SVG' report --format=svg --max-macs=3e5 --min-accuracy=0.5 results.mpz
cp r.out first.svg
holds 'is one picture' grep -q '</svg>' first.svg
contains first.svg 'front' 'with the front'
contains first.svg '0.3 M' 'with the limit on MACs'
contains first.svg '50 %' 'with the limit on accuracy'
expect 0 'SVG again' report --format=svg --max-macs=3e5 --min-accuracy=0.5 \
    results.mpz
same r.out first.svg 'the same bytes'
expect 0 'SVG of iterations' report --format=svg --view=iterations results.mpz
expect 0 'SVG of a log' report --format=svg trained.mpz
contains r.out 'exit 1' 'a line per exit'
expect 0 'SVG of exits' report --format=svg --view=exits results.mpz
contains r.out 'exit 2' 'a colour per exit'
expect 2 'no SVG of traces' eenn-report --format=svg "$VALID/trace-two.mpz"
grep '"failed"' results.json | stream-load --kind=result -o failed.mpz
expect 3 'SVG of nothing but failures' eenn-report --format=svg failed.mpz
expect 4 'no gnuplot' env PATH="$BIN" eenn-report --format=svg results.mpz \
    -o none.svg
contains "$ERR" 'gnuplot' 'says what is missing'
holds 'and leaves no file' test ! -e none.svg

# ---- traces ----
expect 0 'a whole trace' report --format=json "$VALID/trace-whole.mpz"
holds 'each exit on all samples' is_true '[.exits[].accuracy_all] ==
    [0.625, 0.75, 0.875] and .networks[0].accuracy == null
    and .networks[0].final_accuracy == 0.875'
expect 0 'a run with a policy' report --format=json "$VALID/trace-policy.mpz"
# 3 leave at 160 k, 2 at 360 k, 3 at 570 k; 7 of 8 are right
holds 'accuracy and average cost' is_true '.networks[0] | .accuracy == 0.875
    and .macs == 363750 and .macs_paper == 299375'
holds 'who left where' is_true '.exits | map(.left) == [3, 2, 3]
    and map(.threshold) == [0.5, 0.625, null]'
expect 0 'two traces' report --view=table --format=tsv "$VALID/trace-two.mpz"
holds 'two rows' test "$(grep -c '' r.out)" -eq 3
expect 3 'results and a trace' sh -c \
    'cat results.mpz "$VALID/trace-whole.mpz" | eenn-report'
for f in "$INVALID"/trace-*.mpz; do
    expect 3 "invalid ${f##*/}" eenn-report "$f"
done

# ---- trained networks ----
expect 0 'a log' report --format=json trained.mpz
holds 'an epoch per row, the best marked' is_true '.log | length == 6 and
    map(.best) == [false, false, true, false, false, true]
    and .[0].val_loss == 3.5'
expect 0 'networks' report --view=table --format=json trained.mpz
holds 'their best epochs' is_true '.networks | length == 2 and
    map(.best_epoch) == [2, 2] and map(.val_loss) == [1.5, 1.5]'
refuses_broken 'trained' trained.mpz net.mpz eenn-report
finish
