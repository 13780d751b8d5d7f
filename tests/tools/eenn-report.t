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
    cp "$VALID/trace-classes.mpz" run.mpz
    cp "$VALID/trace-classes.mpz" whole.mpz
    cp ../net.mpz .
    cp "$VALID/plan-run.mpz" plans.mpz
    thresh-tune --curve=5 "$VALID/trace-whole.mpz" -o curve.mpz
    cp "$VALID/dataset-plain.mpz" data.mpz
}
INPUT=results.mpz WRONG=$VALID/arch-plain.mpz ARGS=''
battery eenn-report

result_lines() { # result_lines ITERATION
    grep "\"iteration\":$1," results.json
}

# ---- formats ----
refused() { # refused STATUS WHAT WORDS ARG...
    refused_status=$1 refused_what=$2 refused_words=$3
    shift 3
    expect "$refused_status" "$refused_what" eenn-report "$@"
    contains "$ERR" "$refused_words" "says: $refused_words"
}
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
contains r.out 'none of them is feasible' 'says so'
expect 2 'results have no log' eenn-report --view=log results.mpz
expect 3 'a stream without results' sh -c \
    'stream-load --kind=result </dev/null | eenn-report'
contains "$ERR" 'no records' 'says that there are none'

# ---- text of 80 columns ----
narrow() { # narrow FILE: no line has more than 80 characters
    awk 'length > 80 { exit 1 }' "$1"
}
for f in "$VALID"/result-*.mpz "$VALID"/tra[ci]*.mpz "$VALID"/surrogate-*.mpz \
    "$VALID"/weights-supernet.mpz; do
    expect 0 "text of ${f##*/}" report "$f"
    holds 'is 80 columns wide at most' narrow r.out
done
tuned=$VALID/result-samples.mpz
expect 0 'a result on 8 samples' report "$tuned"
# scipy.stats.binomtest(6, 8).proportion_ci(method='wilson'): 0.4093, 0.9285
contains r.out '  75.00 (40.9-92.9)  ' "has Wilson's interval beside its accuracy"
contains r.out '  feasible: yes: all limits are kept' 'and a legend'
contains r.out 'not shown: status, Eq.13 M,' 'that names columns left out'
expect 0 'text without its legend' report --no-legend "$tuned"
holds 'has the table alone' test "$(grep -c '^  ' r.out)" -eq 0
expect 0 'text of two tables' report --view=exits "$tuned" "$VALID/result-tuned.mpz"
holds 'explains a column once' test -z "$(grep '^  [^ ].*: ' r.out | sort | uniq -d)"
expect 0 'wide text' report --wide "$tuned"
# 7 of 8: 0.5291, 0.9776
contains r.out ' 87.50 (52.9-97.8) ' 'has them, too'
holds 'and leaves none out' test "$(grep -c 'not shown' r.out)" -eq 0
expect 0 'a line' report --line "$tuned"
contains r.out '  75.00 % (40.9-92.9)    0.286 M' 'has it, too'
expect 0 'iterations' report --view=iterations "$tuned"
contains r.out '  75.00 (40.9-92.9)  ' 'have it for the best'
expect 0 'a result on an unknown number' report --wide "$VALID/result-tuned.mpz"
contains r.out '  75.00   0.286  ' 'has no interval'
jq -n '{type: "result", summary: {space: null, genome: []}, status: "failed",
    reason: ("\u00e9" * 60 + " end")}' -c | stream-load -k result -o long.mpz
expect 0 'a long reason' report long.mpz
contains r.out "$(printf '\303\251%.0s' $(seq 26)).." 'is cut'
contains r.out 'texts are cut (--wide shows all)' 'and said to be'
expect 0 'the same, wide' report --wide long.mpz
contains r.out ' end' 'is whole'
eenn-report "$tuned" >want
in_terminal "stty cols 40; eenn-report '$tuned'"
tr -d '\r' <"$T/.screen" >got
same want got 'a terminal gets the same'

