#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs of jq in quotes; functions that expect calls.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# Plans as policies of eenn-run and eenn-predict: what they decide is what the
# result of the same thresholds decides.
space=ofa-mbv3:width=0.25,res=32,classes=4,exits=4
data-synth --classes=4 -n 120 --val=40 --test=90 -o data.mpz
ofa-sample --space=$space --seed=10 -n 2 | eec-place -o net.mpz
eenn-train -q -d data.mpz --epochs=1/1 net.mpz -o pair.mpz
stream-pick --index=0 pair.mpz -o trained.mpz
stream-pick --index=1 pair.mpz -o other.mpz
stream-dump -r trained.mpz | jq -c 'select(.type == "net")' >net.json
exits=$(jq '.exits | length' net.json)
holds 'the network has three early exits or more' test "$exits" -ge 4

# A plan of a network whose early exits of the indices $on are on, at threshold
# $t, one segment for each; the last one on another processor.
cat >plan.jq <<'END'
. as $n | ($n.exits | length) as $last
| [$n.exits[] | [.first, .last]] as $heads
| def macs($from; $to): [range($from + 1; $to + 1) as $i
      | select($heads | all(.[0] > $i or .[1] < $i)) | $n.layers[$i].macs]
      | add // 0;
  def at($i): $n.exits[$i].tap;
  ($on + [$last - 1]) as $ends
| [range($ends | length) as $k | ($k + 1 == ($ends | length)) as $final
   | (if $k == 0 then -1 else at($ends[$k - 1]) end) as $from
   | {processor: (if $final then "big" else "small" end),
      from: (if $k == 0 then null else $n.layers[$from].name end),
      to: $n.layers[at($ends[$k])].name, exit: true,
      threshold: (if $final then null else $t end),
      temperature: ($temperatures[$ends[$k]] // 1),
      macs: macs($from; at($ends[$k])),
      branch_macs: $n.exits[$ends[$k]].head_macs, seconds: 0.001,
      latency: (0.25 * ($k + 1)), energy: (0.125 * ($k + 1)),
      utilisation: (1 / ($ends | length))}] as $segments
| {type: "plan", summary: ({space: null, genome: [], net: $n.id} + $summary),
   platform: "two", precision: "float", role: $role, rule: $rule, $segments,
   stores: [{name: "small"}, {name: "big"}], accuracy: 0.5, macs: 1,
   latency: 0.25, latency_p50: 0.25, latency_p95: 0.25, latency_p99: 0.25,
   worst_latency: $segments[-1].latency, rank: $rank}
END
no_more={}
plan() {    # plan ON RULE TEMPERATURES RANK [ROLE [SUMMARY [T]]]
    jq -c --argjson on "$1" --arg rule "$2" --argjson temperatures "$3" \
        --argjson rank "$4" --arg role "${5:-plan}" \
        --argjson summary "${6:-$no_more}" --argjson t "${7:-0.3}" -f plan.jq net.json
}
result() {  # result ON RULE TEMPERATURES [T]
    jq -c --argjson on "$1" --arg rule "$2" --argjson temperatures "$3" \
        --argjson t "${4:-0.3}" '(.exits | length) as $n
        | {type: "result", summary: {space: null, genome: [], net: .id},
           status: "ok", accuracy: 0.5, macs: 1, rule: $rule,
           thresholds: [range($n - 1) as $i
               | if $on | index($i) then $t else null end]}
        + if $temperatures == [] then {} else {temperatures: [range($n) as $i
            | if ($on + [$n - 1]) | index($i) then $temperatures[$i]
              else 1 end]} end' net.json
}
run() {     # run POLICY [FILE]: the trace without its header and trailer
    eenn-run -q -d data.mpz --policy="$1" "${2:-trained.mpz}" | stream-dump -r --values
}
alike() {   # alike WHAT ON RULE TEMPERATURES
    plan "$2" "$3" "$4" 0 | stream-load -k plan -o plan.mpz
    result "$2" "$3" "$4" | stream-load -k result -o result.mpz
    run result.mpz >want.json
    expect_loose 0 "$1" run plan.mpz
    # temperatures of 1 are left out of the one and stand in the other
    jq -c 'del(.temperatures)' want.json >want
    jq -c 'del(.temperatures)' "$OUT" >have
    same want have "$1: the very decisions of the result"
}
warm='[0.5,1.5,2,0.75,1.25]'
alike 'all early exits' "$(jq -c '[range(.exits | length - 1)]' net.json)" \
    max-softmax '[]'
holds 'samples leave at several exits' jq -se '
    (.[0].taken.values | unique | length) >= 2' want.json
alike 'some of them' '[1]' margin '[]'
alike 'with temperatures' '[0,2]' entropy "$warm"
alike 'with the learned confidence' '[0,1]' cumulative '[]'
alike 'none at all' '[]' margin '[]'

# ---- the network that is cut out of it ----
cut() {     # cut WHAT ON RULE TEMPERATURES T
    plan "$2" "$3" "$4" 0 plan '{}' "$5" | stream-load -k plan -o plan.mpz
    expect 0 "$1: cut out" net-augment --keep=plan.mpz trained.mpz -o cut.mpz
    run plan.mpz trained.mpz | jq -cs --argjson on "$2" '(.[0].exits - 1) as $last
        | {taken: [.[0].taken.values[] as $x | $on + [$last] | index($x)],
           thresholds: [.[0].thresholds[] | select(. != null)],
           logits: .[1].logits.values}' >want
    run plan.mpz cut.mpz | jq -cs '{taken: .[0].taken.values,
        thresholds: .[0].thresholds, logits: .[1].logits.values}' >have
    same want have "$1: the very decisions and answers of the whole network"
    holds "$1: it has those exits alone" jq -en --argjson on "$2" --slurpfile have \
        have '($have[0].thresholds | length) == ($on | length)'
}
cut 'two of its exits' '[0,2]' margin '[0.5,1,0.09,1,1.5]' 0.12
holds 'some leave at each' jq -e '.taken | unique | length == 3' want
cut 'an exit with a learned confidence' '[1]' cumulative '[]' 0.3
plan '[0,1]' margin '[]' 0 | stream-load -k plan -o plan.mpz
expect 3 'a plan with an exit that was cut away' eenn-run -d data.mpz \
    --policy=plan.mpz cut.mpz
