#!/bin/bash
# SPDX-License-Identifier: MIT
# What a search does again when something is different, and what it leaves
# alone, stage by stage: the table of nachos-pipelines(7).
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# Each call of a tool that works, and does not only print its parameters, is a
# line of calls; a training is one of a candidate or of the winner.
mkdir tools
for tool in "$BIN"/*; do
    name=${tool##*/}
    cat >"tools/$name" <<END
#!/bin/sh
case " \$* " in
*' --params '* | *' --plan '*) ;;
*' --weights=none '*) echo candidate >>"$T/calls" ;;
*) echo $name >>"$T/calls" ;;
esac
exec "$tool" "\$@"
END
done
chmod +x tools/*
BIN=$T/tools PATH=$T/tools:$PATH

search() {
    : >calls
    make -j2 -f "$TOP/pipelines/search.mk" BIN="$BIN" OUT=run DATA=data.mpz \
        SPACE=ofa-mbv3:width=0.1,res=16,classes=10,exits=2 N_START=8 N_ITER=1 K=2 \
        EPOCHS=0/1 TRAIN_FLAGS=--batch=20 MAX_MACS=1.5e5 "$@"
}
cut_off() { # search in a process group of its own, for `kill 0' in a tool
    export -f search
    setsid -w bash -c search >"$OUT" 2>&1
}
count() {   # count CALL
    grep -cx "$1" calls
}
# did WHAT CANDIDATES WINNERS TUNINGS PROPOSALS: how often each was done; '+'
# stands for once at least, since proposals that follow other results may be
# known designs or not.
did() {
    did_what=$1
    set -- "$2" "$3" "$4" "$5" "$(count candidate)" "$(count eenn-train)" \
        "$(count thresh-tune)" "$(count nsga2-step)"
    did_right=yes
    for did_pair in "$1:$5" "$2:$6" "$3:$7" "$4:$8"; do
        case $did_pair in
        +:0) did_right=no ;;
        +:*) ;;
        *) [ "${did_pair%:*}" = "${did_pair#*:}" ] || did_right=no ;;
        esac
    done
    holds "$did_what: $1 candidates and $2 winners trained, $3 tunings, $4 proposals" \
        test "$did_right" = yes
    [ "$did_right" = yes ] || say "$did_what: it was $5, $6, $7, $8"
}
files() {
    find run -type f ! -path run/lock ! -path 'run/tmp/*' -exec cksum {} + | sort
}
nothing() { # nothing WHAT VARIABLE=VALUE..: changes not a file but the digests
    files | grep -v -e params/digests -e params/settings -e params/calls -e params/preflight >before
    expect_loose 0 "$1" search "${@:2}"
    did "$1" 0 0 0 0
    files | grep -v -e params/digests -e params/settings -e params/calls -e params/preflight >after
    diff before after >difference
    holds "$1: changes no file" test ! -s difference
    sed 's/^/# /' difference >&2
}

data-synth -n 60 --val=20 --test=20 --size=16 -o data.mpz
data-synth -n 60 --val=20 --test=20 --size=16 --seed=2 -o other.mpz
touch -d 2020-01-01 other.mpz
expect_loose 0 'a search' search
did 'a search' 10 1 11 1
contains "$ERR" 'run: training: 10 candidates, the winner' 'which says so first'

# ---- what shapes nothing ----

nothing 'again'
touch data.mpz run/archive.mpz run/it-00/*.mpz run/it-01/archs.mpz run/trained/* \
    run/params/train run/final/net.mpz
nothing 'a touch'
touch -d '+1 hour' run/it-00/archs.mpz run/it-00/03.result.mpz run/params/space
nothing 'a time in the future'
nothing 'another notation' MAX_MACS=150000 EPOCHS=0/1/0 SEED=01 \
    TRAIN_FLAGS='--batch 20 --lr=0.05'
nothing 'another number of jobs, a launcher' -j1 LAUNCH='env -u NOTHING'
for call in -n '-n EPOCHS=0/2' '-n MIN_ACCURACY=0.3' '-n N_ITER=2 N_START=9' \
    status 'status EPOCHS=0/3'; do
    # shellcheck disable=SC2086
    nothing "make $call" $call
done
expect_loose 0 'a dry run of a new search' search OUT=none -n
holds 'begins none' test ! -e none
contains "$OUT" ofa-sample 'and shows how it would begin'

# ---- what is tuned anew ----

cp -rp run first
expect_loose 0 'another limit on accuracy' search MIN_ACCURACY=0.05
did 'another limit on accuracy' 0 0 11 1
contains "$ERR" 'run: min=accuracy none -> 0.05; nothing to train; newly proposed designs are trained later' 'which is said'
expect_loose 0 'other thresholds' search MIN_ACCURACY=0.05 TUNE_FLAGS=--rule=best
holds 'other thresholds: nothing that is known is trained' test "$(count candidate)" -le 2
holds 'all is tuned' test "$(count thresh-tune)" -ge 10
rm -r run
cp -rp first run
expect_loose 0 'another limit on MACs, trained as before' search MAX_MACS=1.4e5 \
    TRAIN_MAX_MACS=1.5e5
holds 'trains no known design' test "$(count candidate)" -le 2
holds 'tunes all' test "$(count thresh-tune)" -ge 10
rm -r run
cp -rp first run
expect_loose 0 'retune' search retune MIN_ACCURACY=0.99 EPOCHS=0/3
did 'retune' 0 0 + 0
for it in 00 01; do
    same "first/it-$it/archs.mpz" "run/it-$it/archs.mpz" "it-$it keeps its designs"
done
holds 'all results have the limit' sh -c "stream-dump -r run/archive.mpz |
    jq -se 'all(.[]; .limits | any(.name == \"accuracy\"))' >/dev/null"
contains run/report.txt 'accuracy >= 99' 'and the report'
expect_loose 0 'retune, of trainings that are there' search retune MIN_ACCURACY=0.98 \
    KEEP_TRAININGS=0
did 'retune, of trainings that are there' 0 0 + 0
expect_loose 0 'retune to another winner' search retune PICK_FLAGS=--objectives=macs:min
did 'retune to another winner' 0 0 10 0
contains "$ERR" 'this winner is not trained yet' 'which it says'
contains "$ERR" 'make finish with these settings trains it' 'with what to do'
expect_loose 0 'finish' search finish PICK_FLAGS=--objectives=macs:min
did 'finish' 0 1 1 0
holds 'the winner is another' sh -c '! cmp -s first/final/key run/final/key'

# ---- what is trained anew ----

anew() {    # anew WHAT VARIABLE=VALUE..: all candidates and the winner
    rm -rf run
    cp -rp first run
    expect_loose 0 "$1" search "${@:2}"
    did "$1" 10 1 11 1
}
anew 'other data' DATA=other.mpz
expect_loose 0 'the same in a fresh folder' search DATA=other.mpz OUT=fresh
expect 0 'is equal' stream-cmp run/archive.mpz fresh/archive.mpz
anew 'another seed' SEED=2
anew 'more epochs' EPOCHS=0/2
contains "$ERR" 'run: epochs 0/1/0 -> 0/2/0; training: 10 candidates, the winner' \
    'which is said first'
expect_loose 0 'and back' search
did 'and back' 0 1 11 1
same first/archive.mpz run/archive.mpz 'gives what was there'
anew 'another batch' TRAIN_FLAGS=--batch=30
anew 'another limit on MACs' MAX_MACS=1.4e5
printf 'lr=0.02\nbatch=20\n' >mine.recipe
anew 'a recipe in a file' TRAIN_FLAGS=--recipe=mine.recipe
printf 'lr=0.02\nbatch=30\n' >mine.recipe
expect_loose 0 'with another line' search TRAIN_FLAGS=--recipe=mine.recipe
did 'with another line' 10 1 11 1
rm -r run
cp -rp first run
expect_loose 0 'another space' search SPACE=ofa-mbv3:width=0.2,res=16,classes=10,exits=2
did 'another space' 10 1 11 1

# ---- what is new ----

rm -r run
cp -rp first run
expect_loose 0 'an iteration more' search N_ITER=2
holds 'an iteration more: 2 candidates trained, 1 proposal' \
    test "$(count candidate) $(count nsga2-step)" = '2 1'
expect_loose 0 'and back' search
holds 'and back: none' test "$(count candidate) $(count nsga2-step)" = '0 0'
same first/archive.mpz run/archive.mpz 'leaves it out of the archive'
holds 'and deletes nothing' test -e run/it-02/01.result.mpz
rm -r run
cp -rp first run
find run/it-00 -name '*.result.mpz' -printf '%p %T@\n' | sort >before
expect_loose 0 'more first designs' search N_START=10
holds 'more first designs: these and new proposals are trained' \
    test "$(count candidate)" -ge 2 -a "$(count candidate)" -le 4
find run/it-00 -name '0[0-7].result.mpz' -printf '%p %T@\n' | sort >after
same before after 'and the first ones stay as they are'
expect_loose 0 'and fewer' search
holds 'and fewer: none is trained' test "$(count candidate)" = 0
same first/archive.mpz run/archive.mpz 'gives what was there'

# ---- a supernet ----

printf 'phase epochs warmup lr subnets largest distil s?.depth s?.k? s?.e?\n%s\n%s\n' \
    'full 2 0 0.1 1 0 0 4 7 6' 'all 1 0 0.02 2 0.3 1 2,3,4 3,5,7 3,4,6' >list.tsv
from_supernet() {
    search OUT=super SUPERNET=list.tsv SUPERNET_FLAGS=--batch=20 "$@"
}
expect_loose 0 'from a supernet' from_supernet
holds 'it is trained first' test "$(count ofa-train)" = 2
did 'from a supernet' 10 1 11 1
expect_loose 0 'again' from_supernet SUPERNET_STEP=1 SUPERNET_SCALE=1.0
did 'again' 0 0 0 0
cp list.tsv list0.tsv
printf '%s\n' 'more 1 0 0.01 2 0.3 1 2,3,4 3,5,7 3,4,6' >>list.tsv
expect_loose 0 'another list' from_supernet
did 'another list' 10 1 11 1
expect_loose 0 'other flags of the supernet' from_supernet SUPERNET_FLAGS=--batch=30
did 'other flags of the supernet' 10 1 11 1
expect_loose 0 'the list before' from_supernet SUPERNET=list0.tsv
holds 'its supernet is still there' test "$(count ofa-train)" = 0
did 'the list before' 0 1 11 1
eenn-report --view=subnets super/supernet.mpz >tables
same tables super/supernet.txt 'its tables are those of that supernet'
expect_loose 0 'the list before, again' from_supernet SUPERNET=list0.tsv
did 'the list before, again' 0 0 0 0
expect_loose 0 'prune' from_supernet SUPERNET=list0.tsv prune
holds 'leaves what the last search used' test "$(find super/supernet -name '*.mpz' | grep -c .)" = 2
expect_loose 0 'given weights' from_supernet WEIGHTS=super/supernet.mpz OUT=given
holds 'train no supernet' test ! -e given/supernet.mpz

# ---- the winner ----

rm -r run
cp -rp first run
expect_loose 0 'another way to pick' search PICK_FLAGS=--objectives=macs:min
did 'another way to pick' 0 1 1 0
expect_loose 0 'a longer training of the winner' search PICK_FLAGS=--objectives=macs:min \
    FINAL_EPOCHS=0/2
did 'a longer training of the winner' 0 1 1 0
expect_loose 0 'other thresholds of the winner' search PICK_FLAGS=--objectives=macs:min \
    FINAL_EPOCHS=0/2 FINAL_TUNE_FLAGS=--grid-step=0.05
did 'other thresholds of the winner' 0 0 1 0

# A power cut, as the network of another winner gets its name: all processes end.
mv tools/eec-place tools/plain
cat >tools/eec-place <<END
#!/bin/bash
"$T/tools/plain" "\$@" || exit
case " \$* " in *final*net.mpz*) kill -KILL 0 ;; esac
END
chmod +x tools/eec-place
cut_off
holds 'a kill as the winner changes' test $? = 137
mv tools/plain tools/eec-place
expect_loose 0 'again' search
did 'again' 0 1 1 0
same first/final/key run/final/key 'the winner is the one that is picked'
holds 'and its training is that of its network' test "$(
    stream-dump -r run/final/trained.mpz | jq -r .summary.arch | head -n 1)" = "$(cut -d- -f1 run/final/key)"

# ---- trainings that are kept ----

expect_loose 0 'prune' search prune
contains "$ERR" 'removed 0 files of trainings' 'finds all in use'
expect_loose 0 'more epochs' search EPOCHS=0/2
expect_loose 0 'prune' search EPOCHS=0/2 prune
contains "$ERR" 'removed 10 files of trainings that the search does not use' 'takes the former'
expect_loose 0 'the search is whole' search EPOCHS=0/2
did 'the search is whole' 0 0 0 0
rm -r run
expect_loose 0 'trainings are not kept' search KEEP_TRAININGS=0
did 'trainings are not kept' 10 1 11 1
holds 'none is there' test -z "$(ls run/trained)"
expect 0 'the archive is the same' stream-cmp first/archive.mpz run/archive.mpz
expect_loose 2 'retune then' search KEEP_TRAININGS=0 retune
contains "$ERR" 'trainings are missing' 'says what is missing'

# ---- an earlier layout ----

mkdir -p older/params
echo 'N_START="8"' >older/params/settings
expect_loose 2 'an earlier layout' search OUT=older
contains "$ERR" 'older: the search in this folder was made by another version' 'is refused in a sentence'
holds 'and stays as it is' test "$(find older -type f)" = older/params/settings
finish
