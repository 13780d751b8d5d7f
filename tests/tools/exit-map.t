#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs of jq in quotes; functions that expect calls.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# A small core and one eight times as fast, which share their memory.
cat >duo.json <<'END'
{"type": "platform", "name": "duo",
 "processors": [
  {"name": "m0", "active_w": 0.02, "idle_w": 0.001, "call_s": 0.0001, "pool": "sram",
   "rates": [{"op": "other", "precision": "int8", "macs_per_s": 10e6}]},
  {"name": "m4", "active_w": 0.05, "idle_w": 0.002, "call_s": 0.0001, "pool": "sram",
   "rates": [{"op": "other", "precision": "int8", "macs_per_s": 80e6},
             {"op": "other", "precision": "float", "macs_per_s": 20e6}]}],
 "pools": [{"name": "sram", "bytes": 1048576, "storage": 2097152}],
 "links": [{"from": "m0", "to": "m4", "bytes_per_s": 100e6}]}
END
stream-load -k platform duo.json -o platform.mpz
data-synth -q -n 128 --val=96 --test=40 --cal=120 --classes=3 --size=16 -o data.mpz
net-zoo resnet14 --res=16 --classes=3 --width=0.25 -o net.mpz
eenn-train -q -d data.mpz --recipe=scratch -e 6/0 -b 16 net.mpz -o base.mpz
net-augment -q base.mpz -o exits.mpz
eenn-train -q -d data.mpz -e 0/3 -b 16 --backbone=frozen --init-weights=exits.mpz \
    exits.mpz -o trained.mpz

example_setup() {
    cp ../platform.mpz ../data.mpz ../trained.mpz .
}
INPUT=trained.mpz WRONG=net.mpz ARGS=--platform=platform.mpz
battery exit-map
refuses_broken platform platform.mpz data.mpz exit-map -q trained.mpz --platform

map() { # map [ARG...]: the plans as JSON lines in p.json
    exit-map --platform=platform.mpz "$@" trained.mpz >p.mpz &&
        stream-dump -r p.mpz >p.json
}
is_true() { # is_true FILE JQ-CONDITION
    jq -es "$2" "$1" >/dev/null
}
says() { # says WHAT JQ-CONDITION
    holds "$1" is_true p.json "$2"
}

# ---- what is written ----
expect 0 'plans by default' map
expect 0 'are a valid stream' stream-check p.mpz
says 'ranked from 0, then the front, then the references' '
    [.[] | select(.rank != null) | .rank] as $r
    | $r == [range($r | length)] and ($r | length) > 1
    and (map(.role) | index("base")) > (map(.pareto) | rindex(true))'
says 'all of them within 1 point of the final exit' '.[:2]
    | all(.feasible and .final_accuracy - .accuracy <= 0.01
          and .limits == [{name: "loss", max: 0.01}])'
says 'ordered by latency' '[.[] | select(.rank != null) | .latency]
    | . == sort'
says 'the best is faster than the base' '.[0].latency
    < ([.[] | select(.role == "base") | .latency] | min)'
says 'segments follow each other' '.[0].segments | . as $s
    | [range(1; length)] | all($s[.].from == $s[. - 1].to)'
says 'a base on each processor, and a partition' '
    [.[] | select(.role != "plan") | [.role, (.segments | length)]]
    == [["base", 1], ["base", 1], ["partition", 2]]'
says 'the front ascends' '
    [.[] | select(.pareto and .rank == null) | .accuracy] | . == sort'
says 'the mean follows from the exits' '.[0]
    | ([.segments[] | select(.exit) | .latency * .utilisation] | add) as $mean
    | ($mean - .latency | fabs) < 1e-12'
says 'the pool holds what both hold' '.[] | (.stores | length) == 3
    and .stores[2].storage == .stores[0].storage + .stores[1].storage'
expect 0 'fewer' map --top=2 --pareto=0 --no-references
says 'two plans' 'length == 2'

# ---- what it says is what happens ----
for args in '' '--minimise=macs --max-loss=0.05' '--weight=0.5 --temperature=fit'; do
    # shellcheck disable=SC2086
    map $args --pareto=0 --no-references
    head -n 1 p.json | stream-load -k plan -o one.mpz
    eenn-run -q -d data.mpz --split=val --policy=one.mpz trained.mpz -o run.mpz
    { head -n 1 p.json; eenn-report --view=table --format=json run.mpz
      eenn-report --view=exits --format=json run.mpz; } >both.json
    holds "accuracy and MACs of eenn-run, exactly: $args" is_true both.json '
        .[0].accuracy == .[1].networks[0].accuracy
        and .[0].macs == .[1].networks[0].macs'
    holds 'and its rates' is_true both.json '
        [.[0].segments[] | select(.exit) | .utilisation]
        == [.[2].exits[:-1][] | select(.threshold != null) | .utilisation]
            + [.[2].exits[-1].utilisation]'