contains "$ERR" "has no exit at $(jq -r '.layers[.exits[0].tap].name' net.json)," \
    'is named'

# ---- what the plan says of the platform ----
plan '[0,1]' margin '[]' 0 | stream-load -k plan -o plan.mpz
eenn-run -q -d data.mpz --policy=plan.mpz trained.mpz --report=times -o t.mpz
stream-dump -r --values t.mpz | jq -r 'select(.type == "trace") | .taken.values
    | map([1, 2, 0, 0, 3][.]) | [(add / length) * (0.25, 0.125)]
    | "mean latency \(.[0]) s, mean energy \(.[1]) J"' >want
sed -n 's/.*on the platform of the plan: //p' times >have
rounded() { # rounded FILE: its numbers to 5 digits
    tr -cs '0-9.' '\n' <"$1" | while read -r x; do
        [ -z "$x" ] || printf '%.5g\n' "$x"; done
}
rounded want >want.rounded
rounded have >have.rounded
same want.rounded have.rounded 'mean latency and energy of the samples as they left'
holds 'both are there' test "$(wc -l <have.rounded)" -eq 2
plan '[0,1]' margin '[]' 0 | jq -c 'del(.segments[].energy)' |
    stream-load -k plan -o plan.mpz
eenn-run -q -d data.mpz --policy=plan.mpz trained.mpz --report=times -o t.mpz
holds 'latency alone where the plan knows no energy' grep -qx \
    '.*plan: mean latency [0-9.]* s' times

