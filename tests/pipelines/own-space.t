#!/bin/bash
# SPDX-License-Identifier: MIT
# A search in a space of the user's own, a table in a file, on samples that are not
# square: sounds of 49x10 coefficients.  A supernet with heads comes first.  It is killed
# in the midst of trainings, and resumed, and the bytes are those of a run that was not.
# shellcheck disable=SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

cat >mine.space <<'END'
# nachos network space 1
stem   conv c=8 k=3 s=2 act=hswish
s1     mb   c=8 k=3 depth=1,2 e1=1 e=2,3
s2     mb   c=8 k=3,5 s=2 e=2,3
s3     mb   c=16 k=3 e=2
final  conv c=16 k=1 act=relu
exits  after=s1,s2 head=off,gap,mix width=8,16
END
printf '%s\n' 'phase epochs warmup lr subnets largest distil heads s1.depth s1.e? s2.k? s2.e?' \
    'full 1 0 0.05 1 0 0 0 2 3 5 3' 'all 2 0 0.02 2 0.3 1 1 1,2 2,3 3,5 2,3' >list.tsv
perl "$TOP/tests/make-sounds.pl" sounds sounds 4 30
data-import -q sounds --test-share=0.15 --val-share=0.2 -o sounds.mpz

spec=mine.space:res=49x10,classes=4,channels=1
search=(make -j2 -f "$TOP/pipelines/search.mk" DATA=sounds.mpz SPACE="$spec" SUPERNET=list.tsv
    SUPERNET_STEP=2 SUPERNET_FLAGS='--batch=32 --measure=1 --calibrate=60 --checkpoint-every=0'
    N_START=8 N_ITER=1 K=2 EPOCHS=0/1/1 FINAL_EPOCHS=0/1/1 FIT_FLAGS=--model=rbf
    TRAIN_FLAGS='--recipe=inherited --batch=16 --checkpoint-every=0' MAX_MACS=2e5)
search() {
    "${search[@]}" "$@"
}
lines() {   # candidates the last search trained
    grep -c '^it-[0-9]*/' "$OUT"
}

expect_loose 0 'a search' search OUT=whole
holds 'trains its candidates' test "$(lines)" = 10
hash=$(ofa-sample --info --space=$spec | sed -n 's/^# space //p')
holds 'which are of that space' test "$(stream-dump -r whole/archive.mpz |
    jq -r .summary.space | sort -u)" = "$hash"
holds 'and take its samples' test "$(stream-dump -r whole/it-00/nets.mpz |
    jq -c .input | sort -u)" = '[49,10,1]'
holds 'the supernet has heads of both kinds' test "$(stream-dump -r whole/supernet.mpz |
    jq -r '.name // empty' | grep -oE '^exit[0-9]\.[a-z]+\.' | sort -u | xargs)" = \
    'exit1.gap. exit1.mix. exit2.gap. exit2.mix.'
contains whole/report.txt 'test split' 'the winner was run on the test split'
expect 0 'all streams are whole' stream-check whole/*.mpz whole/*/*.mpz
expect_loose 0 'how long it took' search OUT=whole status
contains "$OUT" 'CPU time ' 'is said'
holds 'of all tools' test "$(grep -c . whole/log/cpu)" -ge 25

# ---- killed, and resumed ----

# The Nth training of a run is killed, with make and all, once it has a checkpoint.
mkdir tools
ln -s "$BIN"/* tools
for tool in ofa-train eenn-train; do
    rm tools/$tool
    cat >tools/$tool <<'END'
#!/bin/bash
tool=$REAL/${0##*/}
[[ " $* " != *' --params '* && " $* " == *' --checkpoint='* ]] || exec "$tool" "$@"
echo x >>"$COUNT"
[ "$(grep -c x "$COUNT")" = "$KILL_AT" ] || exec "$tool" "$@"
for word; do [[ $word != --checkpoint=* ]] || file=${word#*=}; done
"$tool" "$@" &
while kill -0 $! 2>/dev/null && [ ! -e "$file" ]; do sleep 0.002; done
[ ! -e "$file" ] || echo x >>"$COUNT.mid"
kill -9 0
END
    chmod +x tools/$tool
done
export REAL=$BIN COUNT=$T/count
for at in 2 3 8; do
    : >count
    KILL_AT=$at setsid "${search[@]}" OUT=killed BIN="$T/tools" >log 2>&1
done 2>killed.log
holds 'killed in the midst of trainings' test -s count.mid
expect_loose 0 'after three kills the search goes on' search OUT=killed
for file in supernet.mpz archive.mpz report.txt final/trained.mpz final/test.mpz; do
    same whole/$file killed/$file "the same $file"
done
holds 'nothing is left behind' test -z "$(find killed -type f \( -name '.*' -o \
    -path '*/checkpoints/*' -o -name '*.progress' \))"
holds 'what the kills took is counted' test "$(grep -c . killed/log/cpu)" -gt "$(grep -c . whole/log/cpu)"

# ---- the table is a parameter ----

sed -i 's/^s1 /# a comment\n&/' mine.space
expect_loose 0 'a comment' search OUT=whole
holds 'trains nothing' test "$(lines)" = 0
sed -i 's/^s3 .* c=16 /s3 mb c=24 /' mine.space
expect_loose 0 'another table' search OUT=whole -n
contains "$ERR" 'the supernet, 10 candidates, the winner' 'trains all anew'
contains "$OUT" 'ofa-train' 'with a supernet of its own'
refused() {     # refused WHAT MESSAGE VARIABLE=VALUE..
    expect_loose 2 "$1" "${search[@]}" OUT=none preflight "${@:3}"
    contains "$ERR" "preflight: $2" "says: $2"
    holds 'in one line' test "$(grep -c '^preflight: ' "$ERR")" = 1
}
refused 'no such table' "SPACE: ofa-sample: 'none.space:res=16' is neither" SPACE=none.space:res=16
refused 'another file' 'SPACE: ofa-sample: list.tsv: line 1 is not' SPACE=list.tsv
refused 'an option that no space has' "SPACE: ofa-sample: " SPACE=$spec,size=9
refused 'samples of another shape' 'DATA=sounds.mpz: the inputs, of the kind sound, are 49x10, and SPACE expects 40x101: use SPACE=mine.space:width=1,res=49x10,classes=4,exits=2,channels=1' \
    SPACE=mine.space:res=40x101,classes=4,channels=1 SUPERNET= MAX_MACS=1e6
expect_loose 2 'a name with a blank' search OUT=none 'SPACE=my space'
contains "$ERR" 'SPACE: white space is not allowed in a space' 'is refused'
holds 'nothing was begun' test ! -e none

# ---- images.mk ----

images() {
    make -f "$TOP/pipelines/images.mk" IMAGES= OUT=none DATA=sounds.mpz "$@"
}
holds 'images.mk knows what is not square' test \
    "$("$TOP/pipelines/images.sh" set sounds.mpz)" = '49x10 4 1 few 0.504'
expect_loose 0 'its space is' images preflight
holds 'without a word' test ! -s "$ERR"
finish
