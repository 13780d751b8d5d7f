#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

example_setup() {
    cp "$VALID/result-grid.mpz" archive.mpz
}
INPUT=$VALID/result-grid.mpz ARGS='-k 3'
battery pareto-select

grid=$VALID/result-grid.mpz
select_() { # select_ [ARG...]: the results as JSON in r.json
    pareto-select "$@" >r.mpz && stream-dump -r r.mpz >r.json
}
says() { # says WHAT JQ-CONDITION on all records
    holds "$1" sh -c "jq -es '$2' r.json >/dev/null"
}

# macs = 100 + 30 a + 10 b^2, accuracy = (4 a + (4 - a) b + 10) / 100
expect 0 'a front' select_ "$grid"
# (two twins in the front)
says 'by ascending cost and accuracy' '
    map(.macs) == [100, 110, 140, 170, 170, 190, 190, 200, 230, 280] and
    map(.accuracy) == (map(.accuracy) | sort)'
says 'with its keys' 'all(.rank == 0 and .tradeoff > 0) and
    .[0].crowding == -1 and .[9].crowding == -1 and .[1].crowding > 0'
expect 0 'all fronts' select_ --all-fronts "$grid"
says 'have everything, rank by rank' 'length == 16 and
    map(.rank) == (map(.rank) | sort) and (map(.rank) | max) > 0'
expect 0 'the best trade-off' select_ -k 1 "$grid"
says 'is one' 'length == 1 and .[0].rank == 0'
cp r.json best.json
expect 0 'all by trade-off' select_ -k 10 "$grid"
says 'largest first' 'map(-.tradeoff) == (map(-.tradeoff) | sort)'
holds 'and the best is the same' sh -c 'head -n 1 r.json | cmp -s - best.json'
expect 0 'the same said' select_ -k 10 --by=tradeoff "$grid"
holds 'is the default without limits' sh -c 'head -n 1 r.json | cmp -s - best.json'
expect 0 'the best in an objective' select_ -k 2 --by=macs "$grid"
says 'by its name' 'map(.macs) == [100, 110]'
expect 0 'under limits' select_ -k 2 --max-macs=200 "$grid"
says 'the most accurate' 'map(.macs) == [200, 190] and all(.feasible and .rank == 0)'
holds 'and the header says so' test "$(stream-dump --first r.mpz | head -n 1 |
    jq -r .provenance.params.by)" = accuracy
cp r.json accurate.json
pareto-select --max-macs=200 "$grid" -o judged.mpz
expect 0 'limits that the results have' select_ -k 2 judged.mpz
same r.json accurate.json 'count likewise'
expect 0 'under limits, by trade-off' select_ -k 1 --max-macs=200 --by=tradeoff "$grid"
cp r.json one.json
expect 0 'the largest one' select_ --max-macs=200 "$grid"
holds 'is what is taken' jq -es '.[0].tradeoff == (.[1:] | map(.tradeoff) | max)' \
    one.json r.json
expect 2 'by something else' pareto-select -k 1 --by=params "$grid"
contains "$ERR" '--by=params: not auto, tradeoff or one of the objectives, accuracy:max,macs:min' \
    'says what there is'
expect 0 'selecting again' sh -c 'pareto-select r.mpz >again.mpz'

# ---- limits ----
expect 0 'a limit on cost' select_ --max-macs=170 "$grid"
says 'holds at equality' 'map(.macs) == [100, 110, 140, 170, 170]'
says 'and is written' 'all(.limits == [{name: "macs", max: 170}] and .feasible)'
cp r.json short.json
expect 0 'by name' select_ --max=macs=170 "$grid"
same r.json short.json 'it is the same'
expect 0 'both limits' select_ --max-macs=170 --min-accuracy=0.17 "$grid"
says 'hold both' 'map(.macs) == [140, 170, 170]'
expect 0 'limits nothing meets' select_ --max-macs=105 --min-accuracy=0.2 \
    "$grid"
says 'give the least violating' 'length == 1 and .[0].feasible == false and
    .[0].violation > 0 and .[0].rank == null'
contains "$ERR" 'warning: nothing is feasible' 'and a warning'
# shellcheck disable=SC2016  # the dollars are for sh
expect 0 'the number of samples' sh -c 'thresh-tune -q "$VALID/trace-whole.mpz" |
    pareto-select | stream-dump -r >r.json'
says 'goes on' '.[0].samples == 8'
expect 0 'the results themselves say' select_ "$grid" "$VALID/result-tuned.mpz"
says 'other spaces join in' 'length == 11'

for wrong in --max=macs --max=macs=x --max==1 '--max=macs=1 --max=macs=2' \
    '--max-macs=1 --max=macs=2' --min=accuracy=1.5; do
    # shellcheck disable=SC2086  # some are two
    expect 2 "refused: $wrong" pareto-select $wrong "$grid"
