#!/bin/sh
# SPDX-License-Identifier: MIT
# Ways of training that eenn-train has beside its phases: a teacher, weights of exits, an average of the
# weights, a learning rate for what comes behind the backbone.
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

space=ofa-mbv3:width=0.35,res=16,classes=3,exits=2
data-synth -q -n 96 --val=30 --test=12 --classes=3 --size=16 --difficulty=0 -o d.mpz
data-synth -q -n 20 --val=10 --test=4 --classes=4 --size=16 -o four.mpz
ofa-sample -n 2 --seed=3 --space=$space | eec-place -o nets.mpz
stream-pick --index=0 nets.mpz -o net.mpz

go() {      # go OUT OPTION..
    go_out=$1
    shift
    eenn-train -q -d d.mpz -b 16 "$@" net.mpz -o "$go_out"
}
of() {      # of STREAM JQ-FILTER: of what its first network's record says
    stream-dump -r "$1" | sed 1q | jq -r "$2"
}
outcome() { # outcome STREAM: its traces and tensors
    stream-dump -r "$1" | grep -e '^{"type":"exit-trace"' -e '^{"type":"tensor"'
}
# Run twice, with other threads, and killed after each epoch: the bytes are the
# same.
steady() {  # steady EPOCHS OPTION..
    steady=$1
    shift
    go whole.mpz "$@"
    go threads.mpz -j3 "$@"
    same whole.mpz threads.mpz "$*: the same bytes with threads"
    i=0
    while [ $i -lt "$steady" ]; do
        expect 4 'a run that ends after an epoch' go part.mpz "$@" \
            --checkpoint=run.cp --checkpoint-every=0 --log=/dev/full
        i=$((i + 1))
    done
    go part.mpz --checkpoint=run.cp --checkpoint-every=0 "$@"
    same whole.mpz part.mpz 'that goes on gives the same bytes'
}

# ---- a teacher ----

# Of a teacher alone, which is of another form and says one class whatever it sees,
# every exit learns to say that class.
stream-pick --index=1 nets.mpz | eenn-train -q -d d.mpz -b 16 -e 0/1 -o teacher.mpz
{
    stream-dump -r teacher.mpz | grep -v '"name":"final.classifier.bias"'
    stream-dump -r --values teacher.mpz | grep '"name":"final.classifier.bias"' |
        jq -c '.value.values[1] += 30'
} | stream-load --kind=trained -o dogged.mpz
expect 0 'no labels, a teacher' go taught.mpz -e 0/3 --lr=0.05 --w-acc=0 \
    --no-confidence-loss --distil=1 --distil-temperature=2 --teacher=dogged.mpz
holds 'all exits learn from it' test "$(stream-dump -r --values taught.mpz |
    grep '^{"type":"exit-trace"' | jq -sc 'map(.logits | .shape[1] as $k |
        [.values | range(0; length; $k) as $i | .[$i + 1] == (.[$i:$i + $k] | max)] |
        length == 30 and all)')" = '[true,true]'
holds 'the log has the term' test "$(of taught.mpz \
    '[.log[].loss_distil] | .[0] > .[2] and .[2] > 0')" = true
holds 'recipe and trailer its digest' test "$(stream-dump taught.mpz | tail -n 1 |
    jq -r '.inputs[2] | "\(.kind) \(.digest)"')" = "trained $(of taught.mpz '.recipe[] |
    select(.name == "teacher").value')"
go one.mpz -e 1/1
go self.mpz -e 1/1 --distil=1
go two.mpz -e 1/1 --distil=1 --teacher=teacher.mpz
expect 1 'another network teaches otherwise than the final exit' stream-cmp self.mpz two.mpz
holds 'the phase backbone is taught, too' test "$(of two.mpz '.log[0].loss_distil > 0'),$(
    of self.mpz '.log[0].loss_distil')" = true,null

# Features that are kept give what the samples give that they are of.
frozen='-e 1/2 --distil=1 --teacher=teacher.mpz --backbone=frozen --no-flip --crop-pad=0'
# shellcheck disable=SC2086
go kept.mpz $frozen
# shellcheck disable=SC2086
go images.mpz $frozen --no-cache-features
outcome kept.mpz >kept.part
outcome images.mpz >images.part
same kept.part images.part 'kept features have the teacher of their samples'

