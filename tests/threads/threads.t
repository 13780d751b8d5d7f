#!/bin/sh
# SPDX-License-Identifier: MIT
# Every tool that has threads, in each way it uses them, on the smallest data:
# what ThreadSanitizer is to look at (make check-tsan), where the tools' own
# tests would take hours.  Its reports end a tool with status 66.
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

space=ofa-mbv3:width=0.35,res=16,classes=3,exits=4

alike() {   # alike WHAT TOOL OPTION...: with one thread as with two and four
    alike=$1
    shift
    rm -f j?.mpz
    for j in 1 2 4; do
        expect 0 "$alike, -j$j" "$@" -q -j$j -o "j$j.mpz"
    done
    same j1.mpz j2.mpz "$alike: two threads as one"
    same j1.mpz j4.mpz "$alike: four threads as one"
}

train() {   # train WHAT OPTION...
    train=$1
    shift
    alike "$train" eenn-train -d d.mpz -b 12 net.mpz "$@"
}

alike 'images' data-synth -n 32 --val=12 --test=0 --classes=3 --size=16
mv j1.mpz d.mpz
ofa-sample -n 1 --space="$space" | eec-place -o net.mpz

train 'three phases' -e 1/1/1
mv j1.mpz trained.mpz
train 'all losses' -e 0/1/1 --max-macs=1e5 --distil=1 --sample-exits \
    --clip-norm=1
train 'cut weights' --recipe=inherited -e 0/1 --init-weights=trained.mpz \
    --recalibrate=24
train 'frozen backbone' --backbone=frozen -e 0/2
train 'frozen backbone, features in a file' --backbone=frozen -e 0/2 \
    --cache-memory=0
train 'frozen backbone, images' --backbone=frozen -e 0/2 --no-cache-features

printf '%s\n' 'phase epochs warmup lr subnets largest distil s?.depth s?.k? s?.e?' \
    'full 1 0 0.1 1 0 0 4 7 6' \
    'all 1 0 0.02 2 0.2 1 2,3,4 3,5,7 3,4,6' >list.tsv
alike 'a supernet' ofa-train -d d.mpz -p list.tsv -b 12 --space="$space" \
    --calibrate=12 --measure=1

thresh-tune -q trained.mpz -o policy.mpz
run() {     # run WHAT OPTION...
    run=$1
    shift
    alike "$run" eenn-run -d d.mpz --split=val trained.mpz "$@"
}

run 'all exits' --batch=5
run 'stopping' --batch=5 --policy=policy.mpz
run 'stopping one by one' --batch=1 --policy=policy.mpz
alike 'pictures' eenn-predict -m trained.mpz --policy=policy.mpz --batch=5 \
    "$TOP/tests/pictures"
finish
