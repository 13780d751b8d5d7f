#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

SOURCE=1 ARGS='--train=60 --val=20 --test=20'
SLOW='--train=400000'
battery data-synth

expect 2 'operands are refused' data-synth x.mpz
expect 2 'a split too large is refused' data-synth --train=10000000 --size=512
expect 0 'a set may have the training split alone' \
    data-synth -n 30 --val=0 --test=0 --classes=3 --size=16 -o small.mpz
expect 0 'a set of one split is a valid stream' stream-check small.mpz
stream-dump small.mpz >small.json
expect 0 'a set of one split says so' jq -se '.[1] | .splits == ["train"] and
    .samples == [30] and .shape == [16, 16, 3] and
    .classes == ["disc", "ring", "square"]' small.json
expect 0 'its images may be mirrored' jq -se '.[1].flip == "yes"' small.json
data-synth -n 60 --val=0 --test=0 --classes=3 --size=16 --seed=2 -o other.mpz
expect 1 'another seed gives other images' stream-cmp small.mpz other.mpz

# ---- signals ----
expect 0 'signals' data-synth --kind=signals -n 90 --val=20 --test=10 --cal=5 \
    --length=32 -o beats.mpz
expect 0 'a set of signals is a valid stream' stream-check beats.mpz
stream-dump -r --values beats.mpz >beats.json
expect 0 'it says what they are' jq -se '.[0] | .shape == [32, 1, 2] and
    .splits == ["train", "val", "test", "cal"] and .flip == "no" and
    .classes == ["normal", "early", "wide", "fused", "paced"] and
    .input == {kind: "signal", signal: {rate: 32, before: 12, after: 20}}' \
    beats.json
expect 0 'features are floats, and patients are groups' jq -se '.[1] |
    .images.dtype == "f32" and (.images.values | flatten | length) == 5760 and
    (.groups.values | implode | split("\u0000")[:-1] |
    [length, .[0], .[39], .[40], .[89]]) ==
    [90, "train0", "train0", "train1", "train2"]' beats.json
expect 0 'one lead' data-synth --kind=signals -n 5 --classes=2 --leads=1 -o one.mpz
expect 2 'signals have no ten classes' data-synth --kind=signals --classes=6
contains "$ERR" 'signals have 5' 'and says how many'
finish
