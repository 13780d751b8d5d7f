#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

example_setup() {
    cp "$VALID/result-grid.mpz" archive.mpz
}
INPUT=$VALID/result-grid.mpz ARGS='--target=macs --trees=50 --model=rbf,gp,cart'
battery surrogate-fit

fit() { # fit [ARG...]: the record as JSON in s.json
    surrogate-fit "$@" >s.mpz && stream-dump --records-only s.mpz >s.json
}
says() { # says WHAT JQ-CONDITION
    holds "$1" sh -c "jq -e '$2' s.json >/dev/null"
}

expect 0 'a fit has what the table says' fit --target=macs "$VALID/result-grid.mpz"
says 'target, space and genes' '.target == "macs" and .genes == 2 and
    .space == "table:toy:0123456789abcdef"'
says 'points, and their range' '.points == 16 and .low == 100 and
    .high == 280 and .failed == 0 and .duplicates == 0'
says 'four models, pooled, the best one taken' '.pooled and .folds == 10 and
    (.scores | map(.model)) == ["rbf", "gp", "cart", "mlp"] and (.scores | map(.fitted) | all) and
    .model as $m | (.scores | map(.tau - .tau_std) | max) ==
    (.scores[] | select(.model == $m) | .tau - .tau_std)'
says 'a smooth function is predicted' '.scores[0].tau > 0.8'
says 'what was measured and what was said of it, unseen' '
    (.measured | length) == 16 and (.predicted | length) == 16 and
    (.measured | min) == 100 and (.measured | max) == 280 and
    (.model as $m | .scores[] | select(.model == $m).rmse) as $rmse |
    ([.measured, .predicted] | transpose | map((.[0] - .[1]) * (.[0] - .[1])) |
     add / 16 | sqrt | . - $rmse | fabs) < 1e-9'
expect 0 '--model=cart fits cart alone' fit --target=error --model=cart --trees=7 \
    "$VALID/result-grid.mpz"
says 'is only one score' '.model == "cart" and (.scores | length) == 1 and
    (.arrays[0].value.shape == [8])'
expect 0 'the output is a valid stream' stream-check s.mpz
for model in rbf gp cart mlp rank-rbf rank-gp; do
    expect 0 "$model alone" fit --target=macs --model=$model \
        "$VALID/result-grid.mpz"
    says 'is what is written' ".model == \"$model\" and
        (.scores | map(.model)) == [\"$model\"] and .scores[0].tau > 0.5"
    cp s.mpz first.mpz
    expect 0 "$model again" fit --target=macs --model=$model \
        "$VALID/result-grid.mpz"
    same s.mpz first.mpz 'a second fit gives the same bytes'
done
expect 0 '-v fits' surrogate-fit -v --target=macs --model=rbf,cart \
    -o s.mpz "$VALID/result-grid.mpz"
contains "$ERR" '(chosen)' '-v says which model is chosen'
expect 0 'two models are compared' fit --target=macs --model=cart,rbf \
    "$VALID/result-grid.mpz"
says 'are compared' '(.scores | map(.model)) == ["rbf", "cart"]'
expect 0 'auto among others' fit --target=macs --model=rank-gp,auto \
    "$VALID/result-grid.mpz"
says 'is all of auto, too' '(.scores | map(.model)) ==
    ["rbf", "gp", "cart", "mlp", "rank-gp"]'
# The order of 16 values does not change with their scale.
stream-dump -r "$VALID/result-grid.mpz" | jq -c '.macs |= . * . * .' |
    stream-load -k result -o cubed.mpz
expect 0 'a model of ranks' fit --target=macs --model=rank-gp \
    "$VALID/result-grid.mpz"
within() { jq -c '.arrays | map(select(.name | test("^rank_") | not))' s.json; }
within >score.json
expect 0 'the same of another scale' fit --target=macs --model=rank-gp cubed.mpz
within >cubed.json
same score.json cubed.json 'the model within does not see the scale'
says 'predicts in the unit of the target' '.low == 1e6 and
    (.predicted | max) > 1e7'
for wrong in svm 'gp,' '' cart,carts; do
    expect 2 "no model \"$wrong\"" surrogate-fit --target=macs \
        --model="$wrong" "$VALID/result-grid.mpz"
done
contains "$ERR" 'there is no model called "carts"' 'the message names the unknown model'

# ---- what is left out ----
stream-dump -r "$VALID/result-grid.mpz" >grid.json
sed -n 4p grid.json | sed 's/"macs":[0-9.]*/"macs":7/' >again.json
sed -n 6p grid.json | sed 's/"genome":\[1,1\]/"genome":[9,9]/
    s/"ok"/"failed"/; s/"accuracy":[0-9.]*/"accuracy":null/
    s/"macs":[0-9.]*/"macs":null/' >failed.json
cat grid.json again.json failed.json | stream-load -k result -o some.mpz
expect 0 'failed and repeated results are left out' fit --target=macs some.mpz
says 'are counted, the last one counts' '.points == 16 and .failed == 1 and
    .duplicates == 1 and .low == 7'

# ---- a model that cannot be fitted ----
expect 0 'too many trees for a record leave cart out' surrogate-fit --target=macs \
    --trees=100000 -o s.mpz "$VALID/result-grid.mpz"
contains "$ERR" 'model cart is left out: 100000 trees' 'a warning says that cart is left out'
stream-dump -r s.mpz >s.json
says 'and so does the stream' '.model != "cart" and
    (.scores[2] | .fitted == false and (.reason | test("100000 trees")))'
expect 3 'a fit without any model left fails' surrogate-fit --target=macs --model=cart \
    --trees=100000 "$VALID/result-grid.mpz"
contains "$ERR" 'no model can be fitted: cart: 100000 trees' \
    'the message says that no model can be fitted'

# ---- what cannot be done ----
expect 2 'a call without a target is refused' surrogate-fit "$VALID/result-grid.mpz"
expect 3 'an unknown metric is refused' surrogate-fit --target=latency \
    "$VALID/result-grid.mpz"
contains "$ERR" 'has no metric latency' 'the message names the unknown metric'
head -n 7 grid.json | stream-load -k result -o seven.mpz
expect 3 'seven points are refused' surrogate-fit --target=macs seven.mpz
contains "$ERR" 'at least 8' 'the message says that 8 points are needed'
expect 3 'results of two spaces are refused' surrogate-fit --target=macs "$VALID/result-grid.mpz" \
    "$VALID/result-tuned.mpz"
contains "$ERR" 'result-tuned.mpz: record 16' 'the message names the record of the other space'

# ---- a metric of one's own ----
jq -c '.metrics = [{name: "latency", value: (.macs / 7)}]' grid.json |
    stream-load -k result -o own.mpz
expect 0 'a metric of the results is a target' fit --target=latency own.mpz
says 'is a target like others' '.target == "latency" and .high == 40'
expect 0 'another seed fits' fit --target=macs --seed=9 "$VALID/result-grid.mpz"
cp s.mpz other.mpz
expect 0 'the first seed fits again' fit --target=macs "$VALID/result-grid.mpz"
holds 'another seed takes other folds' sh -c '! cmp -s s.mpz other.mpz'
finish
