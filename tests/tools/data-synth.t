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
finish
