#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs of jq and awk in quotes; functions that expect calls.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

space=ofa-mbv3:width=0.35,res=32,classes=10,exits=4
ofa-sample --space=$space -n 3 | eec-place -o net.mpz
stream-dump --records-only net.mpz >net.json
bad=$(sed -n 2p net.json | jq -r .id)
jq -c -f "$TOP/tests/tools/trained.jq" net.json |
    stream-load --kind=trained -o trained.mpz

example_setup() {
    cp ../trained.mpz .
    cp "$VALID/trace-whole.mpz" cal.mpz
}
INPUT=trained.mpz WRONG=net.mpz ARGS='--max-macs=1e6 --min-accuracy=0.5'
battery thresh-tune

tune() { # tune [ARG...]: the results as JSON lines in r.json
    thresh-tune "$@" >r.mpz && stream-dump --records-only r.mpz >r.json
}
is_true() {
    jq -es "$1" r.json >/dev/null
}
says() { # says WHAT JQ-CONDITION
    holds "$1" is_true "$2"
}

# ---- figures worked out by hand for the corpus's eight samples ----
whole=$VALID/trace-whole.mpz
expect 0 'a trace, no limits' tune --method=grid "$whole"
says 'most accurate, fewest MACs' '.[0] | .thresholds == [0.3, 0.3]
    and .accuracy == 1 and .macs == 286250 and .macs_paper == 240625'
says 'who leaves where' '.[0].utilisation == [0.5, 0.375, 0.125]'
says 'accuracy of leavers and of all' '.[0] | .exit_accuracy == [1, 1, 1]
    and .exit_accuracy_all == [0.625, 0.75, 0.875]'
says 'the final exit alone' '.[0] | .final_accuracy == 0.875
    and .final_macs == 460000 and .samples == 8'
says 'feasible without limits' '.[0] | .feasible and .violation == 0
    and .limits == null'
says 'split, rule and ids are carried' '.[0] | .split == "val"
    and .rule == "cumulative" and .summary.origin == {iteration: 2, slot: 5}
    and .summary.net == "89abcdef89abcdef89abcdef89abcdef"'
expect 0 'a limit on MACs' tune --method=grid --max-macs=240000 \
    --min-accuracy=0.75 "$whole"
says 'is kept by the repair' '.[0] | .thresholds == [0.2, 0]
    and .accuracy == 0.75 and .macs == 235000 and .feasible'
expect 0 'limits nobody meets' tune --max-macs=170000 --min-accuracy=0.9 \
    "$whole"
says 'make an infeasible result' '.[0] | .feasible == false
    and .violation > 0 and .status == "ok"'
expect 0 'limits nobody meets' thresh-tune --max-macs=170000 --min-accuracy=0.9 \
    --max=params=1e6 -o r.mpz "$whole"
holds 'are said in one line' test "$(grep -c '' <"$ERR")" = 1
holds 'which ones, and what was reached' grep -Eq \
    'warning: net 89abcdef[0-9a-f]*: limits are not met: accuracy is 0\.[0-9]+, below 0.9' "$ERR"
holds 'and none that is met' sh -c '! grep -q params "$0"' "$ERR"
expect 0 'quietly' thresh-tune -q --max-macs=170000 --min-accuracy=0.9 -o r.mpz "$whole"
holds 'no word of them' test ! -s "$ERR"
rm r.mpz
expect 1 'limits that are required' thresh-tune --require --max-macs=170000 \
    --min-accuracy=0.9 -o required.mpz "$whole"
contains "$ERR" '1 of 1 networks are not within the limits' 'says so'
thresh-tune -q --max-macs=170000 --min-accuracy=0.9 -o r.mpz "$whole"
same r.mpz required.mpz 'results are the same'
expect 0 'required limits that are met' thresh-tune --require --max-macs=286250 \
    -o required.mpz "$whole"
expect 1 'a failed training meets none' thresh-tune --require -o r.mpz \
    "$VALID/trained-failed.mpz"
