#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs of jq and awk in quotes; functions that expect calls.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# eenn-report's views of plans.
run=$VALID/plan-run.mpz
stream-dump -r "$run" >run.json
report() { # report [ARG...]: the report in r.out
    eenn-report "$@" >r.out
}
is_true() { # is_true WHAT FILTER: of r.out, the plans being $p
    holds "$1" jq -e --slurpfile p run.json "$2" r.out
}
refused() { # refused STATUS WHAT WORDS ARG...
    refused_status=$1 refused_what=$2 refused_words=$3
    shift 3
    expect "$refused_status" "$refused_what" eenn-report "$@"
    contains "$ERR" "$refused_words" "says: $refused_words"
}

# ---- tables ----
expect 0 'all plans' report --view=table --format=json "$run"
is_true 'a row per plan, in their order' '
    [.plans[] | [.rank, .role]] == [$p[] | [.rank, .role]]'
is_true 'with the metrics of each' '
    [.plans[] | [.accuracy, .macs, .latency, .latency_p95, .worst_latency,
                 .energy]]
    == [$p[] | [.accuracy, .macs, .latency, .latency_p95, .worst_latency,
                .energy]]'
is_true 'memory and storage as sums over the processors' '
    [.plans[] | [.memory, .storage]] == [$p[].stores | map(select(.pool | not))
        | [map(.memory // 0) | add] + [map(.storage // 0) | add]]'
is_true 'the loss against the final exit' '
    [.plans[] | .loss] == [$p[] | if .final_accuracy and .accuracy
        then .final_accuracy - .accuracy else null end]'
is_true 'processors, segments, exits, where they are, who leaves' '
    .plans[0] | .processors == "m0 m4 server" and .segments == 3
    and .exits == 2 and .taps == "block1" and .thresholds == [0.5, null]
    and .utilisation == [0.75, 0.25]'
is_true 'whether they keep their limits' '
    [.plans[].feasible] == [true, true, true, false]'
expect 0 'as TSV' report --view=table --format=tsv "$run"
holds 'a line for each and one of names' test "$(wc -l <r.out)" -eq 5
expect 0 'the curve' report --view=curve --format=json "$run"
is_true 'the same, the fastest first' '[.plans[] | .latency] as $l
    | ($l | length) == 4 and $l == ($l | sort)'
expect 0 'the front' report --view=front --format=json "$run"
is_true 'without the plan that is not on it' '
    [.plans[] | [.role, .rank]] | length == 3 and (index([["plan", 1]]) | not)'

expect 0 'one plan' report --view=plan --format=json "$run"
is_true 'its segments' '
    (.segments | map([.processor, .from, .to, .macs, .seconds, .memory]))
    == ($p[0].segments | map([.processor, .from, .to, .macs, .seconds, .memory]))'
is_true 'the samples that each runs for' '
    [.segments[].coming] == [1, 0.25, 0.25]'
is_true 'heads only where there are exits' '
    [.segments[].branch_macs] == [60000, null, 30000]'
is_true 'its exits, with costs of leaving there' '
    [.exits[] | [.exit, .to, .processor, .threshold, .utilisation,
                 .exit_accuracy, .exit_accuracy_all, .macs, .latency, .energy]]
    == [[1, "block1", "m0", 0.5, 0.75, 0.875, 0.8125, 160000, 0.016, 0.0016],
        [2, "pool", "server", null, 0.25, 0.75, 0.9375, 520000, 0.0392, 0.005]]'
is_true 'what processors and pools hold' '
    [.stores[] | [.name, .pool, .memory, .memory_limit, .storage,
                  .storage_limit]]
    == [["m0", false, 2048, null, 5000, null],
        ["m4", false, 4096, 8192, 6000, null],
        ["server", false, 4096, null, 9000, 1000000],
        ["sram", true, 4096, 65536, 0, null]]'
expect 0 'another one' report --view=plan --rank=1 --format=json "$run"
is_true 'is that of the rank' '.exits[0].threshold == 0.25'
refused 3 'a rank that is not there' 'no plan has the rank 7' --view=plan \
    --rank=7 "$run"
refused 2 'a rank of another view' '--rank goes with --view=plan' --rank=1 "$run"
expect 0 'the exits of all' report --view=exits --format=json "$run"
is_true 'a row for each' '[.exits[] | [.rank, .role, .exit]] ==
    [[0, "plan", 1], [0, "plan", 2], [1, "plan", 1], [1, "plan", 2],
     [null, "base", 1], [null, "partition", 1]]'

expect 0 'guarantees' report --view=guarantees --format=json "$run"
is_true 'a row for each limit' '.guarantees | length == 1 and
    .[0].metric == "accuracy" and .[0].certified == false and .[0].needed == 59'
expect 0 'a line for each' report --line "$run"
holds 'as many as plans' test "$(wc -l <r.out)" -eq 4
contains r.out 'plan 0  84.38 % (60.4-95.0)    0.250 M  21.8 ms, 39.2 ms at worst  2.45 mJ  m0 75 %  m4  server 25 %  feasible' \
    'that of the best'
contains r.out 'partition on m4 server' 'that of a partition'
contains r.out 'violation 0.02857' 'which breaks its limit'

# The best of a stream without ranks, and of one without what a search found.
stream-dump -r "$run" | jq -c 'select(.role != "plan")' |
    stream-load -k plan -o others.mpz
expect 0 'a base alone' report --view=plan --format=json others.mpz
is_true 'is shown' '.segments | length == 1 and .[0].processor == "m4"'

expect 0 'text' report "$run"
contains r.out '2 plans on two-and-server' 'has a title'
contains r.out 'plan 0 for net 89abcdef on two-and-server, int8, rule margin' \
    'and that of the plan'
contains r.out '84.38 (60.4-95.0)' 'accuracy with its interval'
holds 'is 80 wide' awk 'length > 80 { exit 1 }' r.out
for view in table curve front exits plan; do
    expect 0 "text of $view" report --view=$view "$run"
    holds "$view is 80 wide" awk 'length > 80 { exit 1 }' r.out
    expect 0 "Markdown of $view" report --view=$view --format=md "$run"
done
expect 0 'other limits' report --view=table --format=json \
    --max=worst_latency=0.035 "$run"
is_true 'judge anew' '[.plans[].feasible] == [false, false, true, true]'
is_true 'by how far they are exceeded' '[.plans[].violation | . * 1e6 | round]
    == [120000, 120000, 0, 0]'
expect 0 'a limit on MACs' report --view=table --format=json --max-macs=3e5 "$run"
is_true 'judges by it' '[.plans[].feasible] == [true, true, false, false]'
refused 3 'a limit on what is unknown' 'does not know its accuracy' \
    --min-accuracy=0.5 "$run"
refused 3 'a limit on what plans do not have' 'plans have no metric params' \
    --max=params=1 "$run"
expect 0 'those of a net' report --id=89abcdef --format=json "$run"
refused 3 'those of no net' 'no item has the id' --id=1234 "$run"
refused 3 'guarantees where there are none' 'no plan has a guarantee' \
    --view=guarantees others.mpz
refused 2 'a drawing of guarantees' 'has no drawing of' --view=guarantees \
    --format=svg "$run"
refused 2 'a view of others' 'a plan stream has no' --view=iterations "$run"

# ---- drawings ----
expect 0 'a curve' report --view=curve --format=svg "$run"
holds 'is one picture' grep -q '</svg>' r.out
for text in 'plan 0' 'base on m4' 'front' 'mean latency of a sample, ms'; do
    contains r.out "$text" "with $text"
done
cp r.out curve.svg
expect 0 'of the table' report --view=table --format=svg "$run"
same r.out curve.svg 'it is the same'
expect 0 'over another metric' report --view=curve --format=svg \
    --objectives=accuracy:max,macs:min "$run"
contains r.out 'mean cost of a sample, M MACs' 'has its axis'
jq -c 'del(.energy)' run.json | stream-load -k plan -o nojoules.mpz
refused 3 'over what a plan does not know' 'does not know its energy' \
    --view=curve --format=svg --objectives=accuracy:max,energy:min nojoules.mpz
refused 2 'over nothing' 'two objectives' --view=curve --format=svg \
    --objectives=accuracy:max "$run"
expect 0 'a picture of a plan' report --view=plan --format=svg "$run"
holds 'is one picture' grep -q '</svg>' r.out
for text in 'exit 1 at block1: 75 % leave, 87.5 % right, 16 ms, 1.6 mJ' \
    'exit 2 at pool: 25 % leave, 75 % right, 39.2 ms, 5 mJ' \
    '2.048 kB, 20 ms' 'memory 4.096 of 8.192 kB' \
    'storage 9 of 1000 kB' 'sram memory 4.096 of 65.54 kB' 'server' \
    'accuracy 84.38 %, 0.25 M MACs, latency 21.8 ms, 39.2 ms at worst, 2.45 mJ'
do
    contains r.out "$text" "says $text"
done
cp r.out plan.svg
expect 0 'again' report --view=plan --format=svg "$run"
same r.out plan.svg 'the same bytes'
expect 0 'by default' report --format=svg "$run"
same r.out plan.svg 'the same picture'
stream-dump -r "$run" | sed 1q | jq -c '.segments[0].to = "it'\''s\u001b[1m \"q\""
    | .segments[1].from = .segments[0].to' | stream-load -k plan -o odd.mpz
expect 0 'names with quotes and what a terminal would obey' report --view=plan \
    --format=svg odd.mpz
contains r.out "it's" 'are drawn'
holds 'and masked' sh -c '! grep -q "$(printf "\033")" r.out'
holds 'lanes that hold something say so' sh -c '! grep -q "not used" plan.svg'
jq -c 'select(.role == "base") | .stores[0] = {name: "m0"}' run.json |
    stream-load -k plan -o base.mpz
expect 0 'a picture of a base' report --view=plan --format=svg base.mpz
contains r.out 'not used' 'with a lane that is not used'
finish
