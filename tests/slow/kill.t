#!/bin/bash
# SPDX-License-Identifier: MIT
# kill -9 of the whole process group at thirty random moments of a search, each
# followed by make: supernet, archive and report are the undisturbed ones, byte for
# byte, and nothing is left behind; -j1 gives the same as -j2, one thread the same
# as two.
set -u
: "${TOP:?}" "${BIN:?}"
work=$(mktemp -d) && cd "$work" || exit 1
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/slow/search.conf
. "$TOP/tests/slow/search.conf"
PATH=$BIN:$PATH
KILLS=${KILLS:-30}

count=0
ok()
{
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}
search()
{
    # shellcheck disable=SC2086
    make -f "$TOP/pipelines/search.mk" $SEARCH TRAIN_FLAGS=$EAGER \
        SUPERNET_FLAGS="--train-images=1000 $EAGER" "$@" >>log 2>&1
}
same()      # supernet, archive, report
{
    cmp -s "$1/supernet.mpz" "$2/supernet.mpz" &&
        cmp -s "$1/archive.mpz" "$2/archive.mpz" &&
        cmp -s "$1/report.txt" "$2/report.txt"
}

data-synth --train=3000 --val=600 --test=600 --seed=3 -o data.mpz || exit 1
start=$(date +%s)
search OUT=whole -j2; ok $? 'the search runs to its end'
took=$(($(date +%s) - start))
echo "# undisturbed: $took s"
search OUT=one -j1 FINAL_THREADS=1; ok $? '-j1 runs, one thread'
same whole one; ok $? '-j1 and -j2 give the same supernet, archive and report'
search OUT=threads -j1 TRAIN_FLAGS='--threads=2 --checkpoint-every=0' FINAL_FLAGS=; ok $? 'two threads run'
stream-cmp --rtol=0 --atol=0 whole/archive.mpz threads/archive.mpz
ok $? 'one thread and two give the same archive'

i=0
while [ $i -lt "$KILLS" ]; do
    i=$((i + 1))
    # shellcheck disable=SC2086
    setsid make -f "$TOP/pipelines/search.mk" $SEARCH TRAIN_FLAGS=$EAGER \
        SUPERNET_FLAGS="--train-images=1000 $EAGER" OUT=killed-$i -j2 >>log 2>&1 &
    group=$!
    sleep "$(awk -v max="$took" -v seed="$RANDOM" \
        'BEGIN { srand(seed); print 0.2 + rand() * max }')"
    kill -9 -- -$group 2>/dev/null
    wait $group 2>/dev/null
    search OUT=killed-$i -j2; ok $? "make goes on after kill $i"
    same whole killed-$i; ok $? "kill $i: same supernet, archive, report"
    [ -z "$(find "killed-$i" -type f \( -name '.*' -o -path '*/checkpoints/*' -o \
        -name '*.progress' \))" ]; ok $? "kill $i: nothing left behind"
    rm -rf killed-$i
done
echo "1..$count"
