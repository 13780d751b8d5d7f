#!/bin/sh
# SPDX-License-Identifier: MIT
# eenn-train --acc-loss=independent: exits trained in company come out as alone.
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

zoo() { # zoo EXITS FILE: one network of 3 classes at 16 pixels
    net-zoo resnet14 --res=16 --classes=3 --width=0.5 --exits="$1" -o "$2"
}

# What a trained stream has of the branch at a layer: its trace, its tensors and
# how it ended, as lines.
branch='map(select(.type != "header" and .type != "trailer")) |
    (.[] | select(.type == "net")) as $net |
    [$net.layers[$net.exits[].tap].name] as $taps |
    ($taps | index($tap)) as $i | $net.exits[$i] as $x |
    [$net.layers[$x.first:$x.last + 1][].bindings[]?.tensor] as $names |
    .[] | if .type == "exit-trace" and .exit == $i then {logits, confidence}
        elif .type == "tensor" and (.name | IN($names[])) then {name, data}
        elif .type == "trained" then {branch: .branches[$i]},
            (.log[] | .val_accuracy[$i] | select(.))
        else empty end'
at() { # at TAP FILE
    stream-dump -r "$2" | jq -sc --arg tap "$1" "$branch"
}

data-synth -q -n 72 --val=60 --test=12 --classes=3 --size=16 -o d.mpz
zoo none base.mpz
zoo all all.mpz
eenn-train -q -d d.mpz -e 4/0 base.mpz -o b.mpz
taps='s1.b0.add s1.b1.add s2.b0.add s2.b1.add s3.b0.add'
for tap in $taps; do
    zoo "${tap%.add}" "$tap.net"
done
branches='eenn-train -q -d d.mpz --init-weights=b.mpz --backbone=frozen
    --acc-loss=independent -b16'

# company WHAT OPTION...: each branch equals the one that was trained alone.
company() {
    what=$1
    shift
    $branches "$@" all.mpz -o company.mpz 2>company.err
    ok=1
    for tap in $taps; do
        $branches "$@" "$tap.net" -o alone.mpz 2>>alone.err
        at "$tap" company.mpz >company.txt
        at "$tap" alone.mpz >alone.txt
        [ "$(wc -l <alone.txt)" -ge 4 ] && cmp -s company.txt alone.txt ||
            { ok=0; diff company.txt alone.txt | cut -c 1-300 >&2; }
    done
    holds "$what: alone as in company" test $ok = 1
}

company 'features of whole epochs' -e 0/5
company 'with distillation, clipping and early stopping' -e 0/9 --distil=1 \
    --clip-norm=0.3 --patience=1 --lr=0.05 --keep=best-final
finish
