#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs of jq in quotes.
# shellcheck disable=SC2016
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# A network of what imported ones are made of, from the graph to samples that
# leave early: TensorFlow's padding, a gate per channel, a gate per number,
# relu6 and other activations, in the backbone and behind an exit.
tr '\n' ' ' <"$TOP/tests/tools/imported-nets.json" | sed 's/$/\
/' >net.json
expect 0 'the graph is taken' stream-load --kind=net net.json -o net.mpz
data-synth -q --classes=3 -n 240 --val=60 --test=90 --size=16 -o d.mpz
train() {   # train FILE [OPTION...]
    train=$1
    shift
    eenn-train -q -d d.mpz -e 4/2/1 --lr=0.05 "$@" net.mpz -o "$train"
}
expect 0 'it is trained' train one.mpz -j1
train four.mpz -j4
same one.mpz four.mpz 'threads do not change bytes'
train images.mpz --no-cache-features
stream-dump -r one.mpz | grep '^{"type":"tensor"' >one.tensors
stream-dump -r images.mpz | grep '^{"type":"tensor"' >images.tensors
same one.tensors images.tensors 'nor do features of the backbone in memory'
holds 'the loss of each phase falls' sh -c 'stream-dump -r one.mpz |
    jq -es ".[0] | .status == \"ok\" and (.log | [.[].loss] |
        .[3] < 0.9 * .[0] and .[5] < .[4])" >jq.out'

# ---- samples leave early ----
eenn-run -q -d d.mpz one.mpz -o whole.mpz
eenn-run -q -d d.mpz --batch=7 -j2 one.mpz -o small.mpz
expect 0 'batches of any size say the same' \
    stream-cmp --rtol=1e-3 --atol=1e-4 whole.mpz small.mpz
stream-dump -r --values whole.mpz >whole.json
median=$(jq -s '.[1].logits | .shape[1] as $c | .values as $v
    | [range(0; $v | length; $c) as $i | $v[$i:$i + $c] | max as $m
       | 1 / (map(. - $m | exp) | add)] | sort | .[length / 2 | floor] - 1e-6
    ' whole.json)
thresh-tune -q --rule=max-softmax one.mpz | stream-dump -r |
    jq -c --argjson t "$median" '.thresholds = [$t]' |
    stream-load --kind=result -o policy.mpz
expect 0 'with a policy' eenn-run -q -d d.mpz --policy=policy.mpz --batch=16 \
    one.mpz -o stopped.mpz
stream-dump -r --values stopped.mpz >stopped.json
holds 'half of the samples leave at the first exit' sh -c 'jq -es "
    .[0].taken.values | map(select(. == 0)) | length
    | . >= 40 and . <= 50" stopped.json >jq.out'
cat >agree.jq <<'END'
$whole[1:] as $w | .[0].taken.values as $taken | .[1].logits.values as $have
    | [range($taken | length) as $i | range(3) as $k
       | $have[3 * $i + $k] - $w[$taken[$i]].logits.values[3 * $i + $k]
       | fabs < 1e-3] | all
END
holds 'each with the outputs of its exit' sh -c 'jq -es \
    --slurpfile whole whole.json -f agree.jq stopped.json >jq.out'
finish
