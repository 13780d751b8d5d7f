#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs of jq and awk in quotes; functions that expect calls.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

tab=$(printf '\t')
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
    cp "$VALID/surrogate-pairs.mpz" accuracy.mpz
    cp "$VALID/surrogate-pairs.mpz" macs.mpz
}
INPUT=results.mpz WRONG=net.mpz ARGS=''
battery eenn-report

result_lines() { # result_lines ITERATION
    grep "\"iteration\":$1," results.json
}

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
for n in 0 1 2; do      # the same number as what stops the search
    it=0
    while [ $it -le $n ]; do
        result_lines $it
        it=$((it + 1))
    done | stream-load --kind=result -o sofar.mpz
    pareto-select --hypervolume --ref-macs=400000 sofar.mpz | cut -f 2
done >want
eenn-report --view=iterations --format=tsv --ref-macs=400000 results.mpz |
    tail -n +2 | cut -f 9 >got
same want got 'as pareto-select has it, to the last digit'
holds 'counts of iterations' is_true '.iterations | map(.candidates) ==
    [2, 2, 2] and map(.failed) == [0, 1, 0] and map(.front) == [2, 3, 2]'
expect 0 'exits' report --view=exits --format=json results.mpz
holds 'threshold, cost, use and calibration of each exit' is_true '
    .exits | map(select(.utilisation)) | length == 2 and
    (.[0] | .threshold == 0.25 and .cost == 200000 and .utilisation == 0.5
     and .accuracy == 0.75 and .accuracy_all == 0.5 and .ece == 0.125)'
holds 'gamma counts every head, cost those that are on' is_true '
    .exits | map(.gamma) | unique == [200000, 400000]'
expect 0 'front' report --view=front --format=json results.mpz
holds 'the non-dominated, cheapest first' is_true '.front |
    map([.macs, .accuracy]) == [[200000, 0.5], [250000, 0.8]]'
expect 0 'front within limits' report --view=front --format=json \
    --max-macs=220000 results.mpz
holds 'of the feasible alone' is_true '.front | map(.macs) == [200000]'
expect 0 'front that fits nothing' report --view=front --max-macs=1000 \
    results.mpz
contains r.out 'none of them is within the limits' 'says so'
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
expect 2 'no SVG of a table of traces' eenn-report --format=svg --view=table \
    "$VALID/trace-two.mpz"
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

expect 0 'SVG of whole traces' report --format=svg "$VALID/trace-whole.mpz"
contains r.out 'accuracy of all samples there' 'accuracy over cost'
expect 0 'SVG of a run with a policy' report --format=svg --view=exits \
    "$VALID/trace-policy.mpz"
contains r.out 'samples leaving' 'who left where'
contains r.out 'cost of leaving there' 'and for how much'

# ---- results judged by the paper's cost ----
jq -c 'if .status == "ok" then . + {macs_paper: (.macs / 2), cost: "paper",
    max_macs: 1e5} else . end' results.json |
    stream-load --kind=result -o paper.mpz
expect 0 'SVG of them' report --format=svg paper.mpz
contains r.out 'by Eq. 13' 'is about that cost'

# ---- trained networks ----
expect 0 'a log' report --format=json trained.mpz
holds 'an epoch per row, the best marked' is_true '.log | length == 6 and
    map(.best) == [false, false, true, false, false, true]
    and .[0].val_loss == 3.5'
expect 0 'networks' report --view=table --format=json trained.mpz
holds 'their best epochs' is_true '.networks | length == 2 and
    map(.best_epoch) == [2, 2] and map(.val_loss) == [1.5, 1.5]'
# ---- surrogates ----
pairs=$VALID/surrogate-pairs.mpz
expect 0 'a surrogate' report --format=json "$VALID/surrogate-rbf.mpz"
holds 'every model tried' is_true '.models | map([.model, .chosen, .tau]) ==
    [["rbf", true, 0.75], ["cart", false, 0.5]]'
expect 0 'predictions' report --view=pairs --format=json "$pairs"
holds 'beside what was measured' is_true '.pairs | map(.measured) ==
    [100, 130, 160, 280] and all(.[]; .error == .predicted - .measured)'
expect 0 'predictions as TSV' report --view=pairs --format=tsv "$pairs"
holds 'a row each' test "$(grep -c "^macs${tab}rbf$tab" r.out)" -eq 4
cat "$pairs" "$pairs" >two.mpz
expect 0 'SVG of two surrogates' report --format=svg two.mpz
holds 'has two panels' test "$(grep -c 'macs by rbf, tau 0.750' r.out)" -eq 2
expect 3 'a surrogate without predictions' eenn-report --view=pairs \
    "$VALID/surrogate-rbf.mpz"
expect 2 'surrogates have no exits' eenn-report --view=exits "$pairs"
refuses_broken 'surrogate' "$pairs" net.mpz eenn-report

# ---- supernets ----
super=$VALID/weights-supernet.mpz
expect 0 'a supernet' report --format=json "$super"
holds 'a row per phase' is_true '.phases | map([.phase, .smallest, .largest,
    .calibration]) == [["full", null, 0.5, 0], ["kernel", 0.375, null, 0.25]]'
holds 'and per sub-network' is_true '.subnets | map([.which, .accuracy,
    .accuracy_as_cut]) == [["largest", 0.5, 0.5], ["smallest", 0.375, 0.125]]
    and all(.[]; .genome | length == 3)'
expect 0 'sub-networks as text' report --view=subnets "$super"
holds 'without their genomes' test "$(head -n 1 r.out | wc -w)" -eq 10
expect 0 'a log of a supernet' report --view=log --format=tsv "$super"
holds 'a row per epoch' test "$(cut -f 2 r.out | tr '\n' ' ')" = \
    'phase full kernel '
expect 0 'SVG of a supernet' report --format=svg "$super"
contains r.out 'MACs of the sub-network' 'accuracy over MACs'
expect 0 'SVG of its log' report --view=log --format=svg "$super"
contains r.out '>loss<' 'the loss'
expect 3 'weights alone' eenn-report "$VALID/weights-plain.mpz"
expect 2 'weights have no iterations' eenn-report --view=iterations "$super"
refuses_broken 'weights' "$super" net.mpz eenn-report
for f in "$INVALID"/surrogate-*.mpz "$INVALID"/weights-*.mpz; do
    [ "${f##*/}" = weights-two-heads.mpz ] || expect 3 "invalid ${f##*/}" \
        eenn-report "$f"
done

refuses_broken 'trained' trained.mpz net.mpz eenn-report
finish
