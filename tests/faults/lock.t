#!/bin/bash
# SPDX-License-Identifier: MIT
# Two makes in one OUT: one works, the other says whose it is and leaves.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

search() {
    make -f "$TOP/pipelines/search.mk" BIN="$BIN" DATA=data.mpz \
        SPACE=ofa-mbv3:width=0.1,res=16,classes=10,exits=1 N_START=3 N_ITER=0 \
        EPOCHS=0/1 TRAIN_FLAGS=--batch=20 "$@"
}
data-synth -n 40 --val=20 --test=20 --size=16 -o data.mpz
expect_loose 0 'alone' search OUT=alone

clash() {   # clash NUMBER DELAY
    search OUT=both -j2 >first.log 2>&1 &
    first=$!
    sleep "$2"
    search OUT=both -j2 >second.log 2>&1
    second=$?
    wait "$first"
    first=$?
    loser=second.log
    [ "$first" = 0 ] || loser=first.log
    holds "$1: one works, one leaves with status 2" \
        test "$first $second" = '0 2' -o "$first $second" = '2 0'
    contains "$loser" 'both: another make is running here (process ' "$1: it says so"
    holds "$1: in one line, and make's own" test "$(wc -l <"$loser")" = 2
    same alone/archive.mpz both/archive.mpz "$1: the other's result is right"
    rm -rf both
}
for i in 0 1 2 3 4 5 6 7 8 9; do
    clash "clash $i" "0.$((i / 2 + 1))"
done

# ---- what needs no lock, and what a lock does not outlive ----

cp -rp alone held
flock -o held/lock sleep 60 &
holder=$!
until ! flock -n held/lock true; do sleep 0.1; done
expect_loose 2 'a lock of somebody else' search OUT=held
expect_loose 2 'retune' search OUT=held retune
expect_loose 2 'prune' search OUT=held prune
expect_loose 0 'status needs none' search OUT=held status
expect_loose 0 'nor does a dry run' search OUT=held -n
kill -9 "$holder"
wait "$holder" 2>/dev/null
expect_loose 0 'a holder that was killed' search OUT=held

setsid make -f "$TOP/pipelines/search.mk" BIN="$BIN" OUT=killed DATA=data.mpz N_START=3 \
    SPACE=ofa-mbv3:width=0.1,res=16,classes=10,exits=1 N_ITER=0 EPOCHS=0/900 \
    >killed.log 2>&1 &
group=$!
until [ -n "$(ls killed/tmp 2>/dev/null)" ]; do sleep 0.1; done
kill -9 -- "-$group"
wait "$group" 2>/dev/null
expect_loose 0 'a make that was killed' search OUT=killed

# ---- where there are no locks ----

mkdir no-locks
printf '#!/bin/sh\necho "flock: $3: Function not implemented" >&2\nexit 71\n' >no-locks/flock
chmod +x no-locks/flock
PATH=$T/no-locks:$PATH
expect_loose 0 'a file system without locks' search OUT=alone
contains "$ERR" 'alone: the folder cannot be locked' 'is said'
finish