holds 'its result is there' test -s r.mpz
for view in line table exits front; do
    for format in text md tsv json; do
        [ $view = line ] && [ $format != text ] && continue
        expect_loose 0 "--view=$view --format=$format" sh -c "thresh-tune -q \
            --max-macs=170000 --min-accuracy=0.9 '$whole' |
            eenn-report --view=$view --format=$format"
        holds 'has the violation' grep -Eq 'violation|infeasible' "$OUT"
    done
done
expect 0 'exactly the cost' tune --method=grid --max-macs=286250 --min-accuracy=1 "$whole"
says 'meets the limit' '.[0] | .feasible and .violation == 0'
expect 0 'eq8' tune --rule=eq8 "$whole"
says 'has its name in the result' '.[0].rule == "eq8"'
expect 0 'first floor' tune --method=grid --first-floor=0.7 "$whole"
says 'holds for the first exit only' '.[0].thresholds[0] == 0.7
    and .[0].thresholds[1] < 0.7'
# By hand: four leave at the first exit and two at the second, all of them right.
expect 0 'once more' tune "$whole"
says 'metrics of classes and of answers' '.[0] | .min_class_accuracy == 1
    and .balanced_accuracy == 1 and .lost_answers == 0
    and .disagreement == 0.125'
expect 0 'limits on them' tune --min-class-accuracy=0.5 --max-lost=0.25 \
    --max-disagreement=0.25 --min=balanced_accuracy=0.5 "$whole"
says 'are judged' '.[0].limits == [{name: "balanced_accuracy", min: 0.5},
    {name: "disagreement", max: 0.25}, {name: "lost_answers", max: 0.25},
    {name: "min_class_accuracy", min: 0.5}] and .[0].feasible'
expect 0 'limits on them that are not met' thresh-tune --max-lost=0 \
    --max-disagreement=0.1 "$whole" -o r.mpz
contains "$ERR" 'limits are not met: disagreement is 0.125, above 0.1' 'are said'
expect 2 'no lower limit on lost answers' thresh-tune \
    --min=lost_answers=0.1 "$whole"
expect 2 'no upper limit on a recall' thresh-tune \
    --max=balanced_accuracy=0.9 "$whole"
expect 0 'two traces' tune "$VALID/trace-two.mpz"
says 'two results, in order' 'map(.summary.net[:2]) == ["89", "76"]
    and map(.split) == ["val", "test"]'

# ---- methods ----
# Of the same limits: violation, accuracy, MACs, in D34's order.
rank() { # rank FILE [ARG...]: three numbers that sort ascending
    thresh-tune "$@" | stream-dump --records-only |
        jq -c '[.violation, -.accuracy, .macs]'
}
for limits in '' '--max-macs=240000 --min-accuracy=0.75' '--max-macs=300000' \
    '--max-macs=170000 --min-accuracy=0.9' '--min-accuracy=0.95'; do
    for method in grid descent exact auto; do
        # shellcheck disable=SC2086
        rank --method=$method $limits "$whole" >rank.$method
    done
    holds "auto = exact <= descent <= grid: $limits" \
        jq -es '.[3] == .[2] and .[2] <= .[1] and .[1] <= .[0]' \
        rank.grid rank.descent rank.exact rank.auto
done
expect 0 'exact' tune --method=exact --max-macs=240000 "$whole"
cp r.mpz exact.mpz
expect 0 'exact again' tune --method=exact --max-macs=240000 "$whole"
same r.mpz exact.mpz 'gives the same bytes'
# By hand: with the first exit off six leave at the second by 0.3, at 300000, two
# at the end at 510000, and all are right there.
expect 0 'a first exit that is dear and useless' sh -c 'stream-dump -r "$1" |
    jq -c "if .type == \"trace\" then .summary.head[0] = 9000000
           else . end" | stream-load --kind=trace |
    thresh-tune | stream-dump -r >r.json' - "$whole"
