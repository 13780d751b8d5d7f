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
    surrogate-fit --target=accuracy --model=rbf archive.mpz -o acc.mpz
    cp acc.mpz accuracy.mpz
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
says 'with predictions and a design' 'all((.predicted |
    map(.name) == ["accuracy", "macs"] and .[0].value > 0.2 and .[1].value > 99)
    and (.design | length) > 10)'
says 'by ascending MACs' 'map(.predicted[1].value) | . == sort'
holds 'none of the archive' unknown
cp a.mpz first.mpz
expect 0 'another seed' step --iteration=3 --seed=2 archive.mpz
holds 'other genomes' sh -c '! cmp -s a.mpz first.mpz'
for model in rbf gp cart mlp; do
    surrogate-fit --target=accuracy --model=$model archive.mpz -o $model.mpz
    expect 0 "a surrogate $model" step --accuracy=$model.mpz archive.mpz
    says 'eight genomes, predicted near what they are' 'length == 8 and
        all((.predicted[0].value - (.genome as $g | 0.2 + 0.1 * $g[0]
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
contains "$ERR" '; 1.000 of the others within' 'is kept by all'
cp a.mpz free.mpz
expect 0 'a limit nothing meets' step -v --max-macs=90 archive.mpz
contains "$ERR" '; 0.000 of the others within' 'is kept by none'
holds 'and shapes the answer' sh -c '! cmp -s a.mpz free.mpz'
below=$(stream-dump -r archive.mpz | jq -s 'map(select(.macs <= 300)) | length')
expect 0 'a limit some meet' step -v --max-macs=300 archive.mpz
contains "$ERR" "; $(awk "BEGIN { printf \"%.3f\", $below / 40 }") of the" \
    'has their share'
expect 0 'a limit on accuracy too' step --min-accuracy=0.5 --max-macs=300 \
    archive.mpz
says 'which all proposals are predicted to keep' \
    'all(.predicted | .[1].value <= 300 and .[0].value >= 0.5)'
expect 0 'a penalty instead' step --limits=penalty --max-macs=300 archive.mpz
says 'lets them through' 'any(.predicted[1].value > 300)'
expect 0 'another one' step --limits=penalty --penalty=5 --max-macs=300 \
    archive.mpz

# ---- objectives, limits and sources by name ----
named() { # named [ARG...]: without the short forms
    nsga2-step --space=genes.tsv "$@" archive.mpz >a.mpz &&
        stream-dump -r a.mpz >a.json
}
set -- --surrogate=macs.mpz --surrogate=accuracy.mpz
expect 0 'short forms' step --pick=spread --max-macs=300 --min-accuracy=0.4 \
    archive.mpz
jq -c .genome a.json >short
expect 0 'surrogates, in any order' named "$@" --pick=spread --max=macs=300 \
    --min=accuracy=0.4
jq -c .genome a.json >long
same short long 'are the same'
expect 0 'objectives' named "$@" --pick=spread --max=macs=300 \
    --min=accuracy=0.4 --objectives=accuracy:max,macs:min
jq -c .genome a.json >long
same short long 'as is the list that is the default'
stream-dump -r archive.mpz | jq -c '.metrics = [
    {name: "time", value: (40 - .summary.genome[1] * 9), unit: "ms"},
    {name: "power", value: (-5 + .summary.genome[0])}] | .accuracy = null |
    .macs = null | .summary |= del(.params)' | stream-load -k result -o own.mpz
for name in time power; do
    surrogate-fit --target=$name --model=gp own.mpz -o $name.mpz
done
own() { # own [ARG...]
    nsga2-step --space=genes.tsv --surrogate=time.mpz --surrogate=power.mpz \
        "$@" own.mpz >a.mpz && stream-dump -r a.mpz >a.json
}
expect 0 'metrics of the own kind alone' own --objectives=time:min,power:max
says 'are predicted by their names' 'all(.predicted | map(.name) ==
    ["time", "power"])'
expect 0 'a limit on what is no objective' own --objectives=time:min \
    --max=power=-4.5
says 'is kept' 'all(.predicted[1].value <= -4.5)'
expect 0 'a limit on a negative figure, from below' own \
    --objectives=power:min --min=power=-3.5 -k 4
says 'is kept, too' 'all(.predicted[1].value >= -3.5)'
for pick in mixed gain spread; do
    expect 0 "the choice $pick" own --objectives=time:min,power:max \
        --pick=$pick --spread=time
    says 'has eight genomes' '(map(.genome) | unique | length) == 8'
done
for model in rbf gp; do
    surrogate-fit --target=error --model=$model archive.mpz -o error.mpz
    expect 0 'a surrogate of error' named --surrogate=error.mpz \
        --surrogate=macs.mpz
    says 'predicts accuracy' 'all(.predicted[0] | .name == "accuracy" and
        .value > 0.15 and .value < 1)'