# ---- which plan of a stream ----
{
    plan '[]' margin '[]' null base
    plan '[1]' margin '[]' 1
    plan '[0]' margin '[]' 0
    plan '[0,1]' margin '[]' 2
    plan '[]' margin '[]' null partition
} | stream-load -k plan -o run.mpz
result '[0]' margin '[]' | stream-load -k result -o result.mpz
decisions() {   # decisions POLICY [FILE]: the exits taken
    run "$@" | jq -c 'select(.type == "trace") | [.thresholds, .taken.values]'
}
decisions result.mpz >want
decisions run.mpz >have
same want have 'the plan of rank 0 counts, wherever it stands'
{
    plan '[1]' margin '[]' 0 plan '{"net":"0123456789abcdef0123456789abcdef"}'
    plan '[0]' margin '[]' 0
} | stream-load -k plan -o two.mpz
decisions two.mpz >have
same want have 'of two of rank 0, that of this very net'
plan '[0]' margin '[]' 0 plan '{"net":"0123456789abcdef0123456789abcdef"}' |
    stream-load -k plan -o foreign.mpz
decisions foreign.mpz >have
same want have 'a plan of a net with the same backbone and layers does'
{
    plan '[0,1]' margin '[]' 0 | sed "s/\"$(jq -r \
        '.layers[.exits[1].tap].name' net.json)\"/\"gone\"/g"
    plan '[0]' margin '[]' 1
} | stream-load -k plan -o second.mpz
decisions second.mpz >have
same want have 'of those that fit the best ranked'
expect_loose 0 'with a warning' eenn-run -d data.mpz --policy=second.mpz \
    trained.mpz -o t.mpz
contains "$ERR" 'lacks exits of the plan of rank 0: that of rank 1 is used' \
    'that says which one'
plan '[]' margin '[]' null base | stream-load -k plan -o base.mpz
decisions base.mpz >have
holds 'a base alone switches every early exit off' jq -e \
    '(.[0] | all(. == null)) and (.[1] | unique | length == 1)' have

# ---- what does not fit ----
bad() {     # bad WHAT TEXT FILTER: the plan of exits 0 and 1, edited
    plan '[0,1]' margin '[]' 0 | jq -c "$3" | stream-load -k plan -o bad.mpz
    expect 3 "$1" eenn-run -d data.mpz --policy=bad.mpz trained.mpz
    contains "$ERR" "$2" "$1: the message"
}
bad 'exits that the network has not' 'has no exit at here, there, where the' \
    '.segments |= (.[0].to = "here" | .[1].from = "here" | .[1].to = "there"
        | .[2].from = "there")'
contains "$ERR" 'net-augment --keep' 'says how to mend it'
bad 'another end' 'its backbone ends at elsewhere, that of the net at' \
    '.segments[2].to = "elsewhere"'
bad 'another backbone' 'MACs before the exit at' '.segments[1].macs += 1'
contains "$ERR" 'exit-map makes a plan of this net' 'says how to mend it'
expect 3 'a plan of another network' eenn-run -d data.mpz --policy=plan.mpz \
    other.mpz
stream-load -k plan -o empty.mpz </dev/null
expect 3 'no plan' eenn-run -d data.mpz --policy=empty.mpz trained.mpz
refuses_broken 'plan' run.mpz net.mpz eenn-run trained.mpz -d data.mpz --policy
expect 3 'a trace is no policy' eenn-run -d data.mpz --policy=t.mpz trained.mpz

# ---- eenn-predict ----
mkdir photos
cp "$TOP"/tests/pictures/[abd].jpg photos
guess() {   # guess POLICY
    eenn-predict -q -m "${2:-trained.mpz}" --policy="$1" --format=tsv photos
}
result '[0,2]' margin "$warm" | stream-load -k result -o result.mpz
plan '[0,2]' margin "$warm" 0 | stream-load -k plan -o plan.mpz
expect_loose 0 'eenn-predict by the result' guess result.mpz
cp "$OUT" want
expect_loose 0 'eenn-predict by the plan' guess plan.mpz
cp "$OUT" have
same want have 'answers alike'
expect_loose 0 'of two networks that which the plan fits' guess plan.mpz pair.mpz
cp "$OUT" have
same want have 'answers'
plan '[0,1]' margin '[]' 0 | jq -c '.segments[1].macs += 1' |
    stream-load -k plan -o bad.mpz
expect 3 'a plan of another backbone' eenn-predict -m trained.mpz \
    --policy=bad.mpz photos
finish