# ---- ids ----
identified() { # identified ID MACS: a result of a network with this id
    result 0 0 0.5 "$2" |
        sed "s/\"arch\":null,\"space\":null,/&\"net\":\"$1$(printf %027d 0)\",/"
}
{
    identified abcd1 100000
    identified abcd2 200000
    identified 00ff2 300000
} | stream-load --kind=result -o ids.mpz
expect 0 'the first digits of an id' report --id=00ff --format=json ids.mpz
holds 'pick its result' is_true '.results | map(.macs) == [300000]'
expect 0 'two ids' report --id=abcd2 --id=00ff2 --format=json ids.mpz
holds 'pick both' is_true '.results | map(.macs) == [200000, 300000]'
refused 3 'digits of two ids' '2 ids begin with abcd, give more digits: abcd1' \
    --id=abcd ids.mpz
refused 3 'digits of no id' 'no item has the id 1234' --id=1234 ids.mpz
refused 2 'three digits' "'00f' is no id" --id=00f ids.mpz
for f in trained-three trace-two; do
    eenn-report --view=table --format=tsv "$VALID/$f.mpz" >want
    id=$(sed -n 2p want | cut -c 1-6)
    sed "1n; /^$id/!d" want >one
    expect 0 "one network of $f" report --view=table --format=tsv --id="$id" \
        "$VALID/$f.mpz"
    same one r.out 'is its row'
done

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

# ---- the winner, titles ----
jq -c 'select(.status == "ok") | .split = "val" | .dataset = "it'\''s c10" |
    .limits = [{name: "macs", max: 300000}] | .violation = ([.macs / 300000 - 1, 0] |
    max) | .feasible = (.violation == 0) | .summary.net = "\(.summary.origin.iteration
    )\(.summary.origin.slot)00" * 8' results.json |
    stream-load --kind=result -o limited.mpz
expect 0 'SVG of results with limits' report --format=svg limited.mpz
contains r.out "5 results of it's c10, val" 'has set and split in its title'
contains r.out '>winner 2/1<' 'marks the most accurate feasible result'
contains r.out 'accuracy, % (better →)' 'says that more accuracy is better'
contains r.out 'M MACs (← better)' 'and less cost'
expect 0 'SVG within other limits' report --format=svg --max-macs=220000 limited.mpz
contains r.out '>winner 0/0<' 'has another winner'
expect 0 'SVG with a winner' report --format=svg --winner=0100 limited.mpz
contains r.out '>winner 0/1<' 'marks that one'
expect 0 'SVG of results without limits' report --format=svg results.mpz
holds 'marks none' test "$(grep -c winner r.out)" -eq 0
refused 3 'a winner that is not there' 'no item has the id 1234' --format=svg \
    --winner=1234 limited.mpz
refused 2 'a winner that is none' "'12' is no id" --format=svg --winner=12 limited.mpz
refused 2 'a winner without a figure' '--winner goes with --format=svg' --winner=0100 \
    limited.mpz
for view in exits iterations; do
    expect 0 "SVG of $view" report --view=$view --format=svg limited.mpz
    contains r.out "5 results of it's c10, val" 'has the title, too'
done
tics() { # tics: what stands at the axis across
    grep -o '>[0-9.]*<' r.out | tr -d '<>' | grep -v '^0\.' | tr '\n' ' '
}
expect 0 'SVG of iterations' report --view=iterations --format=svg limited.mpz
holds 'counts iterations in whole numbers' test "$(tics | grep -c '\.5')" -eq 0
expect 0 'SVG of a training' report --format=svg "$VALID/trained-whole.mpz"
contains r.out '>training on points<' 'names the data set'
expect 0 'SVG of a supernet' report --format=svg "$VALID/weights-supernet.mpz"
contains r.out '>supernet ' 'names its space'

# ---- the curve ----
thresh-tune --curve=5 "$VALID/trace-whole.mpz" -o curve.mpz
stream-dump -r curve.mpz >curve.json
for f in guarantee unsure; do
    cat "$VALID/result-$f.mpz"
done >sure.mpz
expect 0 'guarantees' report --view=guarantees --format=json sure.mpz
holds 'a row per limit' jq -e '.guarantees | map([.metric, .min, .max, .estimate,
    .bound, .samples, .certified, .independent, .needed]) ==
    [["accuracy", 0.65, null, 0.75, 0.7264, 1000, true, true, null],
     ["lost_answers", null, 0.02, 0.005, 0.0105, 1000, true, true, null],
     ["disagreement", null, 0.01, 0, 0, 100, true, false, 299]]' r.out