done
expect 3 'a limit on what nobody has' pareto-select --max=latency=1 "$grid"
contains "$ERR" 'no metric latency' 'is named'
expect 0 'judged by Eq. 13' select_ --max-macs=1 "$VALID/result-1.1.mpz"
says 'they are so again' '.[0].limits == [{name: "macs_paper", max: 1}]'
pareto-select --min-accuracy=0.1 "$VALID/result-1.1.mpz" -o accurate.mpz
expect 0 'and after another limit, too' select_ --max-macs=1 accurate.mpz
says 'by the same cost' '.[0].limits == [{name: "macs_paper", max: 1}]'
expect 0 'judged before there were limits by name' select_ \
    "$VALID/result-1.0.mpz"
says 'they have limits now' '.[0] | .limits == [{name: "accuracy", min: 0.65},
    {name: "macs", max: 300000}] and has("max_macs") == false'

# ---- what does not count ----
expect 0 'one twice' select_ "$VALID/result-again.mpz"
says 'the last one counts' 'map(.accuracy) | max == 0.5'
expect 0 'a failed one' select_ "$grid" "$VALID/result-failed.mpz"
says 'is left out' 'length == 10'
expect 0 'failed ones only' select_ "$VALID/result-failed.mpz"
says 'are nothing' 'length == 0'
contains "$ERR" 'no result has metrics: 1 read, 1 failed' 'with a warning'

# ---- hypervolume ----
expect 0 'hypervolume' sh -c "pareto-select --hypervolume --ref-macs=400 \
    $VALID/result-plain.mpz --reference=macs=2000 >hv"
printf 'hypervolume\t0.25\n' >want
same hv want 'of one point at 0.5 and half the reference'
expect 0 'hypervolume to a file' pareto-select --hypervolume -o hv2 \
    --reference=macs=2000 "$VALID/result-plain.mpz"
same hv hv2 'is the same'
expect 0 'the box between worst and best' sh -c "pareto-select --hypervolume \
    --reference=macs=1500:500 --reference=accuracy=0.25:0.75 \
    $VALID/result-plain.mpz >hv"
same hv want 'has volume 1'
expect 0 'beyond the reference' sh -c "pareto-select --hypervolume \
    --ref-macs=1000 $VALID/result-plain.mpz | cut -f2 >hv"
holds 'is nothing' test "$(cat hv)" = 0
expect 2 'a reference is missing' pareto-select --hypervolume "$grid"
expect 2 'a reference of no objective' pareto-select --reference=latency=3 \
    "$grid"
expect 2 'a reference that is none' pareto-select --reference=macs=x "$grid"
in_terminal "pareto-select --hypervolume --ref-macs=400 $grid"
holds 'text may go to a terminal' grep -q hypervolume "$T/.screen"

# ---- other objectives ----
stream-dump -r "$grid" | jq -c '.metrics = [{name: "area",
    value: (.summary.genome | .[1] - .[0] * 5 + 15)}]' | stream-load -k result \
    -o area.mpz
expect 0 'three objectives' select_ --objectives=accuracy:max,macs:min,area:min \
    area.mpz
says 'have a larger front' 'length > 10'
expect 0 'a limit on an own metric' select_ --max=area=9 --min=area=0 \
    --objectives=area:min area.mpz
says 'is judged' 'all(.metrics[0].value >= 0 and .metrics[0].value <= 9)'
stream-dump -r "$grid" | jq -c '.metrics = [{name: "saved", value: .accuracy},
    {name: "time", value: .macs, unit: "ms"}] | .accuracy = null | .macs = null' |
    stream-load -k result -o own.mpz
expect 0 'neither accuracy nor MACs' select_ --objectives=saved:max,time:min \
    own.mpz
says 'has the same front' 'map(.metrics[1].value) ==
    [100, 110, 140, 170, 170, 190, 190, 200, 230, 280]'
expect 0 'and limits' select_ --objectives=saved:max,time:min --max=time=105 \
    --min=saved=0.2 own.mpz
says 'of which the least violating' '.[0].metrics == [
    {name: "saved", value: 0.15}, {name: "time", value: 100, unit: "ms"}] or
    (.[0].violation > 0 and .[0].feasible == false)'
expect 3 'but no accuracy' pareto-select own.mpz
contains "$ERR" 'has no metric accuracy' 'says so'
expect 0 'one objective' select_ --objectives=area:max area.mpz
says 'has one best' 'length == 1 and .[0].metrics[0].value == 18'
expect 0 'volume of three' pareto-select --hypervolume --ref-macs=400 \
    --objectives=accuracy:max,macs:min,area:min --reference=area=20:-5 area.mpz
expect 3 'a metric that is not there' pareto-select --objectives=area:min \
    "$grid"
contains "$ERR" 'has no metric area' 'is named'
expect 2 'a direction is missing' pareto-select --objectives=macs "$grid"
expect 2 'an objective twice' pareto-select --objectives=macs:min,macs:max \
    "$grid"
finish
