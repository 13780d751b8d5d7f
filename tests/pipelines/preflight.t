#!/bin/bash
# SPDX-License-Identifier: MIT
# What is said of a search before its first second of work: everything that cannot
# work, at once, and what will be left out; and how long it will take.
# Makefiles stand in single quotes; the space has no blanks.
# shellcheck disable=SC2016,SC2086,SC2317
unset MAKEFLAGS MFLAGS MAKELEVEL OUT DATA SPACE
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

spec=ofa-mbv3:width=0.1,res=16,classes=10,exits=2
search() {
    make -f "$TOP/pipelines/search.mk" DATA=data.mpz OUT=run SPACE=$spec N_START=8 \
        N_ITER=1 K=2 EPOCHS=1/1 TRAIN_FLAGS=--batch=16 "$@"
}
preflight() {
    search preflight "$@"
}
# A line for each MESSAGE is all that stderr has, besides make's own.
refused() {     # refused WHAT VARIABLE=VALUE.. -- MESSAGE..
    what=$1 settings=
    shift
    while [ "$1" != -- ]; do
        settings="$settings '$1'"
        shift
    done
    shift
    eval "expect_loose 2 \"\$what\" preflight $settings"
    for message; do
        contains "$ERR" "preflight: $message" "says: $message"
    done
    holds 'and no more' test "$(grep -c '^preflight: ' "$ERR")" -eq $#
}
warned() {      # warned MESSAGE VARIABLE=VALUE..
    message=$1
    shift
    expect_loose 0 "$*" preflight "$@"
    contains "$ERR" "preflight: warning: $message" "warns: $message"
    holds 'and no more' test "$(grep -c '^preflight: ' "$ERR")" -eq 1
}

data-synth --train=80 --val=20 --test=20 --size=16 -o data.mpz
data-synth --train=80 --val=20 --test=20 --size=24 --classes=7 -o other.mpz
data-synth --train=80 --val=0 --test=20 --size=16 -o no-val.mpz
data-synth --train=80 --val=20 --test=0 --size=16 -o no-test.mpz
oblong='{"type":"dataset","name":"oblong","shape":[12,20,1],"classes":["a","b"],"splits":["train","val"],"samples":[1,1],"mean":[0.5],"std":[0.5]}'
head -c 60 data.mpz >cut.mpz
ofa-sample -n 2 -o arch.mpz

expect_loose 0 'good settings' preflight
holds 'without a word' test ! -s "$ERR"
expect_loose 0 'with the suffixes of numbers' preflight MAX_MACS=1.2M MIN_ACCURACY=65%
holds 'without a word' test ! -s "$ERR"

# ---- numbers and options, all at once ----

refused 'many faults' N_START=x N_ITER=-1 K=0 N_TOL= SUPERNET_STEP=1.5 SEED=z \
    EPOCHS=1/1/ FLIP=maybe CLASS_WEIGHTS=even TRAIN_IMAGES=few FINAL_IMAGES=-3 FINAL_THREADS=0 TRAIN_FLAGS=--lr=fast \
    TRAIN_MAX_MACS=much \
    TUNE_FLAGS=--rule=none FIT_FLAGS=--model=none STEP_FLAGS=--pick=none \
    PLACE_FLAGS=--mac-rule=none PLACE_LIMITS=--max=macs PICK_FLAGS=--count DATA=none.mpz \
    SUPERNET=none.tsv -- \
    'N_START=x: not a whole number from 1 ' 'N_ITER=-1: not a whole number from 0 ' \
    'K=0: not a whole number from 1 ' 'N_TOL=: not a whole number' \
    'SUPERNET_STEP=1.5: not a whole number' 'SEED: eenn-train: --seed' \
    'EPOCHS: eenn-train: --epochs=1/1/: not BACKBONE/EXITS' \
    "FLIP: eenn-train: --flip: 'maybe' is not one of auto, yes, no, alternate" \
    "CLASS_WEIGHTS: eenn-train: --class-weights: 'even' is not none, balanced or a list" \
    'TRAIN_IMAGES: eenn-train: --train-images' 'FINAL_IMAGES: eenn-train: --train-images' \
    'FINAL_THREADS: eenn-train: --threads' 'TRAIN_FLAGS: eenn-train: --lr' \
    'TRAIN_MAX_MACS: eenn-train: --max-macs' \
    'TUNE_FLAGS: thresh-tune: --rule' 'FIT_FLAGS: surrogate-fit: there is no model' \
    'STEP_FLAGS: nsga2-step: --pick' 'PLACE_FLAGS: eec-place: --mac-rule' \
    'PLACE_LIMITS: eec-place: ' 'PICK_FLAGS: pareto-select: --count needs a value' \
    'DATA: stream-dump: none.mpz: No such file' 'SUPERNET: ofa-train: '
