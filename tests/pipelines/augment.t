#!/bin/bash
# SPDX-License-Identifier: MIT
# A whole augmentation in small: what it makes, what it does again when something is
# different, what it leaves alone, and what is refused before anything runs.
# shellcheck disable=SC2016,SC2317
unset MAKEFLAGS MFLAGS MAKELEVEL OUT DATA NET MODEL PLATFORM
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# Each call of a tool that works, and does not only print its parameters, is a line of
# calls.
mkdir tools
for tool in "$BIN"/*; do
    name=${tool##*/}
    cat >"tools/$name" <<END
#!/bin/sh
case " \$* " in
*' --params '* | *' --version '* | *preflight*) ;;
*) echo $name >>"$T/calls" ;;
esac
exec "$tool" "\$@"
END
done
chmod +x tools/*

augment() {
    : >calls
    make -f "$TOP/pipelines/augment.mk" BIN="$T/tools" OUT=run DATA=data.mpz NET=ecg-cnn \
        NET_FLAGS=--width=0.25 PLATFORM=device.json EPOCHS=1/0 BRANCH_EPOCHS=1 FINETUNE=1 \
        TRAIN_FLAGS=--batch=20 PRECISION=float MAX_LOSS=0.5 STATIC=no THREADS=1 "$@"
}
# did WHAT TRAININGS PLANS RUNS: how often eenn-train, exit-map and eenn-run worked.
did() {
    did_now="$(grep -cx eenn-train calls) $(grep -cx exit-map calls) $(grep -cx eenn-run calls)"
    holds "$1: $2 trainings, $3 plans, $4 runs" test "$did_now" = "$2 $3 $4"
    [ "$did_now" = "$2 $3 $4" ] || say "$1: it was $did_now"
}
files() {
    find run -type f ! -path run/lock ! -path 'run/tmp/*' ! -path 'run/params/*' \
        -exec cksum {} + | sort
}
nothing() {     # nothing WHAT VARIABLE=VALUE..: works nothing, and changes no file
    files >before
    expect_loose 0 "$1" augment "${@:2}"
    did "$1" 0 0 0
    files >after
    same before after "$1: changes no file"
}

data-synth --kind=signals -n 120 --val=60 --test=60 --cal=60 -o data.mpz
data-synth --kind=signals -n 120 --val=60 --test=60 --seed=2 --length=64 -o short.mpz
data-synth -n 60 --val=20 --test=20 --size=16 -o pictures.mpz
rate='{"op": "other", "precision": "float", "macs_per_s": '
printf '%s\n' '{"type": "platform", "name": "two-cores",' \
    '"processors": [{"name": "small", "rates": ['"$rate"'1e6}], "active_w": 0.02, "idle_w": 0.001},' \
    '{"name": "big", "rates": ['"$rate"'4e6}], "active_w": 0.1, "idle_w": 0.001}],' \
    '"links": [{"from": "small", "to": "big", "bytes_per_s": 1e7}]}' >device.json
sed 's/4e6/8e6/' device.json >faster.json

# ---- a whole one ----

expect_loose 0 'a dry run' augment -n
holds 'begins nothing' test ! -e run
contains "$OUT" net-zoo 'and shows how it would begin'
expect_loose 0 'an augmentation' augment
did 'an augmentation' 4 2 3
holds 'it ends with a sentence' grep -Eqx \
    'The plan has [0-9.]+ % \([-0-9.]+\) on the test split, [-0-9.]+ points \([-0-9.]+ to [-0-9.]+\) from the base\.' "$OUT"
contains "$ERR" 'run: training: the base, the branches' 'which says first what is trained'
expect 0 'all streams are whole' stream-check run/*.mpz run/final/*.mpz run/trained/*.mpz
contains run/report.txt 'On the test split, once' 'the report has the test split'
for row in base tuned-base plan; do
    holds "and a row of: $row" grep -q "^$row  *[0-9.]* (" run/report.txt
done
# The base of the report is one that fits: without room on the fast processor the other.
figures() {     # figures LIMIT: the processor of the base where the fast one holds so many bytes
    stream-dump run/plans.mpz | jq -c --argjson n "$1" '
        if .role then .stores |= map(if .name == "big" then .memory_limit = $n else . end) else . end' |
        stream-load -o limited.mpz
    OUT=run "$TOP/pipelines/augment-report.sh" figures limited.mpz base | cut -d ' ' -f 4
}
holds 'compared with the base on the fast processor' test "$(figures 1000000)" = big
holds 'unless that cannot hold it' test "$(figures 1)" = small
contains run/plan.svg '</svg>' 'the plan is drawn'
contains run/curve.svg '</svg>' 'and the curve'
holds 'nothing of the base is trained with the branches' test "$(
    stream-dump -r run/base.mpz | jq -c 'select(.type == "tensor" and .name == "stem.weight").value')" = "$(
    stream-dump -r run/branches.mpz | jq -c 'select(.type == "tensor" and .name == "stem.weight").value')"
cp -rp run first

# ---- what shapes nothing ----

nothing 'again'
touch data.mpz device.json run/base.mpz run/branches.mpz run/plan.mpz run/trained/* run/params/base
nothing 'a touch'
nothing 'another notation' EPOCHS=01/0 MAX_LOSS=50% TRAIN_FLAGS='--batch 20' SEED=01
expect_loose 0 'status' augment status
did 'status' 0 0 0
contains "$OUT" 'steps          7 of 7 done' 'says how far it is'
contains "$OUT" 'report         run/report.txt' 'and where the report is'
rm run/plans.mpz run/base.mpz run/final/test.mpz
expect_loose 0 'files lost' augment
holds 'files lost: nothing is trained' test "$(grep -cx eenn-train calls)" = 0
for file in base.mpz plans.mpz final/test.mpz report.txt; do
    same "first/$file" "run/$file" "comes back byte for byte: $file"
done
head -c 3000 first/trained/branches-*.mpz >'cut'
cp cut "$(echo run/trained/branches-*.mpz)"
expect_loose 0 'a training is damaged' augment
contains "$ERR" 'the file is removed, and made again when a training needs it' 'which is said'
same first/branches.mpz run/branches.mpz 'and it comes back'

# ---- what is different ----

# Measured costs of every layer, those of all candidates among them, which the chosen
# network does not have; they say what the rates do.
stream-dump -r run/branches.mpz | jq -r 'select(.type == "net").layers[] |
    "\(.name)\tsmall\t\(.macs / 1e6)", "\(.name)\tbig\t\(.macs / 8e6)"' >costs.tsv
expect_loose 0 'another platform' augment PLATFORM=faster.json COSTS=costs.tsv
holds 'another platform: neither base nor branches are trained' \
    test "$(grep -cx eenn-train calls)" -le 1
holds 'but planned' test "$(grep -cx exit-map calls)" -ge 2
contains "$ERR" 'platform is another' 'which is said'
sed -i 's/4e6/8e6/' device.json
nothing 'the same platform in another file' COSTS=costs.tsv
sed -i 's/8e6/4e6/' device.json
expect_loose 0 'and back' augment
holds 'and back: nothing is trained' test "$(grep -cx eenn-train calls)" = 0
same first/report.txt run/report.txt 'and the report is that of before'
expect_loose 0 'more epochs of the branches' augment BRANCH_EPOCHS=2
holds 'train branches and what follows' test "$(grep -cx eenn-train calls)" = 2
expect_loose 0 'no fine-tuning' augment FINETUNE=0
did 'no fine-tuning' 0 1 1
contains run/report.txt 'There was no fine-tuning' 'is said in the report'
expect_loose 0 'fine-tuning that fails' augment FINETUNE_FLAGS=--lr=1000 BRANCH_EPOCHS=2
contains "$ERR" 'tuned  is left out, as its training failed: ' 'says so'
contains run/report.txt 'Fine-tuning failed, and the plan is that of before it: ' 'also in the report'
expect_loose 2 'a base whose training fails' augment OUT=failed TRAIN_FLAGS=--lr=1000
contains "$ERR" 'failed: the training of the base failed: ' 'is an error'
expect_loose 0 'a guarantee' augment CONFIDENCE=0.9
holds 'is asked of the split cal' sh -c "stream-dump -r run/final/plan.mpz |
    jq -e '.split == \"cal\" and .guarantee.confidence == 0.9' >/dev/null"
contains run/report.txt 'Its limits on unseen data' 'and is in the report'
expect_loose 0 'without it' augment
same first/final/plan.mpz run/final/plan.mpz 'the plan is that of before'
expect_loose 0 'prune' augment prune
contains "$ERR" 'of trainings of other settings' 'says what it removed'
nothing 'and leaves what is used'

# ---- a network without exits to compare with ----

expect_loose 0 'a static network' augment STATIC=auto
did 'a static network' 1 1 1
holds 'has a row in the report' grep -q '^static  *[0-9.]* (' run/report.txt
stream-dump run/plan.mpz | sed 's/"macs":[0-9.]*,"latency"/"macs":200000,"latency"/' | stream-load -o cheap.mpz
net=(ecg-cnn --input=128x1x2)
"$TOP/pipelines/narrow.sh" cheap.mpz narrow.mpz "${net[@]}" 2>"$ERR"
cost() {
    stream-dump -r "$1" | jq '.exits[-1].gamma'
}
holds 'it costs no more than the plan' test "$(cost narrow.mpz)" -le 200000
width=$(stream-dump --first narrow.mpz | jq -r 'select(.provenance).provenance.params.width')
net-zoo "${net[@]}" --width="$(awk "BEGIN {print $width + 0.02}")" -o wider.mpz
holds 'and would, were it wider' test "$(cost wider.mpz)" -gt 200000
expect_loose 0 'without it' augment
holds 'nothing is left of it in the report' sh -c '! grep -q "^static" run/report.txt'

# ---- a kill, in the middle of the branches ----

mv tools/eenn-train tools/plain
cat >tools/eenn-train <<END
#!/bin/bash
case " \$* " in *frozen*' -o '*) kill -KILL 0 ;; esac
exec "$T/tools/plain" "\$@"
END
chmod +x tools/eenn-train
export -f augment
export T
setsid -w bash -c 'augment OUT=killed' >"$OUT" 2>&1
holds 'a kill in the middle' test $? = 137
mv tools/plain tools/eenn-train
expect_loose 0 'its status' augment OUT=killed status
contains "$OUT" 'steps          1 of 7 done, then the branches' 'says where it is'
expect_loose 0 'is gone on with' augment OUT=killed
holds 'without another base' test "$(grep -cx eenn-train calls)" = 3
same first/report.txt killed/report.txt 'and ends as one that was not killed'
same first/tuned.mpz killed/tuned.mpz 'with the same network'

# ---- one at a time, in a folder of its own ----

flock -o killed/lock sleep 60 &
holder=$!
until ! flock -n killed/lock true; do sleep 0.1; done
expect_loose 2 'another make' augment OUT=killed
contains "$ERR" 'another make is running here' 'is told so'
expect_loose 0 'status meanwhile' augment OUT=killed status
contains "$OUT" 'at work' 'says that one is at work'
kill -9 "$holder"
wait "$holder" 2>/dev/null
expect_loose 2 'a search in it' make -f "$TOP/pipelines/search.mk" OUT=run DATA=pictures.mpz \
    SPACE=ofa-mbv3:width=0.1,res=16,classes=10,exits=2
contains "$ERR" 'another pipeline has made this folder' 'is refused'

# ---- a network that is there ----

expect_loose 0 'a trained network' augment OUT=given NET= NET_FLAGS= MODEL=first/base.mpz
did 'a trained network' 3 2 3
for run in first given; do
    stream-dump -r $run/plan.mpz | jq -c '[.segments, .accuracy, .latency, .macs]' >$run.plan
done
same first.plan given.plan 'gets the same plan'
ls >before
expect_loose 0 'the plan of the work' augment plan
contains "$OUT" '3 places for an exit' 'names the places'
contains "$OUT" 'on an otherwise idle machine' 'and the time'
holds 'and leaves nothing behind' sh -c 'ls | cmp -s before -'

sed 's/1e6/10/' device.json >slow.json
expect_loose 0 'a rate in another unit' augment PLATFORM=slow.json preflight
contains "$ERR" 'preflight: warning: PLATFORM=slow.json: platform two-cores: processor small: 10 MACs' \
    'is warned of'

# ---- what is refused: one clear line each ----

refused() {     # refused MESSAGE VARIABLE=VALUE..
    message=$1
    shift
    expect_loose 2 "$*" augment OUT=none "$@"
    contains "$ERR" "$message" "says: $message"
    holds 'and no more' test "$(grep -vc '^make' "$ERR")" = 1
}
refused 'preflight: NET or MODEL is missing' NET=
refused 'preflight: NET=ecg-cnn and MODEL=first/base.mpz: give one of them' MODEL=first/base.mpz
refused 'preflight: PLATFORM is missing: ' PLATFORM=
refused 'preflight: PLATFORM=psoc7: there is no such file, nor such a platform: ' PLATFORM=psoc7
refused 'preflight: PLATFORM=data.mpz: a dataset stream, not a platform' PLATFORM=data.mpz
printf '{"type": "platform", "name": "x", "processors": []}\n' >empty.json
refused 'preflight: PLATFORM: stream-load: ' PLATFORM=empty.json
sed 's/"active_w": 0.1,/"memory": 100, &/; s/"active_w": 0.02,/"memory": 100, &/' device.json >tiny.json
refused 'preflight: PLATFORM=tiny.json: no processor of platform two-cores can hold' PLATFORM=tiny.json
sed 's/"active_w": 0.1, //' device.json >unknown.json
refused 'preflight: PLATFORM=unknown.json: the energy is unknown: processor big has no active_w' \
    PLATFORM=unknown.json MINIMISE=energy
refused 'preflight: PLATFORM=device.json: processor small has no rate of conv or other in int8' \
    PRECISION=int8
printf 'nowhere\tsmall\t1\n' >nowhere.tsv
refused 'preflight: COSTS: nowhere.tsv:1: the network has no layer nowhere' COSTS=nowhere.tsv
refused 'preflight: PLATFORM=device.json: on platform two-cores the network takes at least' \
    MAX_LATENCY=1e-6
refused 'preflight: NET: net-zoo: ' NET=ecg-cmn
refused 'preflight: NET: stream-dump: none.mpz: ' NET=none.mpz NET_FLAGS=
refused 'preflight: MODEL: ' NET= MODEL=data.onnx
net-zoo ecg-cnn --input=128x1x2 --exits=all -o exits.mpz
refused 'has early exits already' NET=exits.mpz NET_FLAGS=
refused 'takes samples of 128x1x2, and those of DATA=short.mpz are 64x1x2' NET= NET_FLAGS= \
    MODEL=first/base.mpz DATA=short.mpz
refused 'preflight: DATA: stream-dump: none.mpz' DATA=none.mpz
refused 'preflight: DATA=first/base.mpz: not a dataset stream' DATA=first/base.mpz
refused 'preflight: CONFIDENCE=0.9: DATA=short.mpz has no split cal' CONFIDENCE=0.9 DATA=short.mpz
refused 'preflight: EPOCHS: eenn-train: ' EPOCHS=many
refused 'preflight: MINIMISE: exit-map: ' MINIMISE=beauty
refused 'preflight: MAX_LOSS, LIMITS or MAP_FLAGS: exit-map: ' LIMITS=--max=beauty=1
refused 'preflight: FINETUNE=-1: not a whole number' FINETUNE=-1
refused 'FINETUN: there is no such variable; FINETUNE?' FINETUN=1
refused 'DATA=FILE is missing' DATA=
holds 'nothing was begun' test ! -e none
finish
