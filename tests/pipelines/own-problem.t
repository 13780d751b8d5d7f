#!/bin/sh
# SPDX-License-Identifier: MIT
# A problem of a user's own, nothing to do with networks, searched with the
# same tools: the settings of a compressor, of which a table tells the share of
# bytes saved, the time in ms and the memory in MB.  The README shows the middle
# part.
# shellcheck disable=SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# ---- the user's: what can be set, and what it does (all 1440 cases) ----
# shellcheck source=tests/pipelines/codec.sh
. "$TOP/tests/pipelines/codec.sh"
codec_tables

# Designs in, results out: here a look into the table, elsewhere a run.
measure() {     # a line of JSON in, a line out
    jq -nc --rawfile table table.tsv '
        ($table | rtrimstr("\n") | split("\n") | map(split("\t") |
            {key: .[0], value: .[1:]}) | from_entries) as $known | inputs
        | ($known[.genome | join(",")] | map(tonumber)) as [$saved, $time, $memory]
        | {type: "result", summary: {arch: .id, space, genome, origin}, status: "ok",
           metrics: [{name: "saved", value: $saved},
                     {name: "time", value: $time, unit: "ms"},
                     {name: "memory", value: $memory, unit: "MB"}]}'
}

# ---- the search ----
goals=saved:max,time:min,memory:min
search() {
    : >archive.mpz
    for it in 1 2 3 4 5; do
        stream-dump -r next.mpz | measure | stream-load -k result >>archive.mpz
        for name in saved time memory; do
            surrogate-fit --target="$name" archive.mpz -o "$name.mpz"
        done
        nsga2-step --space=codec.tsv --objectives="$goals" --max=time=30 \
            --surrogate=saved.mpz --surrogate=time.mpz --surrogate=memory.mpz \
            -k 8 --iteration="$it" archive.mpz -o next.mpz
    done
}
first() {
    ofa-sample --space=codec.tsv --corners -n 12 -o next.mpz
    search
}
expect_loose 0 'five steps' first
holds 'measure what they say' test "$(stream-pick --count archive.mpz)" = 44
holds 'each once' test "$(stream-dump -r archive.mpz | jq -c .summary.genome |
    sort -u | wc -l)" -eq 44

# ---- what the user takes ----
take() {
    pareto-select --objectives="$goals" --max=time=30 -k 1 archive.mpz |
        stream-dump -r | jq '{genome: .summary.genome, metrics}'
    eenn-report --objectives="$goals" --max=time=30 --view=front archive.mpz
}
expect_loose 0 'the best within 30 ms, and the front' take
cp "$OUT" taken
holds 'keeps the limit' sh -c "sed -n '1,/^}/p' taken |
    jq -e '.metrics | any(.[]; .name == \"time\" and .value <= 30)' >/dev/null"
contains taken 'of 44 results, time <= 30 ms' 'the front says what is limited'
contains taken 'memory MB' 'and names units'
sed -n '/^    measure() {/,/^    eenn-report --objectives/p' "$TOP/README.md" |
    sed 's/^ *//' >shown
sed 's/^ *//' "$TOP/tests/pipelines/own-problem.t" >here
holds 'the README shows just that' sh -c 'test -s shown && ! grep -vxFf here shown'

# ---- how good it is: of the whole table, and of chance ----
reference='--reference=saved=0:1 --reference=time=30 --reference=memory=32'
volume() {
    # shellcheck disable=SC2086  # several options
    pareto-select --hypervolume --objectives="$goals" $reference "$@" | cut -f2
}
# shellcheck disable=SC2086
expect_loose 0 'step by step' eenn-report --objectives="$goals" $reference \
    --view=iterations --format=tsv archive.mpz
holds 'no ground is lost' sh -c "awk '{ print \$NF }' '$OUT' | sed 1d | sort -c -g"
sampled() { # sampled ARG..: results of designs that were drawn
    ofa-sample --space=codec.tsv "$@" | stream-dump -r | measure |
        stream-load -k result
}
sampled -n 1440 >all.mpz
all=$(volume all.mpz)
for seed in 1 2 3; do
    [ $seed = 1 ] || {
        ofa-sample --space=codec.tsv --corners -n 12 --seed=$seed -o next.mpz
        search
    }
    volume archive.mpz >>found
    sampled --corners -n 44 --seed=$seed >chance.mpz
    volume chance.mpz >>chance
done
echo "# hypervolume: all $all, found $(paste -sd ' ' found)," \
    "chance $(paste -sd ' ' chance)"
worst=$(sort -g found | head -n 1) lucky=$(sort -g chance | tail -n 1)
holds 'most of what there is, whatever it begins with' \
    awk "BEGIN { exit !($worst > 0.96 * $all) }"
holds 'more than chance finds when it is lucky' \
    awk "BEGIN { exit !($worst > 1.02 * $lucky) }"
finish
