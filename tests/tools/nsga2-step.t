#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# A space of a user's own, 196 genomes, and metrics anybody can work out.
printf '%s\t%s\t%s\t%s\t%s\n' >genes.tsv \
    '# nachos space 1' '' '' '' '' \
    depth 0 1,2,3 - - \
    width 0 8,16,32,64 - - \
    kernel 0 3,5,7 'depth>=1' - \
    exit1 1 no,yes - 1 \
    exit2 1 no,yes - 1 \
    exit3 1 no,yes - 1
sed -i '1s/.*/# nachos space 1/' genes.tsv
measure() { # arch JSON lines -> result JSON lines
    jq -c '. as $a | .genome as $g |
        {type: "result", summary: {arch: .id, space, genome, origin},
         status: "ok",
         accuracy: (0.2 + 0.1 * $g[0] + 0.09 * $g[1] + 0.05 * $g[2]
                    + 0.02 * ($g[3] + $g[4] + $g[5])),
         macs: (100 + 60 * $g[0] + 45 * $g[1] * $g[1] + 20 * $g[2]
                + 15 * ($g[3] + $g[4] + $g[5]))}'
}
archive() { # archive FILE N: N measured genomes
    ofa-sample --space=genes.tsv -n "$2" | stream-dump -r | measure |
        stream-load -k result -o "$1"
}
archive archive.mpz 40
surrogate-fit --target=accuracy archive.mpz -o accuracy.mpz
surrogate-fit --target=macs archive.mpz -o macs.mpz

# For the examples: a built-in space, whose results need no --space.
example_setup() {
    ofa-sample -n 12 | stream-dump -r | measure |
        stream-load -k result -o archive.mpz
    surrogate-fit --target=accuracy --model=rbf archive.mpz -o accuracy.mpz
    surrogate-fit --target=macs --model=rbf archive.mpz -o macs.mpz
}
INPUT=archive.mpz
ARGS='--accuracy=accuracy.mpz --macs=macs.mpz --space=genes.tsv'
WRONG=$VALID/trace-plain.mpz
battery nsga2-step

refuses_broken 'accuracy' accuracy.mpz archive.mpz nsga2-step \
    --space=genes.tsv --macs=macs.mpz archive.mpz --accuracy
expect 3 'macs of the wrong kind' nsga2-step --space=genes.tsv \
    --accuracy=accuracy.mpz --macs=archive.mpz archive.mpz

step() { # step [ARG...]: the genomes as JSON in a.json
    nsga2-step --accuracy=accuracy.mpz --macs=macs.mpz --space=genes.tsv \
        "$@" >a.mpz && stream-dump -r a.mpz >a.json
}
says() { # says WHAT JQ-CONDITION on all records
    holds "$1" sh -c "jq -es '$2' a.json >/dev/null"
}
stream-dump -r archive.mpz | jq -c .summary.genome | sort >known

unknown() {
    jq -c .genome a.json | sort | comm -12 - known | cmp -s - /dev/null
}

expect 0 'a step' step --iteration=3 archive.mpz
says 'eight distinct genomes' '(map(.genome) | unique | length) == 8'
says 'in slots of the iteration' 'map(.origin) == [range(8) |
    {iteration: 3, slot: .}]'
says 'with predictions and a design' 'all(.predicted_accuracy > 0.2 and
    .predicted_macs > 99 and (.design | length) > 10)'
says 'by ascending MACs' 'map(.predicted_macs) == (map(.predicted_macs) | sort)'
holds 'none of the archive' unknown
cp a.mpz first.mpz
expect 0 'another seed' step --iteration=3 --seed=2 archive.mpz
holds 'other genomes' sh -c '! cmp -s a.mpz first.mpz'
for model in rbf gp cart mlp; do
    surrogate-fit --target=accuracy --model=$model archive.mpz -o $model.mpz
    expect 0 "a surrogate $model" step --accuracy=$model.mpz archive.mpz
    says 'eight genomes, predicted near what they are' 'length == 8 and
        all((.predicted_accuracy - (.genome as $g | 0.2 + 0.1 * $g[0]
             + 0.09 * $g[1] + 0.05 * $g[2] + 0.02 * ($g[3] + $g[4] + $g[5]))
            | fabs) < 0.25)'
done
expect 0 'k' step -k 3 archive.mpz
says 'says how many' 'length == 3'
says 'no iteration, no origin' 'all(.origin == {iteration: null, slot: null})'
expect 0 'more than candidates' step -k 60 archive.mpz
says 'are filled up' '(map(.genome) | unique | length) == 60'
holds 'with new ones' unknown

# ---- the end of the space ----
ofa-sample --space=genes.tsv --info >info
archive all.mpz "$(($(sed -n 's/^# size[^0-9]*\([0-9]*\).*/\1/p' info) - 5))"
expect 0 'five are left' step all.mpz
says 'five are proposed' 'length == 5'
contains "$ERR" 'only 5 of 8' 'a warning says so'

# ---- failed ones ----
stream-dump -r archive.mpz | sed '1,30s/"ok"/"failed"/
    1,30s/"accuracy":[0-9.]*/"accuracy":null/
    1,30s/"macs":[0-9.]*/"macs":null/' | stream-load -k result -o failed.mpz
expect 0 'most have failed' step -k 100 failed.mpz
says 'the others are proposed' 'length == 100'
holds 'and no failed one again' unknown

# ---- limits ----
expect 0 'no limit' step -v archive.mpz
contains "$ERR" 'phi 1.000' 'has phi 1'
cp a.mpz free.mpz
expect 0 'a limit nothing meets' step -v --max-macs=90 archive.mpz
contains "$ERR" 'phi 0.000' 'has phi 0'
holds 'and shapes the answer' sh -c '! cmp -s a.mpz free.mpz'
below=$(stream-dump -r archive.mpz | jq -s 'map(select(.macs <= 300)) | length')
expect 0 'a limit some meet' step -v --max-macs=300 archive.mpz
contains "$ERR" "phi $(awk "BEGIN { printf \"%.3f\", $below / 40 }")" \
    'has their share'
expect 0 'a limit on accuracy too' step --min-accuracy=0.5 --max-macs=300 \
    archive.mpz
says 'which all proposals are predicted to keep' \
    'all(.predicted_macs <= 300 and .predicted_accuracy >= 0.5)'
expect 0 'a penalty instead' step --limits=penalty --max-macs=300 archive.mpz
says 'lets them through' 'any(.predicted_macs > 300)'
expect 0 'another one' step --limits=penalty --penalty=5 --max-macs=300 \
    archive.mpz

# ---- no archive, other spaces ----
head -n 0 /dev/null | stream-load -k result -o none.mpz
expect 0 'nothing measured yet' step none.mpz
says 'is enough with a space' 'length == 8'
expect 3 'results of another space' step "$VALID/result-tuned.mpz"
contains "$ERR" 'are of space ofa-mbv3' 'both are named'
expect 2 'a table has to be given' nsga2-step --accuracy=accuracy.mpz \
    --macs=macs.mpz archive.mpz
expect 3 'surrogates of another space' step --macs="$VALID/surrogate-rbf.mpz" \
    archive.mpz
contains "$ERR" 'a surrogate of space table:toy' 'are refused'
cat macs.mpz macs.mpz >twice.mpz
expect 3 'two surrogates in one file' step --macs=twice.mpz archive.mpz
expect 2 'a surrogate is missing' nsga2-step --accuracy=accuracy.mpz archive.mpz
expect 2 'no space of that name' step --space=nowhere:x=1 archive.mpz
finish