done
expect 0 'unless error is meant' named --surrogate=error.mpz \
    --surrogate=macs.mpz --objectives=error:min,macs:min
says 'then it predicts error' 'all(.predicted[0] | .name == "error")'

# What a step refuses, and how it names it.
refused() { # refused WHAT TEXT [ARG...]
    what=$1 text=$2
    shift 2
    expect 2 "$what" nsga2-step --space=genes.tsv "$@" archive.mpz
    contains "$ERR" "$text" 'it is named'
}
refused 'two surrogates of one metric' 'two sources of macs: two surrogates' \
    "$@" --surrogate=macs.mpz
refused 'an objective without a source' 'objective macs has no source' \
    --surrogate=accuracy.mpz
refused 'a limit without a source' 'limit on time has no source' "$@" \
    --max=time=5
refused 'a limit twice' 'two limits on what macs is at most' "$@" \
    --max=macs=5 --max=macs=6
refused 'a limit twice, once in short' 'two limits on what macs is at most' \
    "$@" --max=macs=5 --max-macs=6
refused 'an objective twice' 'objective macs twice' "$@" \
    --objectives=macs:min,macs:max
refused 'an objective without a direction' "'macs' is not NAME:min" "$@" \
    --objectives=macs
refused 'a limit without a number' 'is not NAME=V' "$@" --max=macs
refused 'a share beyond 1' 'a share, 0 to 1' "$@" --min=accuracy=65
for short in --accuracy=accuracy.mpz --macs=macs.mpz --max-macs=5 \
    --min-accuracy=0.5; do
    refused "objectives and ${short%%=*}" 'does not go with' "$@" \
        --objectives=accuracy:max,macs:min "$short" --macs=macs.mpz \
        --accuracy=accuracy.mpz
done
refused 'half a short form' '--macs is missing' --accuracy=accuracy.mpz
refused 'a spread along no objective' '--spread=time is no objective' "$@" \
    --spread=time
refused 'a figure that no space counts' 'a space counts params' "$@" \
    --exact=latency
refused 'a figure of a table' 'has no networks to count on' "$@" --exact=params
refused 'a penalty on what is no objective' 'not the limit on accuracy' "$@" \
    --limits=penalty --objectives=macs:min --min=accuracy=0.5
refused 'a penalty from the wrong side' 'not the limit on macs' "$@" \
    --limits=penalty --min=macs=5
refused 'a penalty without a unit' 'does not take the limit on time' --limits=penalty \
    --surrogate=time.mpz --objectives=time:max --min=time=5
refused 'a penalty with nothing to divide by' 'does not take the limit on macs' "$@" \
    --limits=penalty --max=macs=0
refused 'more than sixteen objectives' 'more than 16 objectives' "$@" \
    --objectives=a:min,b:min,c:min,d:min,e:min,f:min,g:min,h:min,i:min,j:min,k:min,l:min,m:min,n:min,o:min,p:min,q:min
expect 3 'results without the metric' nsga2-step --space=genes.tsv \
    --surrogate=time.mpz --objectives=time:min archive.mpz
contains "$ERR" 'has no metric time' 'it is named'

# ---- figures that the space counts ----
ofa-sample --corners -n 12 -o nets.arch
eec-place nets.arch | stream-dump -r | jq -c 'select(.type == "net") |
    {type: "result", status: "ok", summary: {arch, space, genome, params,
     peak_bytes}, accuracy: (0.5 + 0.01 * (.params | log)),
     macs: .exits[-1].gamma, size_bytes}' | tee counted.json |
    jq -c 'del(.size_bytes)' | stream-load -k result -o counted.mpz
surrogate-fit --target=accuracy --model=rbf counted.mpz -o c-accuracy.mpz
counted() { # counted [ARG...]
    nsga2-step --surrogate=c-accuracy.mpz "$@" counted.mpz >a.mpz &&
        stream-dump -r a.mpz >a.json
}
limit=$(jq -s 'map(.summary.params) | sort | .[5]' counted.json)
expect 0 'memory is counted, parameters are limited' counted \
    --objectives=accuracy:max,peak_bytes:min,size_bytes:min --exact=peak_bytes \
    --exact=size_bytes --exact=params --max=params="$limit" --generations=5 \
    --pop=20
says 'as the space says' "all(.predicted[3].value <= $limit)"
eec-place a.mpz | stream-dump -r | jq -c '[.params, .peak_bytes, .size_bytes]' \
    >have
jq -c '.predicted | map({(.name): .value | floor}) | add |
    [.params, .peak_bytes, .size_bytes]' a.json >want
same want have 'and as the networks have it'
expect 0 'by other rules' counted --objectives=accuracy:max,final_macs:min \
    --exact=final_macs --mac-rule=paper --pool-rule=legacy --generations=2 \
    --pop=10 -k 2
says 'other MACs' 'length == 2 and all(.predicted[1].value > 0)'

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
expect 2 'no space of that name' step --space=nowhere:x=1 archive.mpz
finish