done
expect 0 'the plan on the test split' eenn-run -q -d data.mpz --policy=p.mpz trained.mpz -o run.mpz

# ---- goals ----
least() { # least NAME [ARG...]: that metric of the best plan
    name=$1
    shift
    exit-map --platform=platform.mpz --pareto=0 --top=1 --no-references "$@" \
        trained.mpz | stream-dump -r | jq ".$name"
}
below() { # below WHAT A B
    holds "$1" test "$(jq -n "$2 <= $3")" = true
}
for name in latency energy macs latency_p95 worst_latency; do
    below "--minimise=$name finds the least $name" \
        "$(least $name --minimise=$name)" "$(least $name)"
done
before=1
for loss in 0 0.02 0.05 0.1; do
    now=$(least latency --max-loss=$loss)
    below "a loss of $loss allows no slower plan" "$now" "$before"
    before=$now
done
expect 0 'limits by name' map --max=energy=0.01 --min=accuracy=30% --max=latency_p99=1 \
    --max=lost_answers=0.5 --max=disagreement=0.9 --min=balanced_accuracy=0.2
says 'are kept and said' '.[0].feasible and (.[0].limits | map(.name))
    == ["accuracy", "balanced_accuracy", "disagreement", "energy",
        "latency_p99", "lost_answers"]'
expect 0 'the most accurate plan' map --minimise=error --max=latency=0.01
says 'within a latency' '.[0].latency <= 0.01 and .[0].limits
    == [{name: "latency", max: 0.01}]'
expect 0 'limits nobody meets' exit-map --platform=platform.mpz \
    --max=worst_latency=0.0001 trained.mpz -o r.mpz
contains "$ERR" 'no plan meets all limits' 'are said in one line'
holds 'with what binds and by how much' grep -Eq \
    'of least violation worst_latency is 0\.[0-9]+, above 0\.0001' "$ERR"
expect 1 'and are a status where that is wanted' exit-map --require \
    --platform=platform.mpz --max=worst_latency=0.0001 trained.mpz -o r2.mpz
same r.mpz r2.mpz 'the plan of least violation is there'
stream-dump -r r.mpz | head -n 1 >p.json
says 'it says so' '.[0] | .feasible == false and .violation > 0'

expect 0 'a worst latency that does not bind' map --max=worst_latency=1000
says 'changes nothing' '.[0].latency == '"$(least latency)"

# ---- what there is to choose from ----
expect 0 'one exit per processor' map --exits-per-processor=1 --minimise=macs
says 'at its end' 'map(.segments | map(.processor)) | all(. == unique)'
map
cp p.json any.json
map --exits-per-processor=160
same any.json p.json 'more exits per processor than there are: any number'
expect 0 'exits by their layers' map --exits=s1.b1.add,s2.b0.add
says 'and no others' '[.[].segments[:-1][] | select(.exit) | .to] | unique
    | . - ["s1.b1.add", "s2.b0.add"] == []'
expect 0 'from an exit on' map --first=3
says 'none before it' '[.[].segments[:-1][] | select(.exit) | .to] | unique
    | . - ["s2.b0.add", "s2.b1.add", "s3.b0.add"] == []'
expect 3 'a layer without exit' exit-map -q --platform=platform.mpz \
    --exits=s1.b1.add,nowhere trained.mpz
contains "$ERR" '1 of the 2 layers' 'is said'
for rule in margin entropy best; do
    expect 0 "by $rule" map --rule=$rule
    says 'which plans say' 'all(.[]; .rule | IN("max-softmax", "margin", "entropy"))'
done
expect 2 'chained rules are refused' exit-map --rule=cumulative --platform=platform.mpz trained.mpz
contains "$ERR" 'is chained' 'and why'
expect 0 'a finer grid' map --grid-step=0.02 --max-loss=0.05
says 'has its thresholds' '[.[].segments[].threshold | select(. != null) * 50
    | . - round | fabs] | all(. < 1e-9)'