expect 0 'text of results with guarantees' report sure.mpz
contains r.out 'Limits on unseen data, confidence 95 %' 'has them behind the results'
contains r.out '2/5     accuracy      65.00      -   75.00    72.64' 'limit, figure, bound'
expect 0 'table of results with guarantees' report --view=table --format=tsv sure.mpz
holds 'has them not' sh -c '! grep -q bound "$0"' r.out
expect 0 'their lines' report --line sure.mpz
contains r.out 'certified lost answers <= 2 % (0.5 %, bound 1.05 %) at 95 %' 'say them'
contains r.out 'at 95 %, not independent' 'and that they are not independent'
refused 3 'guarantees of results without' 'no result has a guarantee' \
    --view=guarantees "$VALID/result-tuned.mpz"

expect 0 'a curve' report --view=curve --format=json curve.mpz
holds 'limits, costs and accuracies' jq -e --slurpfile c curve.json '.curve | map([
    .limit, .macs, .accuracy, .thresholds]) == ($c | map([.limits[0].max, .macs,
    .accuracy, .thresholds]))' r.out
holds 'the chosen one' is_true '.curve | max_by([.accuracy, -.macs]) as $best |
    map(select(.chosen)) | length == 1 and .[0].accuracy == $best.accuracy and
    .[0].macs == $best.macs'
expect 0 'a curve below a limit' report --view=curve --max-macs=280000 --format=json \
    curve.mpz
holds 'keeps the limits of the tuning' jq -e --slurpfile c curve.json '.curve |
    map(.limit) == ($c | map(.limits[0].max))' r.out
holds 'and chooses below its own' is_true '.curve | map(select(.macs <= 280000)) |
    max_by(.accuracy).accuracy as $best | map(select(.chosen)) | length == 1 and
    .[0].accuracy == $best'
expect 0 'a curve by Eq. 13 below a limit on something else' sh -c "thresh-tune \
    --cost=paper --curve=5 '$VALID/trace-whole.mpz' |
    eenn-report --view=curve --max=params=1e7 --format=json >r.out"
holds 'is over the cost by Eq. 13, with its limits' is_true \
    '.curve | all(.macs_paper <= .limit and .limit > 0)'
expect 0 'text of a curve' report --view=curve curve.mpz
holds 'of 80 columns' narrow r.out
expect 0 'SVG of a curve' report --view=curve --format=svg curve.mpz
for text in '>chosen<' '>final exit alone<' '5 results, val, tics at the bottom' \
    'accuracy, % (better →)'; do
    contains r.out "$text" "has $text"
done
refused 3 'a curve of failed results' 'there is no curve' --view=curve failed.mpz

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

# ---- objectives, limits and figures by name ----
own() { # own ITERATION SLOT ACCURACY MACS LATENCY ENERGY
    printf '{"type":"result","summary":{"arch":null,"space":null,
"genome":[],"params":%s,"origin":{"iteration":%s,"slot":%s},
"gamma":[200000,400000]},"status":"ok","accuracy":%s,"macs":%s,
"metrics":[{"name":"latency","value":%s,"unit":"ms"},
{"name":"energy","value":%s}]}\n' "$4" "$1" "$2" "$3" "$4" "$5" "$6" |
        tr -d '\n'
    echo
}
{
    own 0 0 0.5 200000 5 -1.5
    own 0 1 0.7 400000 8 -1
    own 1 0 0.6 300000 2 0
    own 1 1 0.55 350000 9 2
    own 2 0 0.8 390000 7 1
} >own.json
stream-load --kind=result -o own.mpz own.json
jq -c '. + {accuracy: null, macs: null}' own.json |
    stream-load --kind=result -o nil.mpz
three=--objectives=accuracy:max,macs:min,latency:min

expect 0 'own metrics' report --max=latency=6 --min=energy=-1 \
    --max=params=3.5e5 own.mpz
contains r.out 'energy >= -1, latency <= 6 ms, params <= 0.35 M' \
    'every limit with its name and unit'
contains r.out 'latency ms  energy  params M' 'and a column for each'
expect 0 'the same as JSON' report --max=latency=6 --min=energy=-1 \
    --max=params=3.5e5 --format=json own.mpz
holds 'has them by name, as they are' is_true '.results[0] |
    .latency == 5 and .energy == -1.5 and .params == 200000'
holds 'judged by all three' is_true '[.results[].feasible] ==
    [false, false, true, false, false]'
