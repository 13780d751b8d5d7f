#!/bin/bash
# SPDX-License-Identifier: MIT
# kill -9 of the whole process group at thirty random moments of a search, each
# followed by make: supernet, archive and report are the undisturbed ones, byte for
# byte, and nothing is left behind; -j1 gives the same as -j2, one thread the same
# as two.
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"
# shellcheck source=tests/slow/search.conf
. "$TOP/tests/slow/search.conf"
KILLS=${KILLS:-30}

# shellcheck disable=SC2206  # a list of words
search=(make -f "$TOP/pipelines/search.mk" $SEARCH TRAIN_FLAGS=$EAGER
    SUPERNET_FLAGS="--train-images=1000 $EAGER")
alike() {   # alike FOLDER WHAT: supernet, archive and report are those of whole
    local file
    for file in supernet.mpz archive.mpz report.txt; do
        same "whole/$file" "$1/$file" "$2: the same $file"
    done
}

data-synth --train=3000 --val=600 --test=600 --seed=3 -o data.mpz
start=$EPOCHREALTIME
expect_loose 0 'the search runs to its end' "${search[@]}" OUT=whole -j2
took=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
echo "# undisturbed: $took s"
expect_loose 0 '-j1, one thread' "${search[@]}" OUT=one -j1 FINAL_THREADS=1
alike one '-j1'
expect_loose 0 'two threads' "${search[@]}" OUT=threads -j1 \
    TRAIN_FLAGS="--threads=2 $EAGER" FINAL_FLAGS=
expect 0 'give the same archive' stream-cmp --rtol=0 --atol=0 whole/archive.mpz threads/archive.mpz

for ((i = 1; i <= KILLS; i++)); do
    setsid "${search[@]}" OUT=killed -j2 >>log 2>&1 &
    group=$!
    sleep "$(awk -v max="$took" -v seed="$RANDOM" \
        'BEGIN { srand(seed); print 0.2 + rand() * max }')"
    kill -9 -- -$group 2>/dev/null
    wait $group 2>/dev/null
    echo "# kill $i: $(cd killed && echo checkpoints/* tmp/* it-*)"
    expect_loose 0 "make goes on after kill $i" "${search[@]}" OUT=killed -j2
    alike killed "kill $i"
    holds "kill $i: nothing is left behind" test -z "$(find killed -type f \( -name '.*' -o \
        -path '*/checkpoints/*' -o -name '*.progress' \))"
    rm -rf killed
done
finish
