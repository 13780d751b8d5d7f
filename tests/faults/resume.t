#!/bin/sh
# SPDX-License-Identifier: MIT
# A trainer is killed at random moments (kill -9, and once SIGINT) and called
# again with its checkpoint, each time with other threads: the output is the
# undisturbed one, byte for byte.  KILLS says how often, 3 by default.
# shellcheck disable=SC2086,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"
KILLS=${KILLS:-3}

# A number of 0 to 32767.
random() { od -An -N2 -tu2 /dev/urandom | awk '{ print $1 % 32768 }'; }

# disturbed SECONDS OUT COMMAND..: kill it at moments up to so many seconds, then
# let it run to its end.
disturbed() {
    most=$1 out=$2
    shift 2
    rm -f "$out" run.cp run.jsonl
    kills=0
    while [ "$kills" -lt "$KILLS" ] && [ ! -e "$out" ]; do
        kills=$((kills + 1))
        "$@" -j $((kills % 2 + 1)) --checkpoint=run.cp --checkpoint-every=0 \
            --log=run.jsonl -o "$out" 2>/dev/null &
        sleep "$(awk -v most="$most" -v at="$(random)" \
            'BEGIN { print most * at / 32768 }')"
        if [ "$kills" -eq 2 ]; then kill -INT $!; else kill -KILL $!; fi \
            2>/dev/null
        wait $! 2>/dev/null
        [ ! -e run.cp ] || stream-check run.cp >/dev/null || return 1
        sleep 0.1
    done
    "$@" --checkpoint=run.cp --checkpoint-every=0 --log=run.jsonl -o "$out"
}

# undisturbed OUT COMMAND..: and how long it took, in $took.
undisturbed() {
    out=$1
    shift
    start=$(date +%s)
    "$@" -o "$out"
    took=$(($(date +%s) - start + 1))
}

# survives WHAT EPOCHS COMMAND..
survives() {
    what=$1 epochs=$2
    shift 2
    undisturbed want.mpz "$@"
    expect 0 "$what goes on" disturbed "$took" have.mpz "$@"
    same want.mpz have.mpz "$what: the same bytes"
    holds "$what: no checkpoint is left" test ! -e run.cp
    jq -c '[.net // .space, .phase, .epoch]' run.jsonl >epochs
    holds "$what: a line for each epoch, none twice" sh -c \
        "test \"\$(wc -l <epochs)\" -eq $epochs &&
        test \"\$(sort -u epochs | wc -l)\" -eq $epochs"
}

data-synth -q -n 240 --val=40 --test=12 --classes=3 --size=16 -o d.mpz
for seed in 1 2; do
    ofa-sample -n 1 --seed=$seed \
        --space=ofa-mbv3:width=0.35,res=16,classes=3,exits=4 | eec-place
done >pair.mpz

survives 'two networks' 12 eenn-train -q -d d.mpz -b 16 -e 2/2/2 \
    --max-macs=1e5 pair.mpz
survives 'a frozen backbone' 12 eenn-train -q -d d.mpz -b 16 -e 2/2/2 \
    --backbone=frozen --cache-memory=0 --keep=best-final --split=test pair.mpz

printf '%s\n' 'phase epochs warmup lr subnets largest distil s?.depth s?.k? s?.e?' \
    'full 2 0 0.1 1 0 0 4 7 6' 'kernel 3 1 0.02 1 0.5 1 4 3,5,7 6' \
    'narrow 2 0 0.01 2 0 1 2,3,4 3,5,7 4,6' >list.tsv
super() {
    ofa-train -q -d d.mpz -p list.tsv -b 20 --calibrate=40 --measure=1 "$@"
}
survives 'a supernet' 7 super \
    --space=ofa-mbv3:width=0.35,res=16,classes=3,exits=2
super --space=ofa-mbv3:width=0.35,res=16,classes=3,exits=2 --until=2 -o 2.mpz
super --until=3 --teacher=2.mpz 2.mpz -o 3.mpz
survives 'the rest of one' 4 super --teacher=2.mpz 3.mpz

# One that is killed in a phase with heads, as soon as it has a checkpoint there.
printf '%s\n' 'phase epochs warmup lr subnets largest distil heads s?.e?' \
    'full 1 0 0.1 1 0 0 0 4' 'heads 8 0 0.02 2 0.2 1 0.5 2,3,4' >heads.tsv
heads() {
    ofa-train -q -d d.mpz -p heads.tsv -b 20 --calibrate=40 --measure=1 \
        --space=mb32:width=0.35,res=16,classes=3 --checkpoint=run.cp \
        --checkpoint-every=0 --log=run.jsonl "$@"
}
heads -o want.mpz
rm -f run.jsonl
heads -o have.mpz 2>/dev/null &
epochs=0
while kill -0 $! 2>/dev/null && [ "${epochs:-0}" -lt 3 ]; do
    sleep 0.02
    epochs=$(grep -cs heads run.jsonl)
done
kill -KILL $! 2>/dev/null
wait $! 2>/dev/null
holds 'killed among heads' sh -c 'stream-dump -r run.cp |
    grep -q "\"name\":\"exit4.mix.conv.weight\",\"role\":\"momentum\""'
expect 0 'it goes on' heads -j2 -o have.mpz
same want.mpz have.mpz 'the same bytes'
finish