# The largest network of a supernet, whose statistics are of no network.
printf 'phase epochs warmup lr subnets largest distil s?.depth s?.k? s?.e?\nall 1 0 0.1 1 0 0 2,3,4 3,5,7 3,4,6\n' >list.tsv
ofa-train -q -d d.mpz -p list.tsv -b 20 --calibrate=40 --measure=1 --space=$space -o super.mpz
expect 0 'a supernet' eenn-train -v -d d.mpz -b 16 -e 0/1 --distil=1 --teacher=super.mpz \
    net.mpz -o taught.mpz
contains "$ERR" "teacher: $space" 'is named'
go again.mpz -e 0/1 --distil=1 --teacher=super.mpz --recalibrate=0
expect 1 'its statistics are computed anew' stream-cmp taught.mpz again.mpz

# That of a user's own space, whose table is not in the stream.
cat >own.txt <<'END'
# nachos network space 1
stem  conv c=8 k=3 s=2 act=relu
s1    mb   c=8 s=1 depth=1,2 k=3 e1=1 e=2,3 act=relu
s2    mb   c=16 s=2 depth=1,2 k=3,5 e=2,3 act=hswish
final conv c=32 k=1 act=hswish
exits after=s1 head=off,conv
END
sed 's/c=32/c=40/' own.txt >other.txt
printf 'phase epochs warmup lr subnets largest distil s?.depth s?.k? s?.e?\nall 1 0 0.1 1 0 0 1,2 3,5 2,3\n' >own.tsv
ofa-train -q -d d.mpz -p own.tsv -b 20 --calibrate=40 --measure=1 \
    --space=own.txt:res=16,classes=3,exits=1 -o own.mpz
expect 0 "one of a user's own space" \
    go taught.mpz -e 1/0 --distil=1 --teacher=own.mpz --space=own.txt
expect 2 'without its table' eenn-train -d d.mpz -e 1/0 --distil=1 --teacher=own.mpz net.mpz
contains "$ERR" '--space=FILE' 'says how to give it'
expect 3 'with another one' go no.mpz -e 1/0 --distil=1 --teacher=own.mpz --space=other.txt
contains "$ERR" 'another table than --space' 'says so'
expect 3 'with none' go no.mpz -e 1/0 --distil=1 --teacher=own.mpz --space=net.mpz
expect 2 'a table and no teacher' go no.mpz --space=own.txt

refuses_broken teacher teacher.mpz d.mpz eenn-train -q -d d.mpz -e 1/0 --distil=1 net.mpz --teacher
expect 2 'a teacher and no weight' go no.mpz --teacher=teacher.mpz
contains "$ERR" '--distil=R' 'says what is missing'
expect 3 'two teachers' sh -c 'cat teacher.mpz one.mpz >pair.mpz &&
    exec eenn-train -d d.mpz -e 1/0 --distil=1 --teacher=pair.mpz net.mpz'
contains "$ERR" 'a second network' 'are one too many'
eenn-train -q -d d.mpz --lr=1e6 -e 1/0 net.mpz -o failed.mpz 2>failed.txt
expect 3 'none' eenn-train -d d.mpz -e 1/0 --distil=1 --teacher=failed.mpz net.mpz
contains "$ERR" 'failed in training' 'says why'
go bare.mpz -e 0/0 --weights=none
expect 3 'one without weights' go no.mpz -e 1/0 --distil=1 --teacher=bare.mpz
expect 3 'weights without a network' sh -c '{
    echo "{\"type\":\"weights\",\"space\":null,\"net\":null,\"recipe\":null,\"epoch\":null}"
    stream-dump -r teacher.mpz | grep "^{\"type\":\"tensor\""; } |
    stream-load --kind=weights -o weights.mpz &&
    exec eenn-train -d d.mpz -e 1/0 --distil=1 --teacher=weights.mpz net.mpz'
contains "$ERR" 'it takes a trained stream' 'says what to give'
ofa-sample -n 1 --space=ofa-mbv3:width=0.35,res=16,classes=4,exits=2 | eec-place -o four-net.mpz
eenn-train -q -d four.mpz -e 0/0 four-net.mpz -o four-trained.mpz
expect 3 'of other classes' go no.mpz -e 1/0 --distil=1 --teacher=four-trained.mpz
stream-dump -r d.mpz | jq -c 'if .type == "dataset" then .classes[1] = "no-such" else . end' |
    stream-load --kind=dataset -o names.mpz
expect 3 'of classes with other names' \
    eenn-train -d names.mpz -e 1/0 --distil=1 --teacher=teacher.mpz net.mpz

# ---- exit weights ----