says 'is switched off' '.[0] | .thresholds[0] == null
    and .utilisation[0] == 0 and .exit_accuracy_all[0] == null
    and .ece[0] == null and .accuracy == 1 and .macs == 352500
    and .thresholds[1] == 0.3'
expect 3 'an exact search that may not work' thresh-tune --method=exact \
    --max-work=1 "$whole"
contains "$ERR" 'too much work' 'the message says so'
contains "$ERR" '89abcdef' 'and names the net'
expect 0 'auto goes on' thresh-tune --max-work=1 "$whole" -o auto.mpz
contains "$ERR" 'may not be the best' 'with a warning'
expect 0 'a finer grid' tune --grid-step=0.01 --min-accuracy=1 "$whole"
says 'has its thresholds' '.[0].thresholds | map(select(. != null) * 100
    | . - round | fabs) | all(. < 1e-9)'
expect 2 'no step of 0' thresh-tune --grid-step=0 "$whole"
expect 2 'no step beyond 0.5' thresh-tune --grid-step=0.6 "$whole"
expect 2 'no such method' thresh-tune --method=magic "$whole"

# ---- no more than the final exit alone ----
# The final exit costs 460000 and is right for 7 of 8.  Where the heads are dear,
# the grid takes thresholds of accuracy 1 that cost more.
stream-dump -r "$whole" | jq -c 'if .type == "trace" then
    .summary.head[:2] = [500000, 500000] else . end' |
    stream-load -k trace -o dear.mpz
for method in descent exact auto; do
    expect 0 "dear heads, $method" tune --method=$method dear.mpz
    says 'are left out' '.[0] | .macs == .final_macs and .accuracy == 0.875
        and .thresholds == [null, null] and .feasible and .limits == null'
    holds 'without a word' test ! -s "$ERR"
    expect 0 'also where accuracy needs them' tune --method=$method \
        --min-accuracy=1 dear.mpz
    says 'for a limit on MACs would have to allow it' '.[0] |
        .macs <= .final_macs and (.feasible | not)'
done
expect 0 'a limit that allows it' tune --min-accuracy=1 --max-macs=1e6 dear.mpz
says 'is used' '.[0] | .macs > .final_macs and .feasible'
contains "$ERR" 'more than the final exit alone: --max-macs=460000 rules that out' \
    'and the result is remarked on'
expect 0 'the grid of the paper' tune --method=grid dear.mpz
says 'is as published' '.[0] | .macs > .final_macs and .accuracy == 1'
contains "$ERR" 'more than the final exit alone' 'with a warning'
for how in '' --line; do
    eenn-report $how r.mpz >told
    contains told 'above the cost of the final exit alone' "the report says so, too $how"
done
expect 0 'by Eq. 13' tune --cost=paper --method=exact "$whole"
says 'the bound is one on that' '.[0].macs_paper <= 455000'

# ---- a curve ----
expect 0 'a curve' tune --curve=6 "$whole"
says 'has limits from the cheapest policy to the final exit alone' '
    map(.limits[0]) == ([160000, 220000, 280000, 340000, 400000, 460000] |
        map({name: "macs", max: .}))'
says 'which all results keep' 'all(.feasible and .macs <= .limits[0].max)'
says 'with rising accuracy' 'map(.accuracy) == (map(.accuracy) | sort)'
cp r.json curve.json
for limit in 160000 220000 280000 340000 400000 460000; do
    thresh-tune --max-macs=$limit "$whole" | stream-dump -r
done >r.json
same r.json curve.json 'each is what --max-macs gives'
for how in --method=grid --method=descent --rule=best '--rule=margin --temperature=fit' \
    --cost=paper --min-accuracy=0.7; do
    # shellcheck disable=SC2086  # some are two
    expect 0 "a curve, $how" tune $how --curve=4 "$whole"
    cp r.json curve.json
    # shellcheck disable=SC2086
    for limit in $(jq '.limits[] | .max // empty' curve.json); do
        thresh-tune -q $how --max-macs="$limit" "$whole" | stream-dump -r
    done >r.json
    same r.json curve.json "each is what --max-macs gives, $how"
