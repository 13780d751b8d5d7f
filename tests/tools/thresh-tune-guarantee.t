#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs of jq in quotes; functions that expect calls.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# A trace of n samples of three classes: the early exit is sure and right where
# k mod 3 < 2, but for `lost` samples that are sure and wrong; elsewhere it is not
# sure.  The final exit is right but for each tenth.
trace() { # trace SAMPLES LOST SPLIT >STREAM
    jq -nc --argjson n "$1" --argjson lost "$2" --arg split "$3" '
    def f32($s): {dtype: "f32", shape: $s, values: .};
    def one($c): [range(3) | if . == $c then 4 else 0 end];
    [range($n) | . % 3] as $truth
    | {type: "trace", summary: {space: null, genome: [], net: ("ab" * 16),
       prefix: [100, 900], head: [20, 100], gamma: [120, 1020]},
       split: $split, samples: $n, classes: 3, exits: 2, policy: false,
       labels: {dtype: "i32", shape: [$n], values: $truth},
       taken: {dtype: "u8", shape: [0], values: []}},
      {type: "exit-trace", exit: 0,
       logits: ([range($n) as $k | one(($truth[$k] +
           if $k % 3 < 2 and $k / 2 < $lost or $k % 3 == 2 then 1 else 0 end)
           % 3)] | add | f32([$n, 3])),
       confidence: ([range($n) | if . % 3 < 2 then 0.75 else 0.25 end]
           | f32([$n]))},
      {type: "exit-trace", exit: 1,
       logits: ([range($n) as $k | one(($truth[$k] +
           if $k % 10 == 9 then 1 else 0 end) % 3)] | add | f32([$n, 3])),
       confidence: ([] | f32([0]))}' |
        stream-load --kind=trace --level=0 "${4:--}"
}
tune() { # tune [ARG...]: the results as JSON lines in r.json
    thresh-tune "$@" >r.mpz && stream-dump --records-only r.mpz >r.json
}
says() { # says WHAT JQ-CONDITION, of the first result
    holds "$1" sh -c 'jq -es "$1" r.json >jq.out' - ".[0] | $2"
}

# ---- what is certified ----
trace 1200 0 cal >cal.mpz
expect 0 'lost answers' tune --confidence=0.95 --max-lost=0.02 cal.mpz
holds 'without a word' test ! -s "$ERR"
says 'a policy that saves' '.thresholds[0] > 0.25 and .thresholds[0] <= 0.75
    and .macs < 600 and .feasible'
says 'and its guarantee' '.guarantee | .confidence == 0.95 and .certified
    and .independent and .samples == 600 and .needed == null
    and .passed >= 2 and .passed <= .tested'
says 'estimate and bound' '.guarantee.limits == [{name: "lost_answers",
    max: 0.02, estimate: 0, bound: .guarantee.limits[0].bound, samples: 600}]
    and .guarantee.limits[0].bound > 0.00498
    and .guarantee.limits[0].bound < 0.00499' # 1 - 0.05^(1/600)
says 'figures are of the half that tests' '.samples == 600
    and .split == "cal" and .lost_answers == .guarantee.limits[0].estimate'
cp r.mpz once.mpz
expect 0 'again' tune --confidence=95% --max=lost_answers=2% cal.mpz
same once.mpz r.mpz 'the same bytes'
expect 0 'another seed' tune --confidence=0.95 --max-lost=0.02 --seed=2 cal.mpz
says 'other halves' '.guarantee.certified'
holds 'other figures' sh -c '! stream-cmp -q once.mpz r.mpz'
expect 0 'accuracy' tune --confidence=0.9 --min-accuracy=0.85 cal.mpz
says 'from below' '.guarantee.limits[0] | .name == "accuracy" and .min == 0.85
    and .max == null and .estimate > .bound and .bound >= .min'
says 'the policy saves' '.macs < 600'
expect 0 'accuracy of each class' tune --confidence=0.9 \
    --min-class-accuracy=0.8 cal.mpz
says 'by the samples of one class' '.guarantee.limits[0] |
    .name == "min_class_accuracy" and .samples < 250 and .bound >= 0.8'
expect 0 'two limits' tune --confidence=0.9 --min-accuracy=0.85 \
    --max-disagreement=0.2 --max-macs=1e4 cal.mpz
says 'hold together' '.guarantee | .certified
    and (.limits | map(.name)) == ["accuracy", "disagreement"]'
expect 0 'temperatures and all rules' tune --confidence=0.9 --rule=best \
    --temperature=fit --grid-step=0.02 --max-lost=0.05 cal.mpz
says 'have a guarantee, too' '.guarantee.certified and
    (.temperatures | length) == 2'

# ---- without labels ----
expect 0 'against the final exit' tune --confidence=0.95 --reference=final \
    --max-disagreement=0.15 cal.mpz
says 'no figure of labels' '.accuracy == null and .lost_answers == null
    and .balanced_accuracy == null and .ece == null
    and .final_accuracy == null and .disagreement > 0'
says 'disagreement is certified' '.guarantee.certified and .thresholds != [null]'
cp r.json right.json
stream-dump -r cal.mpz | jq -c 'if .labels then
    .labels |= {dtype, shape, values: [range(.shape[0]) | 0]} else . end' |
    stream-load --kind=trace -o zeros.mpz