weigh() {   # weigh OUT WEIGHTS [OPTION..]
    weigh_out=$1 weights=$2
    shift 2
    go "$weigh_out" -e 0/2 --exit-weights="$weights" "$@"
}
go plain.mpz -e 0/2
weigh none.mpz none
expect 0 'none is none, of which the recipe knows nothing' stream-cmp plain.mpz none.mpz
weigh even.mpz 3,3
outcome plain.mpz >plain.txt
outcome even.mpz >even.txt
same plain.txt even.txt 'equal weights change nothing'
weigh late.mpz late
weigh list.mpz 1.0,2
outcome late.mpz >late.txt
outcome list.mpz >list.txt
same late.txt list.txt 'of two exits late is 1,2'
holds 'the recipe has one spelling' test "$(of list.mpz '.recipe[] |
    select(.name == "exit-weights").value')" = 1,2
weigh more.mpz 1,7,7,2
outcome more.mpz >more.txt
same late.txt more.txt 'numbers of exits that a net does not have are not used'
weigh early.mpz early
weigh two.mpz 2,1
outcome early.mpz >early.txt
outcome two.mpz >two.txt
same early.txt two.txt 'early is 2,1'
for weights in early late; do
    expect 1 "$weights makes a difference" stream-cmp plain.mpz $weights.mpz
done
# Of an exit that hardly counts hardly anything is left in the loss.
weigh first.mpz 1,1e-6 --no-confidence-loss
weigh last.mpz 1e-6,1 --no-confidence-loss
holds 'they are in the loss of the validation split' test "$(of first.mpz \
    '.log[0].val_loss'),$(of last.mpz '.log[0].val_loss')" != "$(of plain.mpz \
    '.log[0].val_loss'),$(of plain.mpz '.log[0].val_loss')"
holds 'a head that does not count stays as it was' test "$(stream-dump -r --values last.mpz |
    grep '"name":"exit[0-9]*.classifier.bias"' | jq '.value.values | map(. * .) | add < 1e-9')" = true
for text in '' even '1,' ',1' 1,,1 0,1 -1,1 nan,1 1e7,1 1,early; do
    expect 2 "exit weights '$text'" go no.mpz --exit-weights="$text"
done
for form in mixture independent; do
    expect 2 "exit weights with $form" go no.mpz --exit-weights=2,1 --acc-loss=$form --backbone=frozen
    contains "$ERR" 'needs --acc-loss=joint or weighted' 'says with what'
done

# ---- the backbone first, then all ----

go rates.mpz -e 1/1/1 --lr=0.1 --lr-exits=0.02
holds 'two schedules of two rates' test "$(of rates.mpz '.log | map(.lr) | .[0] == 0.1 and
    .[1] == 0.02 and .[2] < 0.02')" = true
go same.mpz -e 1/1/1 --lr=0.1
go again.mpz -e 1/1/1 --lr=0.1 --lr-exits=none
expect 0 'none is that of the backbone' stream-cmp same.mpz again.mpz
expect 1 'which the other is not' stream-cmp same.mpz rates.mpz
expect 2 'a rate that is none' go no.mpz --lr-exits=-1

# ---- the average of the weights ----

go off.mpz -e 1/2 --keep=last
go zero.mpz -e 1/2 --keep=last --ema=0
same off.mpz zero.mpz 'no average is as before'
holds 'and recipes know nothing of what came later' test "$(of off.mpz '[.recipe[].name |
    select(IN("ema", "exit-weights", "lr-exits"))] | length')" = 0
go ema.mpz -e 1/2 --keep=last --ema=0.9
outcome off.mpz >off.txt
outcome ema.mpz >ema.txt
holds 'an average is another network' sh -c '! cmp -s off.txt ema.txt'
go again.mpz -e 0/0 --init-weights=ema.mpz
outcome again.mpz >again.txt
same ema.txt again.txt 'the trace is that of the weights that are written'
holds 'the accuracies are those of the trace' test "$(stream-dump -r --values ema.mpz |
    grep -v '^{"type":"tensor"' | jq -sc '
    (map(select(.type == "trace"))[0].labels.values) as $y |
    (map(select(.type == "trained"))[0].log[-1].val_accuracy) as $log |
    [.[] | select(.type == "exit-trace").logits | .shape[1] as $k | .values as $v |
        [range($y | length) | . as $s | $v[$s * $k:($s + 1) * $k] |
            index(max) == $y[$s] | select(.)] | length / ($y | length)] == $log')" = true
# Steps that change nothing have the weights themselves as their average.
go still.mpz -e 0/2 --lr=0
go average.mpz -e 0/2 --lr=0 --ema=0.9
params() {  # params STREAM: the parameters in it
    stream-dump -r "$1" | grep '"role":"param"'
}
params still.mpz >still.txt
params average.mpz >average.txt
same still.txt average.txt 'weights that stand still are their own average'
expect 2 'branches that end each by itself' go no.mpz --ema=0.9 --acc-loss=independent \
    --backbone=frozen -e 1/1