done
expect 0 'a curve of one' tune --curve=1 "$whole"
says 'has the last limit' 'map(.limits[0].max) == [460000]'
expect 1 'limits that are required' thresh-tune --curve=3 --min-accuracy=0.9 \
    --require "$whole" -o r.mpz
contains "$ERR" 'limits are not met by 1 of the 3 policies' 'are counted'
contains "$ERR" '1 of 1 networks are not within the limits' 'by networks'
expect 2 'a curve beside a limit on the cost' thresh-tune --curve=3 --max-macs=3e5 \
    "$whole"
contains "$ERR" '--curve sets the limits on macs' 'says so'
expect 2 'also on the other cost' thresh-tune --curve=3 --max=macs_paper=3e5 "$whole"
expect 0 'beside another limit' tune --curve=3 --max=params=1000 "$whole"
says 'which is judged in all' 'all(.violation > 0.2 and (.limits | length) == 2)'
expect 2 'too many points' thresh-tune --curve=1001 "$whole"

# ---- limits by name ----
expect 0 'short forms' tune --max-macs=240000 --min-accuracy=0.5 "$whole"
cp r.json short.json
expect 0 'and long ones' tune --min=accuracy=0.5 --max=macs=2.4e5 "$whole"
same r.json short.json 'are the same'
says 'and are written' '.[0].limits == [{name: "accuracy", min: 0.5},
    {name: "macs", max: 240000}]'
expect 0 'figures of the network' tune --max=params=1000 --min=params=100 \
    --max=peak_bytes=1e9 "$whole"
says 'are judged' '.[0] |
    ((.summary.params / 1000 - 1 - .violation) | fabs) < 1e-12 and .feasible == false and (.limits | length) == 2'
expect 0 'a limit on one as well' tune --max=params=1000 --max=macs=240000 \
    --min=accuracy=0.5 "$whole"
jq -c '[.thresholds, .macs, .accuracy]' short.json >want
jq -c '[.thresholds, .macs, .accuracy]' r.json >have
same want have 'changes no threshold'
expect 0 'by Eq. 13' tune --cost=paper --max-macs=200000 "$whole"
cp r.json short.json
expect 0 'by name' tune --max=macs_paper=200000 "$whole"
same r.json short.json 'is the same'
for wrong in --max=latency=5 --max=size_bytes=3 --max=accuracy=0.5 \
    --min=macs=1 --min=macs_paper=1 '--minimise=macs --weight=0.5' \
    '--minimise=macs --cost=paper' '--minimise=macs --max=macs_paper=1' \
    '--confidence=0.9 --min-accuracy=0.5 --weight=0.5' \
    --minimise=loss --weight=1.5 '--max=macs=3 --max-macs=3' \
    '--min=accuracy=0.5 --min=accuracy=0.6' --max=macs --max=macs=many \
    --max==3 --min=accuracy=65; do
    # shellcheck disable=SC2086  # some are two
    expect 2 "refused: $wrong" thresh-tune $wrong "$whole"
done
contains "$ERR" 'accuracy=65: this metric is a share, 0 to 1' 'the last by its range'
stream-dump "$whole" | jq -c 'if .type == "trace" then .summary.params = null
    else . end' | stream-load -k trace -o no-params.mpz
expect 3 'a figure that is not known' thresh-tune --max=params=1000 no-params.mpz
contains "$ERR" 'no metric params' 'is named'

# ---- cost by Eq. 13 ----
expect 0 'judged by Eq. 13' tune --cost=paper --max-macs=200000 "$whole"
says 'the limit is on macs_paper' '.[0] |
    .limits == [{name: "macs_paper", max: 200000}] and .feasible
    and .macs_paper <= 200000 and .macs > .macs_paper'