# ---- methods ----
for method in exact programme; do
    exit-map --platform=platform.mpz --exits-per-processor=1 --method=$method \
        --max=worst_latency=0.1 --pareto=0 trained.mpz | stream-dump -r |
        head -n 1 >$method.json
done
same exact.json programme.json 'the programme finds what is the best of all'
expect 0 'the graph of the paper' map --method=paper --weight=0.9 --minimise=macs \
    --exits-per-processor=1
says 'gives plans with a weight' '.[0].weight == 0.9 and .[0].minimise == "macs"'
expect 2 'which needs a weight' exit-map --method=paper --platform=platform.mpz \
    --exits-per-processor=1 trained.mpz
contains "$ERR" 'needs --weight' 'as it says'
expect 3 'too much work' exit-map -q --method=exact --max-work=100 \
    --platform=platform.mpz trained.mpz
contains "$ERR" 'too much work' 'is said'

# ---- a plan that is kept to ----
map --max-loss=0.1 --pareto=0 --no-references
cp p.mpz plan.mpz
cp p.json before.json
expect 0 'a plan with other thresholds' map --plan=plan.mpz --grid-step=0.01 --max-loss=0
head -n 1 before.json | cat - p.json >both.json
holds 'has no other exits and processors' is_true both.json '
    [.[] | select(.role == "plan") | [.segments[] | [.processor, .to]]]
    | .[0] as $b | all(.[]; . - $b == [])'
refuses_broken plan plan.mpz data.mpz exit-map -q --platform=platform.mpz trained.mpz --plan
net-zoo resnet8 --res=16 --classes=3 --width=0.25 --exits=s2.b0 |
    eenn-train -q -d data.mpz --recipe=scratch -e 1/0 -b 16 -o other.mpz
expect 3 'a plan of another net' exit-map -q --platform=platform.mpz \
    --plan=plan.mpz other.mpz
contains "$ERR" 'no plan of --plan fits net' 'is refused'

# One that divides the network where no exit is on, of what is cut out by it.
map --first=3 --pareto=0 --max-loss=0.3 --minimise=macs
jq -c 'select(.role == "plan" and (.segments | any(.exit | not))
    and (.segments[:-1] | any(.exit)))' p.json | head -n 1 >divided.json
holds 'there is such a plan' test -s divided.json
stream-load -k plan divided.json -o divided.mpz
net-augment -q --keep=divided.mpz trained.mpz -o cut.mpz
for net in trained cut; do
    exit-map --platform=platform.mpz --plan=divided.mpz --max-loss=0.3 \
        --minimise=macs --pareto=0 --no-references $net.mpz | stream-dump -r |
        jq -c 'del(.summary)' >$net.json
done
same trained.json cut.json 'is kept to in both networks alike'
head -n 1 cut.json | cat divided.json - >both.json
holds 'with its costs' is_true both.json '
    .[0].worst_latency == .[1].worst_latency and .[0].stores == .[1].stores
    and .[1].macs <= .[0].macs
    and (.[0].segments | map([.processor, .to, .exit, .seconds]))
        == (.[1].segments | map([.processor, .to, .exit, .seconds]))'

# m0 sends nothing to m4 there; whatever else there is room for, the network divided
# without exits is a plan.
jq -c '.links[0] |= {from: .to, to: .from, bytes_per_s} | .source = "m4"' duo.json |
    stream-load -k platform -o back.mpz
exit-map --platform=platform.mpz trained.mpz | stream-dump -r |
    jq -c 'select(.role == "partition") | .role = "plan" | .rank = 0' |
    stream-load -k plan -o parts.mpz
expect 3 'a plan whose processors have no link' exit-map -q --platform=back.mpz \
    --plan=parts.mpz trained.mpz
contains "$ERR" 'has no links that lead to m4' 'is refused'
# An add takes no MACs: its own place is behind that of the layer before it.
stream-dump -r parts.mpz | jq -c '.segments |= [
    (.[0] | .to = "s1.b0.add" | .macs = 350208),
    (.[0] | .from = "s1.b0.add" | .to = "s1.b0.conv2" | .macs = 0),
    (.[1] | .from = "s1.b0.conv2" | .macs = 571392)]' | stream-load -k plan -o turned.mpz
expect 3 'a plan whose segments do not follow each other in the net' exit-map -q \
    --platform=platform.mpz --plan=turned.mpz trained.mpz