# 8 / 6 - 1 and 4e5 / 3.5e5 - 1
holds 'violations are added up' is_true '.results[1].violation |
    (. - (1 / 3 + 1 / 7)) | fabs < 1e-12'
jq -c '. + {limits: [{name: "latency", max: 7.5}], feasible:
    (.metrics[0].value <= 7.5), violation: ([.metrics[0].value / 7.5 - 1, 0]
    | max)}' own.json | stream-load --kind=result -o judged.mpz
expect 0 'judged by limits of their own' report judged.mpz
contains r.out '3 feasible, latency <= 7.5 ms' 'they are shown'
jq -c 'if .summary.origin.slot == 0 then .metrics[0].unit = "s" else . end' \
    own.json | stream-load --kind=result -o units.mpz
expect 0 'two units' report --format=md units.mpz
contains r.out '| latency |' 'are no unit'
jq -c '.metrics[1].name = "rank"' own.json |
    stream-load --kind=result -o rank.mpz
expect 0 'a metric called like a column' report --format=json rank.mpz
holds 'has a column beside it' is_true '.results[0] | .rank == null and
    .["metrics.rank"] == -1.5'

expect 0 'lines' report --line own.mpz
contains r.out '50.00 %    0.200 M  latency 5 ms  energy -1.5' 'have them too'
expect 0 'lines of results without accuracy' report --line --max=latency=6 \
    nil.mpz
contains r.out '-  latency 5 ms  energy -1.5  feasible' 'have them alone'
holds 'nothing is nan' test "$(grep -c nan r.out)" -eq 0
expect 0 'their table' report nil.mpz
holds 'has no column of accuracy' test "$(grep -c 'acc %' r.out)" -eq 0
refused 3 'their front by accuracy' \
    '--objectives=LIST is to name metrics that all results have' \
    --view=front nil.mpz
refused 3 'their iterations' 'no metric accuracy' --view=iterations nil.mpz
refused 3 'their drawing' 'no metric accuracy' --format=svg nil.mpz

expect 0 'a front of three objectives' report --view=front "$three" \
    --format=json own.mpz
holds 'by the last one upwards' is_true '.front | map(.latency) == [2, 5, 7]'
expect 0 'iterations of three objectives' report --view=iterations "$three" \
    --reference=latency=10 --format=json own.mpz
# up to error 1, 400 k, 10 ms: 0.5 x 0.5 x 0.5, then 0.6 x 0.25 x 0.8 with
# 0.5 x 0.25 x 0.5 in common, and so on
holds 'front and hypervolume by hand' is_true '
    def near($x): (. - $x) | fabs < 1e-12;
    (.iterations | map(.front) == [2, 3, 3]) and
    ([.iterations[].hypervolume] | (.[0] | near(0.125))
    and (.[1] | near(0.1825)) and (.[2] | near(0.184)))'
holds 'a best of each objective' is_true '.iterations[2] | .best_accuracy == 0.8
    and .best_macs == 390000 and .best_latency == 7'
pareto-select --hypervolume "$three" --ref-macs=400000 \
    --reference=latency=10 own.mpz | cut -f 2 >want
report --view=iterations "$three" --reference=latency=10 --format=tsv own.mpz
tail -n 1 r.out | cut -f 10 >got
same want got 'as pareto-select has it, to the last digit'
expect 0 'the best of least violation' report --view=iterations \
    --objectives=energy:min,latency:min --max=latency=6 --format=json own.mpz
holds 'then by the objectives in turn' is_true '.iterations |
    map([.best_energy, .best_latency]) == [[-1.5, 5], [-1.5, 5], [-1.5, 5]]'
expect 0 'as text' report --view=iterations \
    --objectives=latency:min,energy:min --reference=latency=10 \
    --reference=energy=5:-2 own.mpz
contains r.out 'Hypervolume up to latency 10 ms and energy 5, as a share' \
    'the title has the reference'
contains r.out 'best latency ms  best energy' 'the heads have the units'
expect 0 'a reference of accuracy' report --view=iterations \
    --reference=accuracy=0.5:0.9 --format=json own.mpz
holds 'counts from there' is_true '.iterations[1].hypervolume - 0.0625 |
    fabs < 1e-12'