cp r.mpz paper.mpz
expect 0 'and the same by those who select' sh -c \
    'pareto-select --max-macs=200000 paper.mpz | stream-dump -r >r.json'
says 'which is feasible' '.[0].feasible and .[0].violation == 0'
expect 0 'sequential' tune --max-macs=200000 "$whole"
says 'is the default' '.[0].limits == [{name: "macs", max: 200000}]'
expect 0 'Eq. 13 without a limit on it' tune --cost=paper --min-accuracy=0.1 \
    "$whole"
says 'is written, too' '.[0] | .limits ==
    [{name: "accuracy", min: 0.1}, {name: "macs_paper"}] and .feasible'
expect 0 'where a limit on MACs is one on macs_paper' sh -c \
    'pareto-select --max-macs=200000 r.mpz | stream-dump -r >r.json'
says 'when they are selected' '.[0].limits == [{name: "macs_paper", max: 200000}]'

# ---- what is minimised ----
# By hand: all leave at the first exit for 160000 (150000 by Eq. 13), five of them
# right; with 0.3 at both exits four leave there, two at the second and two at the
# final one, all right, for 286250; with 0.3 and 0 one is wrong, for 260000; with 0.1
# and the second exit off seven leave at the first and one goes on, for 520000, which
# makes 205000 and half of each class right.  The final exit alone costs 460000.
policy() { # policy WHAT MACS ARG...
    said=$1 macs=$2
    shift 2
    expect 0 "$said" tune "$@" "$whole"
    says "costs $macs" ".[0] | .macs == $macs and .feasible"
}
policy 'a weight for accuracy' 286250 --weight=0.3
policy 'a weight for cost' 160000 --weight=0.7
policy 'the cheapest' 160000 --minimise=macs
policy 'the cheapest of a few' 260000 --minimise=macs \
    --min-accuracy=0.8
policy 'with more right' 286250 --minimise=macs --min-accuracy=0.9
policy 'by Eq. 13' 286250 --minimise=macs_paper --min-accuracy=0.9
policy 'with every class half right' 205000 --minimise=macs \
    --min-class-accuracy=0.5
policy 'and more than that' 286250 --minimise=macs \
    --min-class-accuracy=0.51
policy 'classes right on average' 260000 --minimise=macs \
    --min=balanced_accuracy=0.8
policy 'and all' 286250 --minimise=macs \
    --min=balanced_accuracy=0.85
policy 'the most accurate under two costs' 260000 \
    --max=macs=280000 --max=macs_paper=230000
says 'of which both are limits' '.[0].limits == [{name: "macs", max: 280000},
    {name: "macs_paper", max: 230000}] and .[0].macs_paper == 220000'
policy 'under the other one' 286250 \
    --max=macs=300000 --max=macs_paper=241000
for method in grid descent exact; do
    expect 0 "$method" tune --method=$method --weight=0.3 "$whole"
    says 'by a weight' '.[0] | .accuracy == 1 and .macs == 286250'
done
params() { # params ARG...: what sets what is minimised
    thresh-tune "$@" --params | grep -E '^(minimise|weight|cost)='
}
params --weight=1 >have
params --minimise=macs >want
same want have 'a weight of 1 is the cost'
params --weight=0 >have
params >want
same want have 'a weight of 0 is the error'
params --weight=1 --max=macs_paper=5 >have
params --minimise=macs_paper --max=macs_paper=5 >want
same want have 'the cost is the limited one'

