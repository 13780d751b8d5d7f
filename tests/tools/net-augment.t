#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

data-synth -q -n 64 --val=24 --test=16 --classes=3 --size=16 -o data.mpz
net-zoo resnet8 --res=16 --classes=3 --width=0.5 -o net.mpz
eenn-train -q -d data.mpz --recipe=scratch -e 1/0 -b 16 net.mpz -o base.mpz
example_setup() {
    cp ../base.mpz trained.mpz
    data-synth -q -n 48 --val=12 --test=2 --classes=3 --size=32 -o data.mpz
    stream-load -k platform "$TOP/pipelines/platforms/psoc6-paper.json" -o platform.mpz
}
INPUT=base.mpz
battery net-augment

records() {     # records FILE TYPE: of that type, one on a line
    stream-dump -r "$1" | jq -c "select(.type == \"$2\")"
}

# ---- positions ----

tsv() {     # tsv COLUMN NET...: that column of the table, on one line
    column=$1
    shift
    net-zoo "$@" | net-augment -q --list $flags |
        awk -F '\t' -v c="$column" 'NR == 1 { for (i = 1; i <= NF; i++)
            if ($i == c) at = i; next } { print $at }' | paste -sd ' '
}
flags=
holds 'speech: behind the pointwise layers' test "$(tsv tap ds-cnn-l)" = \
    'stem s1.b0.pointwise s1.b1.pointwise s1.b2.pointwise s1.b3.pointwise'
holds 'images: behind the blocks' test "$(tsv tap resnet20)" = \
    'stem s1.b0.add s1.b1.add s1.b2.add s2.b0.add s2.b1.add s2.b2.add s3.b0.add s3.b1.add'
holds 'pools belong to what they follow' test "$(tsv tap alexnet)" = \
    'conv1.pool conv2.pool conv3 conv4'
holds 'MACs up to them' test "$(tsv macs ecg-cnn)" = '28672 335872 888832'
holds 'MACs of branches' test "$(tsv branch_macs ecg-cnn)" = '320 480 960'
holds 'shapes' test "$(tsv shape ecg-cnn)" = '128x1x16 64x1x24 32x1x48'
flags=--first=1
holds 'why there is no exit' test "$(tsv dropped ecg-cnn)" = 'before --first - -'
net-zoo ds-cnn-l -o l.mpz
expect 0 'the count of the paper for speech' net-augment -v l.mpz -o o.mpz
contains "$ERR" ' 5 positions, 5 exits,' 'five positions'
contains "$ERR" 'a processor: 6 on 2 processors' 'six architectures'
net-zoo resnet152 -o deep.mpz
expect 0 'the count of the paper for ResNet-152' \
    net-augment -v --first=1 deep.mpz -o o.mpz
contains "$ERR" ' 75 positions, 74 exits,' '74 boundaries'
contains "$ERR" 'a processor: 2776 on 3 processors' '2776 architectures'
expect 0 'which is a valid stream' stream-check o.mpz
expect 2 '--list takes no -o' net-augment --list -o o.mpz l.mpz

# ---- networks ----

net-augment net.mpz -o n.mpz
expect 0 'a net becomes a net' stream-check n.mpz
records n.mpz net >n.json
records net.mpz net >net.json
expect 0 'exits at their layers, the final one last' jq -e '
    (.layers | map(.name)) as $name |
    (.exits | map([.stage, $name[.tap], $name[.last], .confidence])) ==
    [[0, "stem", "exit.stem.classifier", false],
     [1, "s1.b0.add", "exit.s1.b0.add.classifier", false],
     [2, "s2.b0.add", "exit.s2.b0.add.classifier", false],
     [3, "s3.b0.add", "final.classifier", false]]' n.json
expect 0 'it is of no space' jq -e '.arch == null and .space == null' n.json
expect 0 'other layers are what they were' jq -se '
    (.[0].layers | map(del(.inputs))) ==
    (.[1].layers | map(select(.name | startswith("exit.") | not) | del(.inputs)))' \
    net.json n.json
net-augment --pool=1 net.mpz | stream-dump -r >one.json
expect 0 '--pool=1 takes the mean' jq -e '
    [.layers[] | select(.name | startswith("exit.")) | .op] ==
    (["globalpool", "linear"] | . + . + .)' one.json