expect 0 'no reference' report --view=iterations "$three" own.mpz
contains r.out 'Hypervolume left out: objective latency has no reference' 'says so'
expect 0 'the same as JSON' report --view=iterations "$three" --format=json \
    own.mpz
holds 'is nil' is_true '.iterations | map(.hypervolume) == [null, null, null]'
four=$three,energy:min
expect 0 'four objectives' report --view=iterations "$four" own.mpz
contains r.out 'Hypervolume left out: more than 3 objectives' 'says so'
refused 2 'a drawing of what is left out' 'more than 3 objectives' \
    --view=iterations --format=svg "$four" own.mpz

expect 0 'SVG by own metrics' report --format=svg --max=latency=7.5 \
    --min=energy=-1 --objectives=latency:min,energy:min nil.mpz
contains r.out '>latency, ms (← better)<' 'the first objective has its unit'
contains r.out '>energy (← better)<' 'the second is named'
holds 'without accuracy there is no winner' test "$(grep -c winner r.out)" -eq 0
contains r.out 'latency &lt;= 7.5 ms' 'with the limit on the first'
contains r.out 'energy >= -1' 'and on the second'
expect 0 'SVG of three objectives' report --format=svg "$three" own.mpz
contains r.out 'front of all 3 objectives' 'is that of all of them'
refused 2 'SVG of one objective' 'two objectives' --format=svg \
    --objectives=latency:min own.mpz
jq -c '.metrics[0].name = "a'\''b\nquit"' own.json |
    stream-load --kind=result -o quote.mpz
expect 0 'SVG of a metric with a quote and a line end' report --format=svg \
    --objectives=accuracy:max,"a'b
quit:min" quote.mpz
contains r.out "a'b?quit" 'has its name on a line'

refused 2 'not an objective' "'latency' is not NAME:min" \
    --objectives=latency own.mpz
refused 2 'an objective twice' 'latency twice' \
    --objectives=latency:min,latency:max own.mpz
refused 2 'not a limit' "'latency' is not NAME=V" --max=latency own.mpz
refused 2 'a limit twice' 'two limits on what latency' \
    --max=latency=2 --max=latency=3 own.mpz
refused 2 'a limit in two forms' 'two limits on what macs' \
    --max-macs=3 --max=macs=3 own.mpz
refused 2 'a reference of no objective' 'names no objective' \
    --reference=latency=3 own.mpz
refused 2 'a short form of no objective' 'names no objective' \
    --ref-macs=3 --objectives=latency:min own.mpz
refused 2 'a reference that is the best' 'not worse' "$three" \
    --reference=latency=0 own.mpz
refused 3 'a limit on what is not there' 'no metric time' --max=time=3 own.mpz
refused 3 'an objective that is not there' 'no metric time' \
    --objectives=time:min own.mpz

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
refuses_broken 'surrogate' "$pairs" "$VALID/arch-plain.mpz" eenn-report

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
contains r.out 'cost of the sub-network' 'accuracy over MACs'
expect 0 'SVG of its log' report --view=log --format=svg "$super"
contains r.out '>loss (← better)<' 'the loss'
expect 3 'weights alone' eenn-report "$VALID/weights-plain.mpz"
expect 2 'weights have no iterations' eenn-report --view=iterations "$super"
refuses_broken 'weights' "$super" "$VALID/arch-plain.mpz" eenn-report
for f in "$INVALID"/surrogate-*.mpz "$INVALID"/weights-*.mpz; do
    [ "${f##*/}" = weights-two-heads.mpz ] || expect 3 "invalid ${f##*/}" \
        eenn-report "$f"
done

refuses_broken 'trained' trained.mpz "$VALID/arch-plain.mpz" eenn-report

# ---- networks ----
stream-dump -r net.mpz | sed 1q >net.json
expect 0 'a network' report --format=json --id="$(jq -r .id net.json)" net.mpz
is_net() { # is_net EXPR: true of the report, $n being the network
    jq -e --slurpfile n net.json "\$n[0] as \$n | $1" r.out >/dev/null
}
holds 'its layers' is_net '.layers | map([.name, .op, .macs, .params]) ==
    ($n.layers | map([.name, .op, .macs, .params]))'
holds 'their shapes' is_net '.layers | map([.in, .out, .kernel, .stride]) ==
    ($n.layers | map([.in, .out, .kernel, .stride] | map(select(. and . != []) |
    map(tostring) | join("x")) + [null, null] | .[:4]))'