# ---- many exits ----
# The corpus's first exit N - 1 times, each for 1000 MACs more than the one before it.
many_exits() { # many_exits N
    stream-dump --records-only "$whole" | jq -c --argjson n "$1" '
        def each(f): [range($n) | f];
        if .type == "trace" then
            .exits = $n | .summary.head = each(10) |
            .summary.prefix = each(100000 + 1000 * .) |
            .summary.gamma_paper = each(100010 + 1000 * .) |
            .summary.gamma = each(100000 + 1010 * . + 10)
        elif .type == "exit-trace" and .exit == 0 then
            range($n - 1) as $i | .exit = $i
        elif .type == "exit-trace" and .exit == 2 then .exit = $n - 1
        else empty end' | stream-load --kind=trace -o "$1.mpz"
}
many_exits 64
many_exits 65
many_exits 160
expect 0 '64 exits' tune --method=descent 64.mpz
says 'by the cumulative rule' '.[0] | (.thresholds | length) == 63 and .accuracy > 0.6'
expect 3 '65 exits' tune 65.mpz
contains "$ERR" '65 exits, and rules that take earlier exits into account are tuned for 64' \
    'are too many for that'
for method in grid descent auto; do
    expect 0 "160 by another: $method" tune -q --rule=best --method=$method \
        --max-work=100000 --minimise=macs --min-accuracy=0.7 160.mpz
    says 'is found' '.[0] | (.thresholds | length) == 159 and .feasible'
done