net-augment --exits=s2.b0.add net.mpz | stream-dump -r >at.json
expect 0 '--exits chooses' jq -e '.exits | map(.stage) == [2, 3]' at.json
net-augment --exits=s2.b0.add,stem,stem net.mpz -o a.mpz
net-augment --exits=stem,s2.b0.add net.mpz -o b.mpz
same a.mpz b.mpz '--exits is a set'
expect 2 'an empty name' net-augment --exits=stem, net.mpz
expect 3 'a name that is no position' net-augment --exits=s1.b0.conv1 net.mpz
contains "$ERR" "'s1.b0.conv1'" 'the message names it'
net-zoo resnet8 --res=16 --classes=3 --width=0.5 --exits=all -o early.mpz
expect 0 'early exits that are there' net-augment early.mpz -o o.mpz
contains "$ERR" 'its 2 early exits are left out' 'are left out'
expect 0 'as if they had never been there' stream-cmp n.mpz o.mpz
for head in gap mix:8 dw:12 conv:16 exitblock static fc; do
    expect 0 "--head=$head" net-augment -q --head=$head net.mpz -o "${head%:*}.mpz"
    expect 0 'is a valid stream' stream-check "${head%:*}.mpz"
done
holds 'a width is taken' test "$(records dw.mpz net |
    jq -c '[.layers[] | select(.name | endswith(".conv")) | .out[2]]')" = '[12,12,12]'
holds 'only heads that flatten have pools' test "$(
    for head in gap mix dw conv exitblock static fc; do
        records $head.mpz net | jq -r '.exits | map(.pool) | max'
    done | paste -sd ' ')" = '1 1 1 2 1 4 4'
for head in nachos=conv mean=gap; do
    net-augment -q --head="${head%=*}" net.mpz -o a.mpz
    net-augment -q --head="${head#*=}" net.mpz -o b.mpz
    same a.mpz b.mpz "$head: two names of a head"
done
net-zoo ds-cnn-1d --input=1x1x3 | net-augment -q --list --head=dw | cut -f 10 |
    sort -u | paste -sd , >small
holds 'maps that are too small get no exit' \
    test "$(cat small)" = 'dropped,map too small for the head'
expect 2 'an unknown head' net-augment --head=max net.mpz
contains "$ERR" "--head: there is no head 'max': there are gap, mix, dw, conv, exitblock, static, fc, and branch" \
    'the message names what there is'
expect 2 'a width that no head has' net-augment --head=conv:6 net.mpz
contains "$ERR" 'its width is a multiple of 4' 'the message says so'
expect 2 'a width of a head without one' net-augment --head=fc:6 net.mpz
expect 2 '--pool is for branches' net-augment --head=mean --pool=2 net.mpz
expect 2 'and so is --max-branch' net-augment --head=mean --max-branch=2% net.mpz
{
    net-zoo resnet8 --exits=none
    net-zoo alexnet --exits=none
} >two.mpz
holds 'networks in the order of the input' test "$(net-augment -q two.mpz |
    stream-dump -r | jq '.exits | length' | paste -sd ' ')" = '4 5'

# ---- trained networks ----

net-augment base.mpz -o all.mpz
expect 0 'a trained network becomes one' stream-check all.mpz
holds 'without a log' test "$(records all.mpz trained |
    jq -c '[.status, .log, .best_epoch, .dataset]')" = '["ok",[],null,"synth"]'
tensors() {     # tensors FILE: without those of branches
    stream-dump -r "$1" | jq -c 'select(.type == "tensor") |
        select(.name | startswith("exit.") | not)'
}
tensors base.mpz >base.tensors
tensors all.mpz >all.tensors
same base.tensors all.tensors 'tensors of the network are what they were'
final() {       # final FILE: logits of the final exit on the validation split
    eenn-run -q -d data.mpz --split=val "$1" | stream-dump -r |
        jq -c 'select(.type == "exit-trace") | .logits' | tail -n 1
}
final base.mpz >base.final
final all.mpz >all.final
same base.final all.final 'and so are the answers'
# Uniform within 1 / sqrt(inputs), biases 0, whatever else is there.
stream-dump -r --values all.mpz | jq -c 'select(.type == "tensor") |
    select(.name | startswith("exit."))' >branches.json
expect 0 'branches are drawn as training draws them' jq -se '
    length == 6 and
    all(.[]; if .name | endswith(".bias") then all(.value.values[]; . == 0)
        else (.value.shape[1] | 1 / sqrt) as $r |
            all(.value.values[]; . <= $r and . >= -$r) and
            (.value.values | max > 0.9 * $r and min < -0.9 * $r) end)' \
    branches.json
net-augment --exits=s2.b0.add base.mpz | stream-dump -r --values |
    jq -c 'select(.name == "exit.s2.b0.add.classifier.weight")' >one
