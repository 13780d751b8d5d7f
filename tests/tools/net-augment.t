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
contains "$ERR" ' 6 architectures on 2 processors' 'six architectures'
net-zoo resnet152 -o deep.mpz
expect 0 'the count of the paper for ResNet-152' \
    net-augment -v --first=1 deep.mpz -o o.mpz
contains "$ERR" ' 75 positions, 74 exits,' '74 boundaries'
contains "$ERR" ' 2776 on 3' '2776 architectures'
expect 0 'which is a valid stream' stream-check o.mpz
expect 2 '--list takes no -o' net-augment --list -o o.mpz l.mpz

# ---- networks ----

net-augment net.mpz -o n.mpz
expect 0 'a net becomes a net' stream-check n.mpz
records n.mpz net >n.json
records net.mpz net >net.json
holds 'exits at their layers, the final one last' jq -e '
    (.layers | map(.name)) as $name |
    (.exits | map([.stage, $name[.tap], $name[.last], .confidence])) ==
    [[0, "stem", "exit.stem.classifier", false],
     [1, "s1.b0.add", "exit.s1.b0.add.classifier", false],
     [2, "s2.b0.add", "exit.s2.b0.add.classifier", false],
     [3, "s3.b0.add", "final.classifier", false]]' n.json
holds 'it is of no space' jq -e '.arch == null and .space == null' n.json
holds 'other layers are what they were' jq -se '
    (.[0].layers | map(del(.inputs))) ==
    (.[1].layers | map(select(.name | startswith("exit.") | not) | del(.inputs)))' \
    net.json n.json
net-augment --pool=1 net.mpz | stream-dump -r >one.json
holds '--pool=1 takes the mean' jq -e '
    [.layers[] | select(.name | startswith("exit.")) | .op] ==
    (["globalpool", "linear"] | . + . + .)' one.json
net-augment --at=s2.b0.add net.mpz | stream-dump -r >at.json
holds '--at chooses' jq -e '.exits | map(.stage) == [2, 3]' at.json
net-augment --at=s2.b0.add,stem,stem net.mpz -o a.mpz
net-augment --at=stem,s2.b0.add net.mpz -o b.mpz
same a.mpz b.mpz '--at is a set'
expect 2 'an empty name' net-augment --at=stem, net.mpz
expect 3 'a name that is no position' net-augment --at=s1.b0.conv1 net.mpz
contains "$ERR" "'s1.b0.conv1'" 'the message names it'
net-zoo resnet8 --res=16 --classes=3 --width=0.5 --exits=all -o early.mpz
expect 0 'early exits that are there' net-augment early.mpz -o o.mpz
contains "$ERR" 'its 2 early exits are left out' 'are left out'
expect 0 'as if they had never been there' stream-cmp n.mpz o.mpz
for head in nachos mean; do
    expect 0 "--head=$head" net-augment -q --head=$head net.mpz -o o.mpz
    expect 0 'is a valid stream' stream-check o.mpz
done
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
net-augment --at=s2.b0.add base.mpz | stream-dump -r --values |
    jq -c 'select(.name == "exit.s2.b0.add.classifier.weight")' >one
grep '"exit.s2.b0.add.classifier.weight"' branches.json >of-all
same one of-all 'a branch is the same whatever else there is'
net-augment --seed=2 --at=s2.b0.add base.mpz | stream-dump -r --values |
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
finish