# ---- rules on the softmax, temperatures ----
for rule in max-softmax margin entropy; do
    expect 0 "$rule" tune --rule=$rule "$whole"
    says 'has its name in the result' ".[0].rule == \"$rule\"
        and (.[0] | has(\"temperatures\") | not)"
done
# Worked out apart from the tool: all values of both exits by jq.
cat >softmax.jq <<'END'
def softmax($t): map(. / $t) | max as $m | map(. - $m | exp)
    | add as $s | map(. / $s);
def score($rule): sort | reverse | if $rule == "max-softmax" then .[0]
    elif $rule == "margin" then .[0] - .[1]
    else 1 + (map(select(. > 0) | . * log) | add) / (length | log) end;
def rows($n): [range(0; length; $n) as $i | .[$i:$i + $n]];
def guess: max as $m | index($m);
. as $all | ($all[0].labels.values) as $want | $all[0].classes as $n
| ($r[0].temperatures // [1, 1, 1]) as $t
| [$all[1:][] | .logits.values | rows($n)] as $z
| [range($want | length) as $k
   | ([0, 1 | select($r[0].thresholds[.] != null)
       | . as $i | select(($z[$i][$k] | softmax($t[$i]) | score($r[0].rule))
                >= $r[0].thresholds[$i])] + [2])[0]] as $taken
| {utilisation: [range(3) as $i | $taken | map(select(. == $i)) | length / 8],
   accuracy: ([range($taken | length) as $k
               | select(($z[$taken[$k]][$k] | guess) == $want[$k])] | length
              / 8)}
| .utilisation == $r[0].utilisation and .accuracy == $r[0].accuracy
END
stream-dump -r --values "$whole" >whole.json
agrees() { # agrees RULE: the result in r.json follows from the trace
    holds "$1 leaves and is right as the trace says" jq -es \
        --slurpfile r r.json -f softmax.jq whole.json
}
for rule in max-softmax margin entropy; do
    for how in none fit; do
        expect 0 "$rule, $how" tune --rule=$rule --temperature=$how \
            --max-macs=400000 "$whole"
        agrees "$rule, $how,"
    done
    says 'temperatures of every exit' '.[0].temperatures | length == 3
        and all(. >= 0.01 and . <= 100)'
done
expect 0 'temperatures with confidence units' tune --temperature=fit "$whole"
says 'change nothing but the calibration error' '.[0].rule == "cumulative"
    and (.[0].temperatures | length) == 3'
thresh-tune "$whole" | stream-dump -r >cold.json
holds 'not who leaves' jq -es '(.[0] | [.thresholds, .utilisation]) ==
    (.[1] | [.thresholds, .utilisation]) and .[0].ece != .[1].ece' \
    r.json cold.json
expect 0 'the best rule' tune --rule=best --temperature=fit \
    --max-macs=240000 "$whole"
jq -c '[.violation, -.accuracy, .macs]' r.json >rank.best
for rule in cumulative eq8 max-softmax margin entropy; do
    rank --rule=$rule --temperature=fit --max-macs=240000 "$whole" >rank.rule
    holds "is no worse than $rule" jq -es '.[0] <= .[1]' rank.best rank.rule
done

# ---- networks that failed ----
jq -c --arg failed "$bad" -f "$TOP/tests/tools/trained.jq" net.json |
    stream-load --kind=trained -o failed.mpz
expect 0 'a failed network among others' tune failed.mpz
says 'is a failed result in its place' 'length == 3 and
    map(.status) == ["ok", "failed", "ok"] and .[1].accuracy == null
    and .[1].reason == "loss is not finite in epoch 1"
    and (.[1].summary.genome | length) > 0 and .[1].feasible != true'

expect 0 'a curve of three networks, one of which has failed' tune --curve=3 failed.mpz
says 'has three results each' 'map(.status) == (["ok", "ok", "ok"] | . + ["failed"] + .)'
says 'one below the other' '.[0].limits[0].max == (.[0].summary |
    [.prefix, .head] | transpose | map(add) | min) and
    .[2].limits[0].max == .[2].final_macs'
says 'a failed one has no limit on the cost' '.[3].limits | all(.max == null)'

# ---- splits ----
expect 0 'the validation split' tune "$whole"
holds 'needs no word' test ! -s "$ERR"
expect 0 'the test split' tune "$VALID/trace-two.mpz"
contains "$ERR" 'thresholds are tuned on the test split' 'is remarked on'
contains "$ERR" '(eenn-run --split=val)' 'with what to do'
expect 0 'quietly' thresh-tune -q "$VALID/trace-two.mpz" -o r.mpz
holds 'it is not' test ! -s "$ERR"

# ---- where in a search ----
expect 0 'another origin' tune --origin=3/12 "$whole"
says 'is in every result' 'all(.[]; .summary.origin == {iteration: 3, slot: 12})'
for bad in 3 3/ /4 3/4/5 3/-4 ' 3/4' 3/4x 1e2/3; do
    expect 2 "no origin: '$bad'" thresh-tune --origin="$bad" "$whole"
done
contains "$ERR" 'is not ITERATION/SLOT' 'the message says so'

# ---- what cannot be tuned on ----
expect 3 'a trace of a run with a policy' thresh-tune "$VALID/trace-policy.mpz"
contains "$ERR" 'policy' 'the message says so'
for f in "$INVALID"/trace-*.mpz; do
    expect 3 "invalid ${f##*/}" thresh-tune "$f"
done
edit() { # edit JQ [STREAM]: the stream's records changed, in edited.mpz
    stream-dump --records-only "${2:-$whole}" | jq -c "$1" |
        stream-load --kind=trace -o edited.mpz
}
edit 'if .exit == 0 then .confidence = {dtype: "f32", shape: [0], values: []}
      else . end'
expect 3 'no confidence unit' thresh-tune edited.mpz
contains "$ERR" 'exit 0 has no confidence unit, which the rule cumulative needs: try --rule=best' \
    'names the exit and what to do'
expect 0 'which the margin needs not' tune --rule=margin edited.mpz
expect 0 'best does without' tune --rule=best edited.mpz
says 'by a rule on the softmax' '.[0].rule | . == "max-softmax"
    or . == "margin" or . == "entropy"'
edit 'if .summary then .summary.prefix = [] else . end'
expect 3 'no costs' thresh-tune edited.mpz
edit 'if .summary then .summary.gamma_paper = [] else . end'
expect 0 'no costs by Eq. 13' tune edited.mpz
expect 3 'which are asked for' thresh-tune --cost=paper edited.mpz
contains "$ERR" 'Eq. 13' 'the message says so'
expect 2 'accuracy is a share' thresh-tune --min-accuracy=65 "$whole"
expect 2 'no such rule' thresh-tune --rule=entropic "$whole"
finish