grep '"exit.s2.b0.add.classifier.weight"' branches.json >of-all
same one of-all 'a branch is the same whatever else there is'
net-augment --seed=2 --exits=s2.b0.add base.mpz | stream-dump -r --values |
    jq -c 'select(.name == "exit.s2.b0.add.classifier.weight")' >other
holds 'another seed draws others' sh -c '! cmp -s one other'
expect 0 'eenn-train goes on from it' eenn-train -q -d data.mpz -e 0/1 -b 16 \
    --backbone=frozen --init-weights=all.mpz all.mpz -o trained.mpz
grep -v '"final' base.tensors >base.backbone
tensors trained.mpz | grep -v '"final' >trained.backbone
same base.backbone trained.backbone 'and leaves the backbone as it was'
expect 0 'early exits are left out again' net-augment -q trained.mpz -o again.mpz
records again.mpz net >again.json
records all.mpz net >all.json
same all.json again.json 'with all that belongs to them'

eenn-train -q -d data.mpz --recipe=scratch --weights=none -e 1/0 -b 16 net.mpz -o bare.mpz
expect 3 'no weights' net-augment bare.mpz -o o.mpz
contains "$ERR" 'comes without weights' 'the message says so'
net-augment base.mpz | stream-dump | grep -v '"s2.b0.conv1.gamma","role' |
    stream-load -o part.mpz
expect 3 'a tensor is missing' net-augment -q part.mpz -o o.mpz
contains "$ERR" 'some of its weights' 'the message says so'
eenn-train -q -d data.mpz --recipe=scratch -e 1/0 --lr=1e9 -b 16 net.mpz -o failed.mpz
cat failed.mpz base.mpz >both.mpz
expect 0 'a failed network' net-augment both.mpz -o o.mpz
contains "$ERR" 'failed in training and is left out' 'is left out'
holds 'the next is not' test "$(records o.mpz net | grep -c '')" = 1
expect 3 'two kinds in one run' net-augment net.mpz base.mpz -o o.mpz

# ---- a platform ----

# platform MEMORY STORAGE: two cores that share both, in one way only
platform() {
    echo '{"type":"platform","name":"cores","processors":[
        {"name":"m0","rates":[{"op":"other","precision":"int8","macs_per_s":1e7}],"pool":"sram"},
        {"name":"m4","rates":[{"op":"other","precision":"int8","macs_per_s":75e6}],"pool":"sram"}],
        "pools":[{"name":"sram","bytes":'"$1"',"storage":'"$2"'}],
        "links":[{"from":"m0","to":"m4","bytes_per_s":1e8}]}' | jq -c . |
        stream-load -k platform
}
platform 1048576 2097152 >cores.mpz
on=--platform=cores.mpz
# shellcheck disable=SC2086
expect 0 'costs on a platform' net-augment --list $on l.mpz
cp "$OUT" table
# The map, what is pooled of it and the answers, a byte each; weights and statistics
# of the convolution and of the branch; all of the network at 75 million MACs a
# second, the branch among them.
holds 'memory, storage and the least latency of the first position' test \
    "$(sed -n 2p table | cut -f 7-9)" = "$(awk 'BEGIN {
        pooled = 16 * 276; map = 25 * 10 * 276
        print map + pooled + 12 "\t" 276 * (40 + 4) + 12 * pooled + 12 "\t" \
            sprintf("%.6g", (28324500 + 276 * 12 + pooled * 12) / 75e6) }')"
# shellcheck disable=SC2086
expect 0 'a limit that branches exceed' net-augment --list --max-latency=0.378 $on l.mpz
contains "$ERR" 'no exit at stem to s1.b3.pointwise (5 positions): at the first, the network takes at least 0.3784 s with it, --max-latency is 0.378' \
    'says why, once'
holds 'and the table for each' test "$(grep -c 'at least 0.3784 s' "$OUT")" = 5
# shellcheck disable=SC2086
expect 3 'a limit that the network exceeds' net-augment --max-latency=0.3 $on l.mpz
contains "$ERR" 'on platform cores the network takes at least 0.3777 s, --max-latency is 0.3' \
    'the message has both'
platform 60000 2097152 >small.mpz
expect 3 'memory below one layer' \
    net-augment --platform=small.mpz l.mpz
contains "$ERR" 'behind the input up to stem: it needs 69490 bytes of memory, and the nearest one, sram, has 60000' \
    'the message names what does not fit'
platform 1048576 300000 >small.mpz
expect 3 'too little storage' \
    net-augment --platform=small.mpz l.mpz
