# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by the tests of headline.mk: a run of it that takes seconds.

headline_data() {
    data-synth --train=200 --val=60 --test=60 --size=16 -o data.mpz
    printf '%s\n' 'phase epochs warmup lr subnets largest distil s?.depth s[23].k? s[145].k? s?.e?' \
        'full 1 0 0.1 1 0 0 3 7 5 4' 'all 1 0 0.02 2 0.3 1 1,2,3 3,5,7 3,5 2,3,4' >list.tsv
}
headline() {
    make -j2 -f "$TOP/pipelines/headline.mk" DATA=data.mpz OUT=run SPACE=mb32:width=0.25,res=16 \
        SUPERNET=list.tsv SUPERNET_SCALE=1 SUPERNET_FLAGS='--batch=32 --measure=1 --calibrate=60' \
        N_START=8 N_ITER=1 K=2 EPOCHS=0/1 TRAIN_IMAGES= TRAIN_FLAGS=--recipe=inherited FIT_FLAGS=--model=rbf \
        FINAL_EPOCHS=0/1 MIN_ACCURACY=0.05 MAX_MACS=3e5 FINAL_MAX_MACS=3e5 \
        HAND_EPOCHS=0/1 N_RANDOM=3 STATIC_EPOCHS=1/0 STATIC_NET_FLAGS=--width=0.25 \
        CURVE='2e5 4e5' ACCURACY=0.01 "$@"
}