refused "the winner's own" FINAL_EPOCHS=1 FINAL_FLAGS=--recipe=none \
    FINAL_TUNE_FLAGS=--grid-step=9 PICK_FLAGS=--objectives=acuracy:max -- \
    'FINAL_EPOCHS: eenn-train: --epochs=1: ' 'FINAL_FLAGS: eenn-train: --recipe' \
    'FINAL_TUNE_FLAGS: thresh-tune: --grid-step' \
    'PICK_FLAGS: pareto-select: '
contains "$ERR" 'has no metric acuracy' 'a metric that no result has'
refused 'too few for a surrogate' N_START=7 -- \
    'N_START=7: surrogates are fitted to at least 8 results: N_START=8, or N_ITER=0'
expect_loose 0 'which the first designs alone are not' preflight N_START=7 N_ITER=0
refused 'more designs than a tool draws' N_START=2000000 -- 'N_START: ofa-sample: --count'

# ---- the space and limits ----

refused 'no such space' SPACE=ofa-mbv3:res=4 -- 'SPACE: ofa-sample: '
printf '# nachos space 1\na\t0\t1,2\nb\t0\t1,2\n' >table.tsv
refused 'a space without networks' SPACE=table.tsv -- \
    'N_START=8: the space has only 4 designs' 'SPACE: eec-place: '
refused 'limits that no design keeps' MAX_MACS=5e4 LIMITS=--max=params=10k \
    PLACE_LIMITS=--max=size_bytes=1e3 FINAL_MAX_MACS=4e4 -- \
    'MAX_MACS or LIMITS: no design keeps macs <= 50000: the smallest design has ' \
    'MAX_MACS or LIMITS: no design keeps params <= 10000: the smallest design has ' \
    'FINAL_MAX_MACS or FINAL_LIMITS: no design keeps macs <= 40000: the smallest design has ' \
    'FINAL_MAX_MACS or FINAL_LIMITS: no design keeps params <= 10000: the smallest design has ' \
    'PLACE_LIMITS: the smallest design has size_bytes '