contains "$ERR" 'platform cores has 300000' 'the message says how much there is'
platform 100000 2097152 >small.mpz
expect 0 'memory that a branch exceeds' net-augment --pool=16 --max-branch=1 \
    --platform=small.mpz l.mpz -o o.mpz
contains "$ERR" 'bytes of memory with its branch, of which no processor has more than 100000' \
    'there is no exit'
holds 'the others stay' test "$(records o.mpz net | jq '.exits | length')" -gt 1
expect 3 'a precision without rates' \
    net-augment --platform=cores.mpz --precision=float l.mpz
contains "$ERR" 'has no rate of conv or other in float' 'the message says so'
printf 'stem\tm4\t1\nstem\tm0\t1\n' >costs.tsv
# shellcheck disable=SC2086
expect 0 'measured costs' net-augment --list --costs=costs.tsv $on l.mpz
holds 'count in place of the rate' test "$(awk -F '\t' 'NR == 2 { print ($9 > 1.3) }' "$OUT")" = 1
printf 'stem\tm5\t1\n' >costs.tsv
# shellcheck disable=SC2086
expect 3 'costs of another platform' net-augment --costs=costs.tsv $on l.mpz
expect 2 '--max-latency needs a platform' net-augment --max-latency=1 l.mpz
expect 0 'but for --params' net-augment --max-latency=1 --params
refuses_broken platform cores.mpz "$VALID/plan-whole.mpz" net-augment l.mpz --platform

# ---- a plan ----

# plan TAP... : of trained.mpz with exits at these layers and at the end
plan() {
    records trained.mpz net >plan.net
    records trained.mpz trained | jq -c --slurpfile n plan.net '
        $ARGS.positional as $tap | ($n[0].layers | map(.name)) as $name |
        .summary as $s | [$n[0].exits, $s.prefix] | transpose |
        map({to: $name[.[0].tap], prefix: .[1]}) | (length - 1) as $last |
        [.[:$last][] | select(.to as $t | $tap | index($t))] + .[$last:] |
        length as $n | {type: "plan", summary: $s, platform: "one",
            precision: "float", role: "plan", rule: "max-softmax",
            segments: [range($n) as $i | {processor: "p",
                from: (if $i > 0 then .[$i - 1].to else null end),
                to: .[$i].to, exit: true, temperature: 1,
                threshold: (if $i + 1 < $n then 0.5 else null end),
                macs: (.[$i].prefix - if $i > 0 then .[$i - 1].prefix else 0 end),
                seconds: 1, memory: 1, storage: 1, latency: ($i + 1),
                utilisation: (if $i == 0 then 1 else 0 end)}],
            stores: [{name: "p", memory: 1, storage: $n}], split: "val",
            samples: 24, dataset: "synth", accuracy: 0.5, final_accuracy: 0.5,
            macs: 1, latency: 1, latency_p50: 1, latency_p95: 1, latency_p99: 1,
            worst_latency: $n, feasible: true, violation: 0, rank: 0,
            pareto: true}' --args "$@" | stream-load -k plan
}
plan stem s2.b0.add >plan.mpz
expect 0 'the exits of a plan' net-augment --keep=plan.mpz trained.mpz -o cut.mpz
expect 0 'and no others' stream-check cut.mpz
holds 'in their order' test "$(records cut.mpz net | jq -c '
    (.layers | map(.name)) as $name | .exits | map($name[.last])')" = \
    '["exit.stem.classifier","exit.s2.b0.add.classifier","final.classifier"]'
logits() {      # logits FILE EXIT...: of the trace in it, or of a run of it
    file=$1
    shift
    for exit; do
        records "$file" exit-trace | jq -c "select(.exit == $exit) |
            [.logits, .confidence]"
    done
}
eenn-run -q -d data.mpz --split=val trained.mpz -o whole-run.mpz
eenn-run -q -d data.mpz --split=val cut.mpz -o cut-run.mpz
logits whole-run.mpz 0 2 3 >want
logits cut-run.mpz 0 1 2 >seen
same want seen 'they say what they said, to the bit'
logits trained.mpz 0 2 3 >want
logits cut.mpz 0 1 2 >seen
same want seen 'and so does the trace'
records trained.mpz trained | jq -c '.log | map(.val_accuracy | [.[0, 2, 3]])' >want
records cut.mpz trained | jq -c '.log | map(.val_accuracy)' >seen
same want seen 'and the log'
records trained.mpz trained | jq -c '[.dataset, .recipe, .seed, .best_epoch,
    .input, .summary.recipe]' >want
records cut.mpz trained | jq -c '[.dataset, .recipe, .seed, .best_epoch,
    .input, .summary.recipe]' >seen
