#!/bin/bash
# SPDX-License-Identifier: MIT
# The headline in small: a run, its figures, and whether it has what is promised.  All
# that it is compared with is in tests/slow.
# shellcheck disable=SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"
# shellcheck source=tests/pipelines/headline.sh
. "$TOP/tests/pipelines/headline.sh"

headline_data
expect_loose 2 'no DATA' make -f "$TOP/pipelines/headline.mk" OUT=run
contains "$ERR" 'DATA=FILE is missing' 'says so'
data-synth -q --train=40 --val=10 --test=10 -o set.mpz
expect_loose 0 'its own settings' make -f "$TOP/pipelines/headline.mk" OUT=run DATA=set.mpz preflight \
    TRAIN_IMAGES=
holds 'are right' test ! -s "$ERR"
expect_loose 0 'a plan' headline plan
contains "$OUT" 'CPU time ' 'has the hours of CPU'
expect_loose 2 'nothing is there yet' headline check
contains "$OUT" 'accuracy  -, promised >= 1 % (test split): FAILS' 'check says of each part'
contains "$OUT" 'CPU       -, promised <= 5 h of all tools: FAILS' 'that it fails'
expect_loose 0 'a run' headline
expect_loose 0 'a network picked by hand' headline hand
expect_loose 0 'the figures' make -f "$TOP/pipelines/headline.mk" OUT=run CURVE=4e5 report
cp "$OUT" shown
same shown run/headline.txt 'are in a file'
test_accuracy=$(eenn-report --no-legend run/final/test.mpz | grep -oE '[0-9.]+ \([0-9.]+-[0-9.]+\)' | sed q)
holds 'the accuracy on the test split' grep -Fq "the winner " shown
holds 'with its interval' grep -Fq " $test_accuracy " shown
contains run/headline.md "| the winner | " 'also as Markdown'
contains run/headline.md "| random search | - | - | - | - | - | - | - | - |" 'what is not there is -'
holds 'the hand-picked one has its figures' grep -Eq '^picked by hand +[0-9.]+ \(' shown

check() {       # check STATUS WHAT TEXT VARIABLE=VALUE..
    expect_loose "$1" "$2" make -f "$TOP/pipelines/headline.mk" OUT=run check ACCURACY=0 \
        "${@:4}"
    contains "$OUT" "$3" "says: $3"
}
check 0 'what holds' 'h of all tools: holds'
check 2 'accuracy' 'promised >= 101 % (test split): FAILS' ACCURACY=1.01
check 2 'MACs' 'promised <= 0.001 M on average (test split): FAILS' MACS_AT_MOST=1k
check 2 'hours' 'promised <= 1e-09 h of all tools: FAILS' CPU_HOURS=0.000000001
macs=$(eenn-report --format=json run/final/test.mpz | jq '.networks[0].macs')
check 0 'just so many MACs' 'on average (test split): holds' MACS_AT_MOST="$macs"
finish
