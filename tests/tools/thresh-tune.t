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
expect 0 'a trace, no limits' tune "$whole"
says 'most accurate, fewest MACs' '.[0] | .thresholds == [0.3, 0.3]
    and .accuracy == 1 and .macs == 286250 and .macs_paper == 240625'
says 'who leaves where' '.[0].utilisation == [0.5, 0.375, 0.125]'
says 'accuracy of leavers and of all' '.[0] | .exit_accuracy == [1, 1, 1]
    and .exit_accuracy_all == [0.625, 0.75, 0.875]'
says 'the final exit alone' '.[0] | .final_accuracy == 0.875
    and .final_macs == 460000'
says 'feasible without limits' '.[0] | .feasible and .violation == 0
    and .max_macs == null and .min_accuracy == null'
says 'split, rule and ids are carried' '.[0] | .split == "val"
    and .rule == "cumulative" and .summary.origin == {iteration: 2, slot: 5}
    and .summary.net == "89abcdef89abcdef89abcdef89abcdef"'
expect 0 'a limit on MACs' tune --max-macs=240000 --min-accuracy=0.75 "$whole"
says 'is kept by the repair' '.[0] | .thresholds == [0.2, 0]
    and .accuracy == 0.75 and .macs == 235000 and .feasible'
expect 0 'limits nobody meets' tune --max-macs=170000 --min-accuracy=0.9 \
    "$whole"
says 'make an infeasible result' '.[0] | .feasible == false
    and .violation > 0 and .status == "ok"'
expect 0 'exactly the cost' tune --max-macs=286250 --min-accuracy=1 "$whole"
says 'meets the limit' '.[0] | .feasible and .violation == 0'
expect 0 'eq8' tune --rule=eq8 "$whole"
says 'has its name in the result' '.[0].rule == "eq8"'
expect 0 'first floor' tune --first-floor=0.7 "$whole"
says 'holds for the first exit only' '.[0].thresholds[0] == 0.7
    and .[0].thresholds[1] < 0.7'
expect 0 'two traces' tune "$VALID/trace-two.mpz"
says 'two results, in order' 'map(.summary.net[:2]) == ["89", "76"]
    and map(.split) == ["val", "test"]'

# ---- networks that failed ----
jq -c --arg failed "$bad" -f "$TOP/tests/tools/trained.jq" net.json |
    stream-load --kind=trained -o failed.mpz
expect 0 'a failed network among others' tune failed.mpz
says 'is a failed result in its place' 'length == 3 and
    map(.status) == ["ok", "failed", "ok"] and .[1].accuracy == null
    and .[1].reason == "loss is not finite in epoch 1"
    and (.[1].summary.genome | length) > 0 and .[1].feasible != true'

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
contains "$ERR" 'exit 0 has no confidence unit' 'names the exit'
edit 'if .summary then .summary.prefix = [] else . end'
expect 3 'no costs' thresh-tune edited.mpz
expect 2 'accuracy is a share' thresh-tune --min-accuracy=65 "$whole"
expect 2 'no such rule' thresh-tune --rule=entropic "$whole"
finish