same want seen 'the training is the same'
stream-dump -r trained.mpz | jq -c 'select(.type == "tensor")' |
    grep -v '"exit.s1' >want
stream-dump -r cut.mpz | jq -c 'select(.type == "tensor")' >seen
same want seen 'tensors are those that are needed'
for f in trained cut; do
    eenn-run -q -d data.mpz --policy=plan.mpz $f.mpz |
        eenn-report --format=json | jq -c '.networks[0] | [.accuracy, .macs]'
done >runs
holds 'the plan is a policy of both' test "$(sort -u runs | grep -c '')" = 1
expect 0 'thresholds can be searched anew' thresh-tune -q \
    --rule=max-softmax cut.mpz -o o.mpz
records trained.mpz net | stream-load -k net -o whole-net.mpz
expect 0 'a net' net-augment --keep=plan.mpz whole-net.mpz -o cut-net.mpz
records cut-net.mpz net >want
records cut.mpz net >seen
same want seen 'is cut alike'
plan stem s1.b0.add s2.b0.add >all-plan.mpz
expect 0 'a plan with all exits' net-augment --keep=all-plan.mpz trained.mpz -o o.mpz
expect 0 'leaves all' stream-cmp trained.mpz o.mpz
plan >no-plan.mpz
expect 0 'a plan without exits' net-augment --keep=no-plan.mpz trained.mpz -o o.mpz
holds 'leaves none' test "$(records o.mpz net | jq .id)" = "$(jq .id net.json)"
stream-dump trained.mpz | grep -v '"type":"tensor"' | stream-load -o bare.mpz
expect 0 'without weights' net-augment --keep=plan.mpz bare.mpz -o o.mpz
logits o.mpz 0 1 2 >seen
logits trained.mpz 0 2 3 >want
same want seen 'the trace is cut all the same'
expect 3 'a network whose exits read the input' net-augment --keep=plan.mpz "$VALID/trained-whole.mpz"
contains "$ERR" 'the plan is of another network' 'is another one'
expect 3 'a network without these exits' net-augment --keep=plan.mpz base.mpz
contains "$ERR" 'the plan is of another network' 'is another'
contains "$ERR" 'an exit at stem, where net' 'and has none there'
net-zoo resnet8 --res=32 --width=0.5 | net-augment -o other.mpz
expect 3 'a network with exits of these names' net-augment --keep=plan.mpz other.mpz
contains "$ERR" 'has other costs at the exits of these names' 'is another'
# In this one the early exit alone reads the layer `side'.
linear() {      # linear NAME INPUT INPUTS OUTPUTS
    printf '{"name": "%s", "op": "linear", "inputs": [%d], "in": [1, 1, %d],
        "out": [1, 1, %d], "bindings": [{"slot": "weight", "tensor": "%s.weight",
        "shape": [%d, %d]}], "macs": %d, "macs_paper": %d, "params": %d,
        "act_bytes": %d}' "$1" "$2" "$3" "$4" "$1" "$4" "$3" $(($3 * $4)) $(($3 * $4)) \
        $(($3 * $4)) $((4 * $4))
}
printf '%s\n' '{"type": "net", "id": "1a5480b252befdb872aa00d74aedbc93", "origin":
    {"iteration": null, "slot": null}, "input": [1, 1, 1], "classes": 2, "params": 14,
    "size_bytes": 56, "peak_bytes": 20, "exits": [
    {"stage": 0, "tap": 1, "first": 2, "last": 2, "confidence": false, "pool": 1,
        "head_macs": 2, "gamma": 6, "gamma_paper": 6},
    {"stage": 1, "tap": 3, "first": 4, "last": 4, "confidence": false, "pool": 1,
        "head_macs": 4, "gamma": 14, "gamma_paper": 12}],' "\"layers\": [
    $(linear a -1 1 2), $(linear side 0 2 1), $(linear early 1 1 2),
    $(linear b 0 2 2), $(linear last 3 2 2)]}" | stream-load -k net -o side.mpz
stream-dump no-plan.mpz | jq -c 'if .segments then .segments[0] |= (.to = "b" | .macs = 8) else . end' |
    stream-load -o side-plan.mpz
expect 3 'a layer for nothing but an exit that goes' net-augment --keep=side-plan.mpz side.mpz
contains "$ERR" 'some exits cannot be cut out: layer side: is read by nobody' 'is named'
expect 2 '--keep adds no exits' net-augment --keep=plan.mpz --first=1 trained.mpz
refuses_broken plan plan.mpz cores.mpz net-augment trained.mpz --keep
finish
