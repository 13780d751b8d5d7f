#!/bin/sh
# SPDX-License-Identifier: MIT
# eenn-train --acc-loss=independent: exits that are trained in company come out as
# if they were alone.
# shellcheck disable=SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# What a trained stream has of the branch at a layer: its trace, its tensors, how it
# ended and its accuracies, as lines.
# shellcheck disable=SC2016  # the dollars are for jq
branch='map(select(.type != "header" and .type != "trailer")) |
    (.[] | select(.type == "net")) as $net |
    ([$net.layers[$net.exits[].tap].name] | index($tap)) as $i |
    $net.exits[$i] as $x |
    [$net.layers[$x.first:$x.last + 1][].bindings[]?.tensor] as $names |
    .[] | if .type == "exit-trace" and .exit == $i then {logits, confidence}
        elif .type == "tensor" and (.name | IN($names[])) then .value
        elif .type == "trained" then .seed, .branches[$i],
            (.log[] | .val_accuracy[$i] | select(.))
        else empty end'
at() {      # at TAP FILE
    stream-dump -r "$2" | jq -sc --arg tap "$1" "$branch"
}
ends() {    # ends FILE: how its branches ended
    stream-dump -r "$1" | jq -r 'select(.type == "trained") |
        [.branches[] | "\(.status) \(.epochs)"] | join(", ")'
}

data-synth -q -n 144 --val=60 --test=12 --classes=3 --size=16 -o d.mpz
net-zoo resnet14 --res=16 --classes=3 --width=0.5 -o base.mpz
eenn-train -q -d d.mpz -e 20/0 -b 16 base.mpz -o b.mpz
independent() {
    eenn-train -q -d d.mpz --init-weights=b.mpz --backbone=frozen \
        --acc-loss=independent -b 16 "$@"
}

# company WHAT HEADS TAPS OPTION..: each branch equals the one that was trained
# alone, and what it says is not empty.
company() {
    what=$1 heads=$2 taps=$3 lines=0
    shift 3
    # shellcheck disable=SC2086  # options
    net-augment $heads --exits="$taps" b.mpz -o all.net
    independent "$@" all.net -o company.mpz
    for tap in $(echo "$taps" | tr ',' ' '); do
        # shellcheck disable=SC2086
        net-augment $heads --exits="$tap" b.mpz -o alone.net
        independent "$@" alone.net -o alone.mpz
        at "$tap" company.mpz >company.txt
        at "$tap" alone.mpz >alone.txt
        same company.txt alone.txt "$what: $tap is alone as in company"
        lines=$((lines + $(wc -l <alone.txt)))
    done
    holds "$what: and that is something" test "$lines" -gt 12
}

company 'pooled features' '' stem,s1.b0.add,s2.b1.add,s3.b0.add -e 0/4
company 'distillation, clipping, early stopping' '' s1.b1.add,s2.b0.add,s3.b0.add \
    -e 0/9 --distil=1 --clip-norm=0.3 --patience=2 --lr=0.02 --keep=best-final -j2
ends company.mpz | tr ',' '\n' | grep -o 'stopped .*' | sort -u >stops
holds 'they stop at different times' test "$(wc -l <stops)" -ge 2
company 'convolutions, confidences, augmentation' --head=nachos \
    s1.b0.add,s2.b0.add -e 0/2 --no-cache-features --flip --crop-pad=2 \
    --roll=1 --shards=1 --class-weights=balanced --keep=best-balanced

# Names of tensors that count exits, and boundaries that net-zoo knows.
net-zoo resnet14 --res=16 --classes=3 --width=0.5 --exits=all -o all.net
net-zoo resnet14 --res=16 --classes=3 --width=0.5 --exits=s2.b1 -o alone.net
independent -e 0/2 all.net -o company.mpz
independent -e 0/2 alone.net -o alone.mpz
at s2.b1.add company.mpz >company.txt
at s2.b1.add alone.mpz >alone.txt
same company.txt alone.txt 'heads of other nets, too'