contains "$ERR" 'cannot be used with --ema' 'says so'
for d in 1 -0.1 nan 0,9; do
    expect 2 "an average of $d" go no.mpz --ema=$d
done

# ---- augmentation ----

go aug.mpz -e 0/1
go off.mpz -e 0/1 --cutout=0 --mixup=0
expect 0 '0 is none, of which the recipe knows nothing' stream-cmp aug.mpz off.mpz
for value in -1 101 x none nan; do
    expect 2 "--mixup=$value" go no.mpz --mixup="$value"
done
# Kept features are of samples as they are; with the images the exits learn from mixed ones.
frozen='-e 0/1 --backbone=frozen --no-flip --crop-pad=0'
# shellcheck disable=SC2086
{
    go kept.mpz $frozen
    go mixed.mpz $frozen --mixup=1
    go images.mpz $frozen --no-cache-features --mixup=1
}
outcome kept.mpz >kept.txt
outcome mixed.mpz >mixed.txt
outcome images.mpz >images.txt
same kept.txt mixed.txt 'kept features are not mixed'
expect 1 'images are' cmp -s kept.txt images.txt
for value in -1 4097 half 1.5; do
    expect 2 "--cutout=$value" go no.mpz --cutout="$value"
done
expect 2 'no such way to flip' go no.mpz --flip=alternately
contains "$ERR" 'not one of auto, yes, no, alternate' 'says which there are'

# Features of 32 moments by one band are cut out, too, and never mirrored.
data-synth -q --kind=signals -n 80 --val=20 --test=12 --length=32 -o beats.mpz
net-zoo ecg-cnn --input=32x1x2 --classes=5 --width=0.2 --exits=all -o ecg.mpz
beats() {   # beats OUT OPTION..
    beats_out=$1
    shift
    eenn-train -q -d beats.mpz -b 16 -e 0/1 "$@" ecg.mpz -o "$beats_out"
}
beats heard.mpz --no-flip
beats turned.mpz --flip=alternate
expect 0 'signals are not mirrored in any epoch' stream-cmp heard.mpz turned.mpz
for option in --cutout=9 --mixup=1; do
    beats cut.mpz $option
    expect 1 "but $option changes them" stream-cmp heard.mpz cut.mpz
done

# ---- learning rates of biases and gamma ----

go off.mpz -e 0/1 --lr-scale-bias=1 --lr-scale-gamma=1.0
expect 0 'a factor of 1 is none, of which the recipe knows nothing' stream-cmp aug.mpz off.mpz
slots() {   # slots STREAM PATTERN: the trained tensors whose names match
    stream-dump -r --values "$1" | jq -c --arg of "$2" \
        'select(.type == "tensor" and .role == "param" and (.name | test($of))) | [.name, .value.values]' | sort
}
go start.mpz -e 0/0
for kind in bias,bias,beta gamma,gamma,gamma; do
    names="($(echo "${kind#*,}" | tr , '|'))\$"
    go held.mpz -e 0/2 --lr-scale-"${kind%%,*}"=0
    for stream in start held; do
        slots $stream.mpz "$names" >$stream.txt
    done
    same start.txt held.txt "with a factor of 0 of ${kind%%,*} these stay as they are"
    holds 'there are some' test -s held.txt
    slots held.mpz 'weight$' >held.txt
    slots start.mpz 'weight$' >start.txt
    holds 'and all weights learn' test -s held.txt -a "$(comm -12 held.txt start.txt | wc -l)" -eq 0
    go more.mpz -e 0/1 --lr-scale-"${kind%%,*}"=3
    expect 1 "a factor of ${kind%%,*} makes a difference" stream-cmp aug.mpz more.mpz
    expect 2 'a factor below 0' go no.mpz --lr-scale-"${kind%%,*}"=-1
done

# ---- all of it together ----

together='--distil=1 --teacher=teacher.mpz --exit-weights=3,1 --ema=0.9 --cutout=6 --flip=alternate --lr-scale-bias=8 --lr-scale-gamma=0.5 --mixup=0.4'
# shellcheck disable=SC2086
steady 3 -e 1/1/1 $together --acc-loss=weighted --lr-exits=0.02 --max-macs=1000
# shellcheck disable=SC2086
steady 2 -e 0/2 $together --backbone=frozen --clip-norm=1
finish
