#!/bin/sh
# SPDX-License-Identifier: MIT
# A problem of a user's own, nothing to do with networks, searched with the
# same tools: the settings of a compressor, of which a table tells the share of
# bytes saved and the time.  The README shows the middle part.
# shellcheck disable=SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# ---- the user's: what can be set, and what it does (all 1440 cases) ----
cat >codec.tsv <<'END'
# nachos space 1
level	0	1,3,5,7,9,12,15,19
window	0	16,18,20,22,24
filter	1	none,delta,shuffle
block	1	64k,256k,1M,4M
dict	2	no,yes
dictsize	2	16k,64k	dict>=1
END
awk 'BEGIN { OFS = "\t"
    for (l = 0; l < 8; l++) for (w = 0; w < 5; w++) for (f = 0; f < 3; f++)
    for (b = 0; b < 4; b++) for (d = 0; d < 2; d++) for (s = 0; s <= d; s++) {
        saved = 0.30 + 0.28 * (1 - exp(-l / 3)) + 0.02 * w * (l > 2) \
              + (f == 2 ? 0.07 : f == 1 ? -0.02 : 0) + 0.012 * b \
              + d * (b < 2 ? 0.05 + 0.02 * s : -0.01)
        time = 4 * exp(l / 2.2) * (1 + 0.15 * w) * (f == 2 ? 1.25 : 1) \
             + 3 * b + 6 * d * (1 + s)
        print l "," w "," f "," b "," d "," s, saved, time
    } }' >table.tsv

# Designs in, results out: here a look into the table, elsewhere a run.
measure() {
    jq -nc --rawfile table table.tsv '
        ($table | rtrimstr("\n") | split("\n") | map(split("\t") |
            {key: .[0], value: .[1:]}) | from_entries) as $known | inputs
        | ($known[.genome | join(",")] | map(tonumber)) as [$saved, $time]
        | {type: "result", summary: {arch: .id, space, genome, origin},
           status: "ok", accuracy: $saved, macs: $time}'
}
volume() {
    pareto-select --hypervolume --ref-macs=250 "$@" | cut -f2
}

# ---- the search ----
search() {
    : >archive.mpz
    : >volumes
    ofa-sample --space=codec.tsv --corners -n 12 -o next.mpz
    for it in 1 2 3 4 5; do
        stream-dump -r next.mpz | measure | stream-load -k result >>archive.mpz
        surrogate-fit --target=accuracy archive.mpz -o saved.mpz
        surrogate-fit --target=macs archive.mpz -o time.mpz
        nsga2-step --space=codec.tsv --accuracy=saved.mpz --macs=time.mpz \
            -k 8 --iteration="$it" archive.mpz -o next.mpz
        volume archive.mpz >>volumes
    done
}
expect_loose 0 'five steps' search
holds 'measure what they say' test "$(stream-pick --count archive.mpz)" = 44
holds 'each once' test "$(stream-dump -r archive.mpz | jq -c .summary.genome |
    sort -u | wc -l)" -eq 44
holds 'and never lose ground' sort -c -g volumes

# ---- how good it is: of the whole table, and of chance ----
ofa-sample --space=codec.tsv -n 1440 | stream-dump -r | measure |
    stream-load -k result -o all.mpz
ofa-sample --space=codec.tsv --corners -n 44 | stream-dump -r | measure |
    stream-load -k result -o chance.mpz
all=$(volume all.mpz) found=$(volume archive.mpz) chance=$(volume chance.mpz)
echo "# hypervolume: all $all, found $found, chance $chance"
holds 'most of what there is' \
    awk "BEGIN { exit !($found > 0.96 * $all) }"
holds 'more than chance finds' \
    awk "BEGIN { exit !($found > $chance) }"

# ---- what the user takes ----
expect 0 'the best within 30' sh -c 'pareto-select --max-macs=30 -k 1 \
    archive.mpz | stream-dump -r >best.json'
holds 'keeps the limit' sh -c \
    "jq -e '.macs <= 30 and .feasible' best.json >/dev/null"
finish