expect 0 'with other labels' tune --confidence=0.95 --reference=final \
    --max-disagreement=0.15 zeros.mpz
same right.json r.json 'the same result'
expect 0 'tuned by the final exit' tune --reference=final \
    --max-disagreement=0.12 --max-macs=900 zeros.mpz
says 'without a guarantee' '.disagreement <= 0.12 and .macs < 600
    and .feasible and .guarantee == null'
holds 'is reported' sh -c 'eenn-report r.mpz >r.txt'

# ---- too few samples ----
trace 596 0 cal >few.mpz
expect 0 '298 samples' tune --confidence=0.95 --max-lost=0.01 few.mpz
says 'exits stay off' '.thresholds == [null] and .macs == 1000
    and .guarantee.certified and .guarantee.needed == 299'
contains "$ERR" 'all early exits stay off' 'is said'
contains "$ERR" 'lost_answers <= 0.01 with confidence 0.95 on 298 samples; about 299 would be needed, of a trace of 597' \
    'with the number it takes'
trace 597 0 cal >enough.mpz
expect 0 '299 samples' tune --confidence=0.95 --max-lost=0.01 enough.mpz
says 'are enough' '.thresholds != [null] and .macs < 600'
trace 596 60 cal >wrong.mpz
expect 0 'an exit that is wrong too often' tune --confidence=0.95 \
    --max-lost=0.01 wrong.mpz
says 'stays off, whatever the number' '.thresholds == [null]
    and .guarantee.needed == null'
expect 1 'the final exit is not that good' thresh-tune --require \
    --confidence=0.95 --min-accuracy=0.95 cal.mpz -o r.mpz
contains "$ERR" 'nothing is certified, and all early exits are off' 'is said'
stream-dump -r r.mpz >r.json
says 'is not feasible' '(.feasible | not) and (.guarantee.certified | not)
    and .thresholds == [null]'
trace 2 0 cal >two.mpz
expect 0 'two samples' tune --confidence=0.95 --max-lost=0.01 two.mpz
says 'one each' '.guarantee.samples == 1 and .thresholds == [null]'
trace 1 0 cal >one.mpz
expect 3 'one sample' thresh-tune --confidence=0.95 --max-lost=0.01 one.mpz
contains "$ERR" 'one sample cannot be divided' 'the message says so'
stream-dump -r cal.mpz | jq -c 'if .labels then
    .classes = 1 | .labels |= {dtype, shape, values: [range(.shape[0]) | 0]}
    else .logits |= {dtype, shape: [.shape[0], 1],
    values: [range(.shape[0]) | 1]} end' | stream-load --kind=trace -o class.mpz
expect 0 'one class' tune --confidence=0.95 --min-class-accuracy=0.9 class.mpz
says 'is always right' '.guarantee.certified and .macs < 200'
trace 90 0 cal >three.mpz
stream-dump -r --values three.mpz | jq -c 'if .labels then .classes = 4
    else .logits |= (.values as $v | {dtype, shape: [.shape[0], 4],
    values: ([range(.shape[0]) as $k | $v[3 * $k:3 * $k + 3] + [0]] | add)})
    end' | stream-load --kind=trace -o none.mpz
expect 0 'a class without samples' tune --confidence=0.95 \
    --min-class-accuracy=0.1 none.mpz
says 'certifies nothing' '(.guarantee.certified | not)'
contains "$ERR" 'a class has none of them' 'is said'

# ---- other splits ----
for split in val test train; do
    trace 1200 0 $split >other.mpz
    expect 0 "the split $split" tune --confidence=0.95 --max-lost=0.02 other.mpz
    says 'is not independent' '.guarantee.certified
        and .guarantee.independent != true'
    contains "$ERR" "the trace is of the split $split, not of cal" 'is said'
done

# ---- what cannot be ----
expect 3 'no costs, and no warning before it' \
    thresh-tune --confidence=0.9 --max-lost=0.1 "$VALID/trace-tiny.mpz"
for bad in --confidence=0 --confidence=1 --confidence=1.5 --confidence=-1; do
    expect 2 "$bad" thresh-tune $bad --max-lost=0.1 cal.mpz
done
contains "$ERR" 'confidence' 'the message names it'
expect 2 'no limit' thresh-tune --confidence=0.9 --max-macs=1e6 cal.mpz
contains "$ERR" 'needs a limit that can be certified' 'the message says which'
expect 2 'balanced accuracy' thresh-tune --confidence=0.9 --max-lost=0.1 \
    --min=balanced_accuracy=0.5 cal.mpz
contains "$ERR" 'balanced_accuracy cannot be certified' 'the message says so'
expect 2 'a curve' thresh-tune --confidence=0.9 --max-lost=0.1 --curve=3 cal.mpz
for arg in --min-accuracy=0.5 --max-lost=0.1 --min-class-accuracy=0.5 \
    --min=balanced_accuracy=0.5 --temperature=fit; do
    expect 2 "$arg without labels" thresh-tune --reference=final $arg cal.mpz
    contains "$ERR" '--reference=final looks at no labels' 'the message says so'
done
finish