holds 'exits are marked where they read' is_net '[.layers[] | select(.tap) |
    .layer] == ($n.exits | map(.tap))'
holds 'and their heads' is_net '[.layers[] | select(.head) | [.layer, .head]] ==
    [$n.exits | to_entries[] | .key as $k | .value | range(.first; .last + 1) |
    [., $k + 1]]'
holds 'costs of the exits' is_net '.exits | map([.gamma, .head_macs,
    .prefix + .head_macs <= .gamma]) == ($n.exits | map([.gamma, .head_macs,
    true])) and (.[-1].share == 1)'
holds 'and sums' is_net '.nets[0] | .params == $n.params and .classes == 10 and
    .input == "32x32x3" and .macs == ($n.layers | map(.macs) | add)'
expect 0 'as text' report net.mpz
holds 'of 80 columns' narrow r.out
cp r.out plain
eenn-report --view=net trained.mpz >r.out
same plain r.out 'the same of the trained networks'
for f in "$VALID"/net-*.mpz; do
    expect 0 "text of ${f##*/}" report "$f"
    holds 'is 80 columns wide at most' narrow r.out
done
refused 2 'a drawing of layers' 'has no drawing of' --format=svg net.mpz
refused 2 'exits of an untrained network' 'has no text of' --view=exits net.mpz
# ---- data sets ----
data-synth --classes=10 -n 40 --val=20 --test=30 --size=16 | stream-dump -r |
    jq -c 'if .type == "dataset" then .classes += [range(15) | "more \(.)"] else .
    end' | stream-load -k dataset -o data.mpz
expect 0 'a data set' report data.mpz
contains r.out 'synth: 90 images of 16x16 pixels, 3 channels, 25 classes' \
    'has number, size and classes in its title'
holds 'and a row per class' grep -Eq '^[^ ]+ +4 +2 +3 +9$' r.out
holds 'of all classes' test "$(grep -Ec '^more [0-9]+ +0 +0 +0 +0$' r.out)" -eq 15
holds 'with their sums' grep -Eq '^sum +40 +20 +30 +90$' r.out
contains r.out 'resize none, crop none, flip ' 'and how pictures were brought to size'
holds 'of 80 columns' narrow r.out
expect 0 'a data set as JSON' report --format=json data.mpz
stream-dump -r data.mpz | sed 1q >data.json
holds 'has the same as tables' jq -e --slurpfile d data.json '$d[0] as $d |
    (.classes | map([.class, .label, .train, .val, .test, .sum]) ==
    [$d.classes | to_entries[] | [.key, .value] +
    if .key < 10 then [4, 2, 3, 9] else [0, 0, 0, 0] end]) and (.datasets[0] |
    [.height, .width, .channels, .mean, .std, .train, .val, .test] ==
    $d.shape + [$d.mean, $d.std] + $d.samples)' r.out
cat "$VALID/dataset-named.mpz" data.mpz >two.mpz
expect 0 'two data sets' report --view=classes --format=tsv two.mpz
holds 'are told apart by their names' test "$(grep -c "^synth$tab" r.out)" -eq 26
for f in "$VALID"/dataset-*.mpz; do
    expect 0 "text of ${f##*/}" report "$f"
done
refused 2 'a drawing of a data set' 'has no drawing of' --format=svg data.mpz
expect 0 'a set of signals' eenn-report "$VALID/dataset-signal.mpz"
for line in 'beats: 5 signals of 3 samples, 2 leads, 2 classes' \
    'class     train       val      test       cal       sum' \
    'V             2         0         0         0         2' \
    '360 Hz, 1 samples before and 2 from an event on, leads MLII V1' \
    'groups: 2 in train'; do
    contains "$OUT" "$line" "says: $line"
done
expect 0 'in JSON' sh -c 'eenn-report --format=json "$VALID/dataset-sound.mpz" >sound.json'
expect 0 'with all of it' jq -e '.datasets[0] | .kind == "sound" and .groups == 0 and
    .mean == [-5, 0.5] and (.source | startswith("0.064 s at 8000 Hz, window 256"))' \
    sound.json
refuses_broken 'dataset' data.mpz "$VALID/arch-plain.mpz" eenn-report

refuses_broken 'net' net.mpz "$VALID/arch-plain.mpz" eenn-report
finish