jq -c '.pools[0].storage = 5000' duo.json | stream-load -k platform -o small.mpz
for args in '--method=programme' '--confidence=0.9 --max=lost_answers=0.5'; do
    # shellcheck disable=SC2086
    expect 0 "a plan that has no room: $args" exit-map -q --platform=small.mpz \
        --plan=parts.mpz $args trained.mpz -o r.mpz
    holds 'is written' test "$(stream-dump -r r.mpz | jq -s 'map(.rank) | index(0)')" = 0
done

# ---- guarantees ----
eenn-run -q -d data.mpz --split=cal trained.mpz -o cal-trace.mpz
{ stream-dump -r trained.mpz | jq -c 'select(.type | IN("trained", "net"))'
  stream-dump -r cal-trace.mpz; } | stream-load -k trained -o cal.mpz
expect_loose 0 'a certified limit' sh -c 'exit-map --platform=platform.mpz \
    --max=lost_answers=0.3 --confidence=0.9 cal.mpz | stream-dump -r >p.json'
says 'one plan, with its guarantee' '[.[] | select(.role == "plan")] | length == 1
    and (.[0].guarantee | .confidence == 0.9 and .certified and .independent
         and .limits[0].name == "lost_answers" and .limits[0].bound <= 0.3
         and .samples == 60) and .[0].samples == 60'
expect 2 'a guarantee of nothing' exit-map --confidence=0.9 \
    --platform=platform.mpz cal.mpz
contains "$ERR" 'needs a limit that can be certified' 'is refused'

# ---- bad input ----
expect 3 'a network that nothing ran' exit-map -q --platform=platform.mpz exits.mpz
contains "$ERR" 'has no trace' 'is said'
expect 3 'a precision without rate' exit-map -q --platform=platform.mpz \
    --precision=float trained.mpz
contains "$ERR" 'processor m0 has no rate' 'which processor'
expect 3 'a network without backbone' exit-map -q --platform=platform.mpz \
    "$VALID/trained-whole.mpz"
contains "$ERR" 'no backbone' 'is said'
printf 'exit.nowhere.pool\tm0\t9\n- s1.b0.conv1\tm0\t9\n' >costs.tsv
expect 0 'costs of branches and segments that are not there' map --costs=costs.tsv
printf 'nowhere\tm0\t9\n' >costs.tsv
expect 3 'costs of a layer that is not there' exit-map -q --platform=platform.mpz \
    --costs=costs.tsv trained.mpz
contains "$ERR" 'costs.tsv:1: the network has no layer nowhere' 'are named'
printf 's1.b0.conv1\tm9\t0.1\n' >costs.tsv
expect 3 'costs of nobody' exit-map -q --platform=platform.mpz --costs=costs.tsv trained.mpz
contains "$ERR" 'm9' 'whose'
expect 3 'costs that are no table' exit-map -q --platform=platform.mpz --costs=duo.json trained.mpz
jq -c '.pools[0].bytes = 100' duo.json | stream-load -k platform -o small.mpz
expect 3 'a net that nothing holds' exit-map -q --platform=small.mpz trained.mpz
holds 'is said with the bytes' grep -Eq 'needs [0-9]+ .*100' "$ERR"
jq -c '.pools[0].storage = 5000' duo.json | stream-load -k platform -o small.mpz
expect 0 'weights that nothing holds as a whole' exit-map --platform=small.mpz trained.mpz -o r.mpz
holds 'are said with the bytes' grep -Eq \
    'sram has 5000 bytes of storage, and [0-9]+ are needed' "$ERR"
jq -c 'del(.processors[0].idle_w)' duo.json | stream-load -k platform -o dark.mpz
expect 3 'an energy that nobody knows' exit-map -q --platform=dark.mpz \
    --minimise=energy trained.mpz
contains "$ERR" 'energy is unknown' 'is said'
for call in '--minimise=accuracy' '--max=nothing=3' '--max=accuracy=0.5' '--min=latency=1' \
    '--max=latency=-1' '--weight=0.5 --minimise=error' '--confidence=1' '--exits=,' '--top=0'; do
    # shellcheck disable=SC2086
    expect 2 "$call" exit-map --platform=platform.mpz $call trained.mpz
done

# Measured costs: a segment that is free for m0 makes it the choice.
printf -- '- s2.b1.add\tm0\t0.00001\n' >costs.tsv
expect 0 'measured costs' map --costs=costs.tsv
says 'decide' '.[0].segments[0] | .processor == "m0" and .to == "s2.b1.add"'
finish