# ---- what stays, memory, hopeless branches, checkpoints ----

hopeless() {
    independent -e 0/6 --lr=0.002 --drop-hopeless=1% --patience=5 aug.mpz "$@"
}
net-augment b.mpz -o aug.mpz
expect 0 'hopeless branches are dropped' sh -c 'eenn-train -d d.mpz -b 16 \
    --init-weights=b.mpz --backbone=frozen --acc-loss=independent -e 0/6 \
    --lr=0.002 --drop-hopeless=1% --patience=5 aug.mpz -o whole.mpz'
contains "$ERR" 'warning: branch stem (exit 0) is dropped after its first epoch' \
    'which is said'
holds 'and recorded' test "$(ends whole.mpz)" = \
    'hopeless 1, hopeless 1, hopeless 1, trained 6, trained 6, trained 6'
holds 'they have no accuracies later' test "$(stream-dump -r whole.mpz |
    jq -c 'select(.type == "trained") |
        [.log[] | .val_accuracy | map(select(.)) | length], .best_epoch' |
    tr -d '\n')" = '[7,4,4,4,4,4]null'
stream-dump -r b.mpz | jq -c 'select(.type == "tensor")' | sort >want
stream-dump -r whole.mpz | jq -c 'select(.type == "tensor")' | sort >have
holds 'the network behind them is as it was, final exit and all' test \
    "$(comm -23 want have | wc -l)" -eq 0
hopeless -o file.mpz --cache-memory=0 -j3
same whole.mpz file.mpz 'features in a file, other threads'
eenn-train -q -d d.mpz --init-weights=whole.mpz -e 0/0 -b 16 aug.mpz -o run.mpz
for f in whole run; do
    stream-dump -r $f.mpz | jq -c 'select(.type == "exit-trace").logits' >$f
done
same whole run 'the trace is that of the weights'
i=0
while [ $i -lt 6 ]; do
    i=$((i + 1))
    expect 4 "run $i ends after an epoch" hopeless -o part.mpz -j $((i % 2 + 1)) \
        --checkpoint=run.cp --checkpoint-every=0 --log=/dev/full
    expect 0 'and leaves a valid checkpoint' stream-check run.cp
done
expect 0 'the last one has nothing left to train' hopeless -o part.mpz \
    --checkpoint=run.cp --checkpoint-every=0
same whole.mpz part.mpz 'in pieces as at once'

expect 0 'a network without early exits is passed on' independent -e 0/3 b.mpz \
    -o none.mpz
stream-dump -r none.mpz | jq -c 'select(.type == "tensor")' | sort >have
same want have 'as it was'

# ---- what cannot be ----

go() {
    eenn-train -d d.mpz --acc-loss=independent "$@" aug.mpz -o x.mpz
}
expect 2 'a backbone that learns' go --init-weights=b.mpz -e 0/1
contains "$ERR" -- '--backbone=frozen' 'is not independent'
expect 2 'a phase peak' go --backbone=frozen --init-weights=b.mpz -e 0/1/1
expect 2 'a limit on the cost' go --backbone=frozen --init-weights=b.mpz -e 0/1 \
    --max-macs=1e6
expect 2 'samples of confidences' go --backbone=frozen --init-weights=b.mpz \
    -e 0/1 --sample-exits
expect 2 'a backbone that nobody trained' go --backbone=frozen -e 0/1
contains "$ERR" 'init-weights' 'what to do is said'
expect 2 '--drop-hopeless alone' eenn-train -d d.mpz --drop-hopeless=0.1 aug.mpz
stream-dump -r b.mpz | grep -v '^{"type":"tensor","name":"final' |
    stream-load -k trained -o headless.mpz
expect 3 'a final exit without weights' go --backbone=frozen -e 0/1 \
    --init-weights=headless.mpz
contains "$ERR" 'no tensor final.classifier.weight' 'is named'
finish