gamma=$(ofa-sample -s $spec --corners -n 1 | eec-place | stream-dump -r | jq '.exits[0].gamma,
    .exits[-1].gamma - .exits[0].head_macs' | sort -n | head -n 1)
expect_loose 0 'the least that can be kept' preflight MAX_MACS="$gamma"
refused 'a MAC less' MAX_MACS=$((gamma - 1)) -- "MAX_MACS or LIMITS: no design keeps macs <= \
$((gamma - 1)): the smallest design has $gamma"

# ---- the data set ----

refused 'other pictures' DATA=other.mpz -- \
    'DATA=other.mpz: the images are 24x24, and SPACE expects 16x16: use SPACE=ofa-mbv3:width=0.1,res=24,classes=7,exits=2, or import pictures with data-import --size=16' \
    'DATA=other.mpz: classes: 7, and SPACE has 10: SPACE=ofa-mbv3:width=0.1,res=24,classes=7,exits=2'
expect_loose 0 'with that space' preflight DATA=other.mpz \
    SPACE=ofa-mbv3:width=0.1,res=24,classes=7,exits=2
printf '%s\n' "$oblong" '{"type":"chunk","split":"train","images":{"dtype":"u8","shape":[1,12,20,1],"data":"'"$(head -c 240 /dev/zero | base64 -w0)"'"},"labels":{"dtype":"i32","shape":[1],"data":"AAAAAA=="}}' \
    '{"type":"chunk","split":"val","images":{"dtype":"u8","shape":[1,12,20,1],"data":"'"$(head -c 240 /dev/zero | base64 -w0)"'"},"labels":{"dtype":"i32","shape":[1],"data":"AAAAAA=="}}' |
    stream-load -k dataset -o oblong.mpz
refused 'grey, not square' DATA=oblong.mpz -- \
    'warning: DATA=oblong.mpz: no split test: the report leaves out' \
    'DATA=oblong.mpz: the images are 12x20, and SPACE expects 16x16: use SPACE=ofa-mbv3:width=0.1,res=12x20,classes=2,exits=2,channels=1, or import pictures with data-import --size=16' \
    'DATA=oblong.mpz: channels: 1, and SPACE has 3' \
    'DATA=oblong.mpz: classes: 2, and SPACE has 10'
data-synth -q --kind=signals -n 20 --val=10 --test=10 --length=16 -o beats.mpz
refused 'signals' DATA=beats.mpz -- \
    'DATA=beats.mpz: the inputs, of the kind signal, are 16x1, and SPACE expects 16x16' \
    'DATA=beats.mpz: channels: 2, and SPACE has 3' \
    'DATA=beats.mpz: classes: 5, and SPACE has 10'
refused 'nothing to choose by' DATA=no-val.mpz -- \
    'DATA=no-val.mpz: no split val, on which candidates are judged: import the images with --val-share=0.1'
refused 'damaged' DATA=cut.mpz -- 'DATA: stream-dump: cut.mpz: header (byte 0): truncated'
refused 'another kind' DATA=arch.mpz -- 'DATA=arch.mpz: not a dataset stream'
refused 'a guarantee without a split for it' CONFIDENCE=0.95 MIN_ACCURACY=0.5 -- \
    'CONFIDENCE=0.95: DATA=data.mpz has no split cal, by which limits are certified: import with --cal-share=0.2, or leave CONFIDENCE out'
refused 'a guarantee of nothing' CONFIDENCE=1.5 -- \
    'CONFIDENCE: thresh-tune: --confidence: 1.5 is not within 0..1' \
    'CONFIDENCE=1.5: DATA=data.mpz has no split cal'
warned 'DATA=no-test.mpz: no split test: the report leaves out' DATA=no-test.mpz
expect_loose 0 'more images than there are' preflight TRAIN_IMAGES=81 FINAL_IMAGES=1k
contains "$ERR" 'warning: TRAIN_IMAGES=81: there are only 80 training images, and all are used' \
    'all are taken, which is said'
contains "$ERR" 'warning: FINAL_IMAGES=1k: there are only 80' 'of the winner, too'
expect_loose 0 'all of them' preflight TRAIN_IMAGES=80
holds 'of which nothing is said' sh -c "! grep -q IMAGES '$ERR'"
holds 'is no more than there are' test ! -s "$ERR"
expect_loose 0 'a set that the preset makes' preflight DATA=run/data.mpz

# ---- weights ----

printf 'phase epochs warmup lr subnets largest distil s?.depth s?.k? s?.e?\nfull 1 0 0.1 1 0 0 4 7 6\n' >list.tsv
ofa-train -d data.mpz -p list.tsv -s $spec -b 16 --measure=0 --calibrate=20 -o super.mpz
expect_loose 0 'weights of the space' preflight WEIGHTS=super.mpz
holds 'are taken' test ! -s "$ERR"
refused 'of a narrower one' WEIGHTS=super.mpz SPACE=ofa-mbv3:width=0.5,res=16,exits=2 -- \
    "WEIGHTS=super.mpz: the weights belong to $spec, and the space is ofa-mbv3:width=0.5"
refused 'no weights' WEIGHTS=data.mpz -- 'WEIGHTS=data.mpz: a dataset stream, not weights'
refused 'not there' WEIGHTS=none.mpz -- 'WEIGHTS: stream-dump: none.mpz: No such file'
refused 'a bad scale' SUPERNET=list.tsv SUPERNET_SCALE=-1 SUPERNET_FLAGS=--measure=x -- \
    'SUPERNET_SCALE: ofa-train: --scale' 'SUPERNET_FLAGS: ofa-train: --measure'
echo 'phase epochs' >bad.tsv
refused 'a bad list' SUPERNET=bad.tsv -- 'SUPERNET: ofa-train: '

# ---- the machine ----

mkdir few
for name in bash make jq awk mawk gawk sed grep head sort df dirname cat cmp tr wc nproc env mkdir; do
    path=$(command -v $name) && ln -s "$path" few
done
PATH=$BIN:$T/few warned 'gnuplot is not installed: the figures are left out'
PATH=$T/few refused 'no tools' BIN=nowhere -- \
    'BIN=nowhere: neither this folder nor PATH has ofa-sample eec-place'
: >file
refused 'OUT in a file' OUT=file/run -- 'OUT=file/run: file is not a folder'
warned '-j without a number: up to 8 trainings run side by side' -j
warned '50000 trainings side by side need up to' -j50000
contains "$ERR" 'and the machine has ' 'and says what there is'
warned 'OUT=run: the search writes about ' N_ITER=90000000
contains "$ERR" ' are free' 'and says what is free'
holds 'nothing was made' test ! -e run

# ---- as the first step ----

expect_loose 2 'a search that cannot work' search N_ITER=x
contains "$ERR" 'preflight: N_ITER=x' 'is refused by it'
holds 'and nothing is made' test ! -e run
mkdir once
for name in "$BIN"/*; do ln -s "$name" once; done
rm once/eenn-train
printf '#!/bin/sh\necho called >>"%s/calls"\nexec "%s/eenn-train" "$@"\n' "$T" "$BIN" >once/eenn-train
chmod +x once/eenn-train
script() {      # preflight.sh by hand
    env OUT=run DATA=data.mpz SPACE=$spec N_START=8 N_ITER=1 K=2 PASSED=passed \
        PATH="$T/once:$PATH" "$@" "$TOP/pipelines/preflight.sh"
}
expect_loose 0 'by hand' script known=SEED SEED=1
rm calls
expect_loose 0 'the same settings' script known=SEED SEED=1
holds 'are not asked for again' test ! -e calls
expect_loose 2 'a set that is gone' script known=SEED SEED=1 DATA=none.mpz
contains "$ERR" 'DATA: stream-dump: none.mpz' 'is seen all the same'
expect_loose 0 'others' script known=SEED SEED=2
holds 'are' test -e calls
printf '#!/bin/sh\ncase "$*" in *=1/2*--batch=3*) echo eenn-train: not both >&2; exit 2 ;; esac\nexec "%s/eenn-train" "$@"\n' \
    "$BIN" >once/eenn-train
expect_loose 2 'options that do not go together' script EPOCHS=1/2 TRAIN_FLAGS=--batch=3
contains "$ERR" 'EPOCHS, TRAIN_IMAGES, TRAIN_MAX_MACS or TRAIN_FLAGS: eenn-train: not both' \
    "are refused in the tool's words"
expect_loose 1 'without DATA' env OUT=x SPACE=$spec "$TOP/pipelines/preflight.sh"
contains "$ERR" 'DATA: parameter' 'by hand it says what is missing'

# ---- the plan ----

expect_loose 0 'a plan' search plan SUPERNET=list.tsv -j2 N_START=08 K=02 FINAL_THREADS=
for text in '10 (8 first designs, then 1 x 2)' 'one training ' 'supernet ' 'with -j' \
    'total ' 'memory ' 'disk '; do
    contains "$OUT" "$text" "has: $text"
done
holds 'and changes nothing' test ! -e run
expect_loose 2 'of what cannot work' search plan K=0
contains "$ERR" 'preflight: K=0' 'there is none'
printf 'OUT ?= run\nDATA ?= $(OUT)/data.mpz\ninclude %s/pipelines/search.mk\n$(OUT)/data.mpz:\n\tmkdir -p $(@D) && cp data.mpz $@\n' \
    "$TOP" >preset.mk
expect_loose 0 'with a set that the preset makes' make -f preset.mk SPACE=$spec \
    EPOCHS=1/0 TRAIN_FLAGS=--batch=16 N_START=8 N_ITER=0 plan
contains "$ERR" 'run/data.mpz does not exist yet and is made in' 'says so'
contains "$OUT" '8 (8 first designs' 'is there'
holds 'and changes nothing either' test ! -e run

# Ctrl-C while two designs are measured: the whole group gets the signal, the one
# that runs in the background hears of it from plan.sh.
mkdir slow
ln -s "$BIN"/* slow
rm slow/eenn-train
cat >slow/eenn-train <<'END'
#!/bin/sh
case " $* " in *' --params '*) exec "$REAL/eenn-train" "$@" ;; esac
echo $$ >>"$RUNNING"
exec sleep 1000
END
chmod +x slow/eenn-train
: >running
REAL=$BIN RUNNING=$PWD/running TMPDIR=$PWD/slow env --default-signal=INT,QUIT setsid \
    make -f "$TOP/pipelines/search.mk" BIN="$PWD/slow" OUT=run DATA=data.mpz \
    SPACE=$spec N_START=8 N_ITER=0 plan -j2 >"$OUT" 2>"$ERR" &
plan=$!
waits() {       # waits WHAT COMMAND..: within ten seconds
    what=$1
    shift
    for _ in $(seq 100); do
        ! "$@" || break
        sleep 0.1
    done
    holds "$what" "$@"
}
both() { [ "$(wc -l <running)" = 2 ]; }
waits 'two are measured side by side' both
kill -INT -- "-$plan"
none() { while read -r p; do ! kill -0 "$p" 2>/dev/null || return 1; done <running; }
waits 'Ctrl-C ends both' none
clean() { [ -z "$(find slow -name 'nachos-plan*')" ]; }
waits 'nothing is left of it' clean
# shellcheck disable=SC2046  # numbers
kill -KILL -- "-$plan" $(cat running) 2>/dev/null
wait "$plan"
finish
