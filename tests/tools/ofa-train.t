#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2317,SC2086
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

space=ofa-mbv3:width=0.35,res=16,classes=3,exits=2
data-synth -q -n 200 --val=40 --test=12 --classes=3 --size=16 -o d.mpz
data-synth -q -n 20 --val=10 --test=4 --classes=4 --size=16 -o four.mpz

list() {    # list LINE..: a schedule of these phases
    printf 'phase epochs warmup lr subnets largest distil s?.depth s?.k? s?.e?\n'
    printf '%s\n' "$@"
}
list 'full 4 0 0.1 1 0 0 4 7 6' 'kernel 4 1 0.02 1 0.5 1 4 3,5,7 6' \
    'narrow 4 0 0.01 2 0 1 2,3,4 3,5,7 4,6' \
    'all 2 0 0.01 2 0.2 1 2,3,4 3,5,7 3,4,6' >list.tsv

go() {      # go OPTION..
    ofa-train -q -d d.mpz -p list.tsv -b 20 --calibrate=40 --measure=1 "$@"
}
go --space=$space --until=1 -o 1.mpz
records() { # records STREAM JQ-FILTER
    stream-dump -r "$1" | jq -c "$2"
}

example_setup() {
    data-synth -q -n 40 --val=8 --test=4 -o data.mpz
    cp ../list.tsv .
    cp "$TOP/pipelines/supernet.tsv" supernet.tsv
}
INPUT=1.mpz ARGS='-d d.mpz -p list.tsv -b 20 --calibrate=40 --until=2'
battery ofa-train
refuses_broken 'data set' d.mpz 1.mpz \
    ofa-train -q -p list.tsv --until=2 1.mpz -d
refuses_broken teacher 1.mpz d.mpz \
    ofa-train -q -d d.mpz -p list.tsv --until=2 1.mpz --teacher

# ---- a range of epochs goes on where the one before ended ----

expect 0 'all of it at once' go --space=$space -o whole.mpz
expect 0 'to the end of the first phase' go --until=4 1.mpz -o 4.mpz
expect 0 'into the second' go --until=6 --teacher=4.mpz 4.mpz -o 6.mpz
expect 0 'over a border' go --until=9 --teacher=4.mpz 6.mpz -o 9.mpz
expect 0 'to the end' sh -c \
    'ofa-train -q -d d.mpz -p list.tsv -b 20 --calibrate=40 --measure=1 \
        --teacher=4.mpz <9.mpz >14.mpz'
tensors() { stream-dump -r "$1"; }
tensors whole.mpz >whole
tensors 14.mpz >pieces
same whole pieces 'in pieces as at once'
expect 0 'two threads' go --space=$space --until=6 -j 2 -o j2.mpz
tensors j2.mpz >have
tensors 6.mpz >want
same want have 'two threads as one'
mixed='--mixup=0.4 --cutout=5 --flip=alternate'
expect 0 'mixed samples and threads' go --space=$space --until=2 -j 3 $mixed -o j3.mpz
go --space=$space --until=1 $mixed -o first.mpz
expect 0 'in pieces' go --until=2 $mixed first.mpz -o second.mpz
tensors j3.mpz >have
tensors second.mpz >want
same want have 'give the same'
expect 0 'nothing to do' go --until=9 --teacher=4.mpz 9.mpz -o again.mpz
tensors again.mpz >have
tensors 9.mpz >want
same want have 'no epochs, no change'

# ---- another set ----

edited() {  # edited FILTER: d.mpz with another description
    stream-dump -r d.mpz | jq -c "if .type == \"dataset\" then $1 else . end" |
        stream-load --kind=dataset -o edited.mpz
}
edited '.mean[0] = 0.125 | .std[1] = 0.0625'
go -v -v -d edited.mpz --until=6 --teacher=4.mpz 4.mpz -o moments.mpz 2>"$ERR"
contains "$ERR" "another mean and deviation than data set synth: the net's are used" \
    'a supernet keeps the mean and deviation that it began with'
tensors moments.mpz >have
tensors 6.mpz >want
same want have 'and learns the same'
expect 0 'a teacher of other moments' go -v -d edited.mpz --space=$space --until=1 \
    --teacher=4.mpz -o moments.mpz
contains "$ERR" 'warning: teacher 4.mpz was trained on images of another mean' \
    'is warned of'
edited '.classes[1] = "no-such"'
go -v -v -d edited.mpz --until=5 --teacher=4.mpz 4.mpz >moments.mpz 2>"$ERR"
contains "$ERR" 'the heads begin with the weights of other classes' \
    'other classes are warned of'
contains "$ERR" 'class 1 of net 4.mpz is ' 'and a teacher of other classes is refused'

# ---- what is in it ----

records 14.mpz 'select(.type == "weights") |
    [.epoch, (.log | length), (.log | map(.phase) | unique)]' >have
echo '[14,14,["all","full","kernel","narrow"]]' >want
same want have 'the log has every epoch'
records 14.mpz 'select(.type == "subnet") | [.phase, .epoch, .which]' >have
printf '%s\n' '["full",4,"largest"]' '["kernel",8,"largest"]' \
    '["kernel",8,"smallest"]' '["kernel",8,"random"]' \
    '["narrow",12,"largest"]' '["narrow",12,"smallest"]' \
    '["narrow",12,"random"]' '["all",14,"largest"]' '["all",14,"smallest"]' \
    '["all",14,"random"]' >want
same want have 'a table at the end of each phase'
records 6.mpz 'select(.role == "momentum") | .name' | sort >have
records 6.mpz 'select(.role == "param") | .name' | sort >want
same want have 'within a phase the optimiser is kept'
holds 'at its end it is not' \
    sh -c '! stream-dump -r 4.mpz | grep -q "\"role\":\"momentum\""'
holds 'the transforms are there' \
    sh -c 'stream-dump -r 4.mpz | grep -q s5.b3.depthwise.5to3'
expect 0 'a report' go --space=$space --until=4 --report=report -o x.mpz
holds 'it says what the phase took' \
    grep -q 'phase full, scale 1: 4 of its 4 epochs in' report

# The full network is what eenn-train finds in it.
ofa-sample --space=$space "$(printf '%045d10' 0 | tr 0 2 | sed 's/2.$/10/')" \
    2>/dev/null >one.mpz ||
    ofa-sample --space=$space --corners -n 1 -o one.mpz
eec-place one.mpz -o net.mpz
expect 0 'its weights fit the networks of the space' \
    eenn-train -q -d d.mpz -e 0/0 --init-weights=14.mpz net.mpz -o t.mpz

# ---- every network of it has learnt; re-calibrated, that shows ----

data-synth -q -n 600 --val=100 --test=4 --classes=3 -o large.mpz
list 'full 5 0 0.2 1 0 0 4 7 6' 'all 2 0 0.1 2 0 1 2,3,4 3,5,7 3,4,6' >short.tsv
ofa-train -q -d large.mpz -p short.tsv -b 32 --crop-pad=2 --calibrate=600 \
    --measure=2 --space=ofa-mbv3:width=0.35,classes=3 -o large-super.mpz
records large-super.mpz 'select(.type == "subnet" and .phase == "all")' >all
holds 'the largest' jq -se 'map(select(.which == "largest")
    | .accuracy > 0.5) == [true]' all
holds 'the smallest' jq -se 'map(select(.which == "smallest")
    | .accuracy > 0.45 and .accuracy_as_cut < .accuracy) == [true]' all
holds 'random ones' jq -se 'map(select(.which == "random")
    | .accuracy > 0.45) == [true, true]' all

# ---- heads of early exits ----

mb=mb32:width=0.35,res=16,classes=3
cat >heads.tsv <<END
phase epochs warmup lr subnets largest distil heads s?.e? exit1
full 1 0 0.1 1 0 0 0 4 off
heads 3 0 0.02 2 0.5 1 0.5 2,3,4 gap,dw
END
heads() {   # heads OPTION..
    ofa-train -q -d d.mpz -p heads.tsv -b 20 --calibrate=40 --measure=1 "$@"
}
expect 0 'a phase with heads' heads --space=$mb -o whole.mpz
heads --space=$mb --until=1 -o 1h.mpz
expect 0 'its first epoch' heads --until=2 --teacher=1h.mpz 1h.mpz -o 2h.mpz
expect 0 'the next with two threads' \
    heads --until=3 --teacher=1h.mpz -j2 2h.mpz -o 3h.mpz
expect 0 'the last' heads --teacher=1h.mpz 3h.mpz -o 4h.mpz
records whole.mpz . >want
records 4h.mpz . >have
same want have 'in pieces as at once'
heads --space=$mb -j2 -o j2.mpz
same whole.mpz j2.mpz 'two threads as one'
heads --space=$mb --checkpoint=run.cp --checkpoint-every=0 -o cp.mpz
same whole.mpz cp.mpz 'with checkpoints as without'
cut -d ' ' -f 1-7,9 heads.tsv >alone.tsv
ofa-train -q -d d.mpz -p alone.tsv -b 20 --calibrate=40 --measure=1 --space=$mb \
    --until=1 -o alone.mpz
for f in 1h alone; do records $f.mpz 'del(.recipe)' >$f; done
same 1h alone 'before it there is nothing of heads'
records 4h.mpz 'select(.role == "param").name |
    capture("^(?<head>exit[0-9][.][a-z]+)[.]").head' | sort -u | tr -d '"' >have
printf '%s\n' exit1.dw exit1.gap exit2.conv exit2.dw exit2.gap exit2.mix \
    exit3.conv exit3.dw exit3.gap exit3.mix exit4.conv exit4.dw exit4.gap \
    exit4.mix >want
same want have 'then all heads that the schedule draws'
records 4h.mpz 'select(.name == "exit2.mix.conv.gamma").value.shape' >have
echo '[128]' >want
same want have 'at the widest'
records 4h.mpz 'select(.type == "subnet") | [.which, (.exits // [] | length)]' \
    >have
printf '%s\n' '["largest",0]' '["largest",4]' '["smallest",4]' '["random",4]' >want
same want have 'the table has their accuracies'
cat >rest.tsv <<END
phase epochs warmup lr subnets largest distil heads s?.e? exit?
first 1 0 0.1 1 0 0 0.5 4 gap
others 1 0 0.02 2 0.5 0 0.5 2,3,4 mix
none 1 0 0.02 2 0.5 0 0 2,3,4 off
END
rest() {    # rest OPTION..
    ofa-train -q -d d.mpz -p rest.tsv -b 20 --calibrate=40 --measure=0 "$@"
}
kind() {    # kind FILE KIND: the parameters of all heads of that kind
    records "$1" "select(.role == \"param\" and (.name | test(\"^exit[0-9].$2\")))"
}
rest --space=$mb --until=1 -o 1r.mpz
rest --until=2 1r.mpz -o 2r.mpz
rest 2r.mpz -o 3r.mpz
kind 1r.mpz gap >want
kind 2r.mpz gap >have
same want have 'heads that are not drawn stay as they are'
kind 1r.mpz mix >want
kind 2r.mpz mix >have
holds 'others learn' sh -c '! cmp -s want have'
kind 2r.mpz '(gap|mix)' >want
kind 3r.mpz '(gap|mix)' >have
same want have 'a phase without heads leaves all as they are'

# Networks take heads from it where it has them: exit 1 has no tensors of conv.
ofa-sample --space=$mb 'd=1,1,1,1,1 k=3,3,3,3,3 e=1,2,2,2,2 exits=conv:128,mix:64,off,gap' |
    eec-place -o net.mpz
expect 0 'a network from it' eenn-train -q -d d.mpz -e 0/0 --init-weights=4h.mpz \
    --recalibrate=0 --report=report net.mpz -o t.mpz
contains report 'for the heads of early exits: whole: 2 3, at random: 1' \
    'its heads are named'
records 4h.mpz 'select(.name == "exit2.mix.conv.weight" and .role == "param") |
    .value | .values[:(.shape[3] * 64)]' >want
records t.mpz 'select(.name == "exit2.mix.conv.weight" and .role == "param") |
    .value.values' >have
same want have 'a narrower head has the first channels'
expect 0 'from one without heads' eenn-train -q -d d.mpz -e 0/0 --init-weights=1h.mpz \
    --report=report net.mpz -o t.mpz
contains report 'at random: 1 2 3' 'all are random'
# The classifier of a head behind another pool is left out.
printf '%s heads\n' 'phase epochs warmup lr subnets largest distil' >pool.tsv
echo 'one 1 0 0.1 1 0 0 1' >>pool.tsv
ofa-train -q -d d.mpz -p pool.tsv -b 20 --calibrate=40 --measure=0 \
    --space=$space -o pool.mpz
ofa-sample --space=$space --corners -n 2 | eec-place --pool-rule=legacy -o nets.mpz
expect 0 'networks with other pools' eenn-train -q -d d.mpz -e 0/0 \
    --init-weights=pool.mpz --report=report nets.mpz -o t.mpz
sed -n 's/.*of early exits: //p' report >have
printf '%s\n' 'in part: 1' 'whole: 2, in part: 1' >want
same want have 'have their classifiers at random'

# ---- a table of one's own ----

cat >own.net <<END
# nachos network space 1
stem conv c=8 k=3 s=2
a    mb c=8 k=3 e=1 depth=1,2
b    mb c=16 s=2 k=3 e=2,3 se=4
final conv c=32 k=1
exits after=a head=off,gap,mix width=8,16
END
cat >own.tsv <<END
phase epochs warmup lr subnets largest distil heads a.depth b.e1
full 1 0 0.1 1 0 0 0 2 3
all 2 0 0.02 2 0.5 1 0.5 1,2 2,3
END
own() {     # own OPTION..
    ofa-train -q -d d.mpz -p own.tsv -b 20 --calibrate=40 --measure=1 "$@"
}
expect 0 'a space of one'\''s own' own --space=own.net:res=16,classes=3 -o own.mpz
own --space=own.net:res=16,classes=3 --until=1 -o 1o.mpz
expect 0 'goes on with its table' \
    own --space=own.net --until=2 --teacher=1o.mpz 1o.mpz -o 2o.mpz
own --space=own.net --teacher=1o.mpz - <2o.mpz >3o.mpz
expect 0 'to the same supernet' stream-cmp own.mpz 3o.mpz
expect 3 'without it' own --until=2 --teacher=1o.mpz 1o.mpz
contains "$ERR" 'give the file with --space=FILE' 'what is missing is said'
sed s/c=32/c=24/ own.net >other.net
expect 3 'with another' own --space=other.net --until=2 --teacher=1o.mpz 1o.mpz
contains "$ERR" 'is that of another table' 'which is noticed'
sed 's/e=2,3/e=2/' own.net >fixed.net
cut -d ' ' -f 1-9 own.tsv >fixed.tsv
expect 0 'nothing to sort' ofa-train -q -d d.mpz -p fixed.tsv -b 20 --calibrate=40 \
    --space=fixed.net:res=16,classes=3 --until=1 --report=report -o x.mpz
holds 'is said' grep -q 'none are sorted' report
own --space=own.net:res=16,classes=3 --until=1 --report=report -o x.mpz
holds 'else it is not' sh -c '! grep -q "none are sorted" report'
grep -v exits own.net >plain.net
expect 3 'heads where there are no exits' own --space=plain.net:res=16,classes=3
contains "$ERR" 'has no early exits' 'that is said'

# ---- the plan ----

ofa-train -p list.tsv --plan --space=$space --scale=0.3 >have
printf '%s\t%s\t%s\n' full 0 2 kernel 2 4 narrow 4 6 all 6 7 >want
same want have 'the plan of a scale'
expect 0 'the plan goes to a terminal, too' \
    ofa-train -p list.tsv --plan 9.mpz

# ---- recipes ----

# Going on with the options of before is silent; what shapes the weights is
# noticed when it changes, what shapes the table or the run is not.
on() {      # on OPTION..: no epoch more
    ofa-train -d d.mpz -p list.tsv -b 20 --calibrate=40 --until=1 1.mpz \
        -o on.mpz "$@"
}
warning='options are not those of the epochs so far'
expect 0 'options of before' on
holds 'no warning' sh -c '! grep -q "$0" "$1"' "$warning" "$ERR"
expect 0 'another table' on --measure=2
holds 'no warning of a table' sh -c '! grep -q "$0" "$1"' "$warning" "$ERR"
records 1.mpz 'select(.recipe).recipe' >want
records on.mpz 'select(.recipe).recipe' >have
same want have 'the recipe stays'
for option in --seed=2 -b21 --no-flip --crop-pad=3 --momentum=0.8 --scale=1.01 \
    --weight-decay=0 --label-smoothing=0 --calibrate=41 --train-images=80 \
    --shards=3 --cutout=4 --flip=alternate --mixup=0.5; do
    expect 0 "$option" on "$option"
    contains "$ERR" "$warning" "$option is noticed"
done
sed 's/0\.02/0.021/' list.tsv >rate.tsv
expect 0 'another schedule' on -p rate.tsv
contains "$ERR" "$warning" 'the schedule is noticed'
expect 0 'a supernet with a recipe of another make' sh -c 'stream-dump 1.mpz |
    sed "s/\"recipe\":\"[0-9a-f]*\"/\"recipe\":\"00112233445566778899aabbccddeeff\"/" |
    stream-load -o old.mpz && ofa-train -d d.mpz -p list.tsv -b 20 \
        --calibrate=40 --until=2 old.mpz -o on.mpz'
contains "$ERR" "$warning" 'with a warning'
go --until=2 1.mpz -o new.mpz
expect 0 'it goes on as before' stream-cmp on.mpz new.mpz

# ---- what cannot be ----

expect 2 'no data set' ofa-train -p list.tsv 1.mpz
expect 2 'no schedule' ofa-train -d d.mpz 1.mpz
expect 2 'a new one and an old one' go --space=$space 1.mpz
expect 3 'an exit that is off among heads' sh -c \
    'sed "1s/$/ heads exit1/; 2,\$s/$/ 1 0,1/" list.tsv >off.tsv
    exec ofa-train -d d.mpz -p off.tsv 1.mpz'
contains "$ERR" 'in a phase with heads no exit is 0' 'the gene is named'
expect 2 'more than the schedule has' go --until=15 1.mpz
expect 2 'back in time' go --until=3 4.mpz
expect 2 'without a teacher' go --until=9 6.mpz
expect 2 'a space that is none' go --space=ofa-mbv3:width=x
expect 3 'a broken schedule' sh -c \
    'echo phase x >bad.tsv; exec ofa-train -d d.mpz -p bad.tsv 1.mpz'
contains "$ERR" 'bad.tsv: line 1: ' 'file and line are named'
expect 4 'no such schedule' ofa-train -d d.mpz -p none.tsv 1.mpz
printf '%s\t0\t1,2\n' a >table.tsv
sed -i '1i # nachos space 1' table.tsv
expect 2 'a table has no networks' ofa-train -d d.mpz -p list.tsv \
    --space=./table.tsv
expect 3 'images of another kind' ofa-train -q -d four.mpz -p list.tsv 1.mpz
contains "$ERR" 'in 3 classes, data set' 'both are named'
list 'other 9 0 0.02 1 0 0 4 7 6' >other.tsv
expect 2 'another history' ofa-train -q -d d.mpz -p other.tsv 1.mpz
contains "$ERR" 'was of phase full, the schedule (other.tsv) says other' \
    'its first difference is named'
expect 0 'more images than there are' ofa-train -d d.mpz -p list.tsv -b 20 \
    --calibrate=40 --until=2 --train-images=999 1.mpz -o all.mpz
contains "$ERR" '999 training samples asked for: all' 'all are taken, which is said'
stream-dump 6.mpz | grep -v momentum | stream-load -k weights -o no.mpz
expect 3 'within a phase without the optimiser' go --teacher=4.mpz no.mpz
stream-dump 4.mpz | grep -v stem.weight | stream-load -k weights -o no.mpz
expect 3 'a tensor is missing' go --until=5 --teacher=4.mpz no.mpz
contains "$ERR" 'tensor stem.weight is missing' 'and named'
stream-dump 4.mpz | sed 's/s1.b0.depthwise.7to5/s9.b0/' |
    stream-load -k weights -o no.mpz
expect 3 'one too many' go --until=5 --teacher=4.mpz no.mpz
stream-dump 4.mpz | sed 's/width=0.35/width=0.5/' |
    stream-load -k weights -o no.mpz
expect 3 'tensors of another space' go --until=5 --teacher=4.mpz no.mpz
expect 3 'a teacher of another space' go --until=5 --teacher=no.mpz 4.mpz
list 'wild 4 0 1e5 1 0 0 4 7 6' >wild.tsv
expect 3 'it diverges' ofa-train -q -d d.mpz -p wild.tsv -b 20 --space=$space \
    -o wild.mpz
contains "$ERR" 'the loss is not a finite number in epoch' 'when is said'
holds 'and nothing is left' test ! -e wild.mpz
# ---- checkpoints and the log (tests/faults/resume.t kills) ----

every=--checkpoint-every=0
list 'full 2 0 0.1 1 0 0 4 7 6' 'kernel 2 1 0.02 1 0.5 1 4 3,5,7 6' >few.tsv
few() {     # few OUT OPTION..
    few_out=$1
    shift
    ofa-train -d d.mpz -p few.tsv -b 20 --calibrate=40 --measure=1 \
        --space=$space -o "$few_out" "$@"
}
expect 0 'undisturbed' few whole.mpz
expect 0 'with a checkpoint and a log' few cp.mpz --checkpoint=run.cp $every \
    --log=run.jsonl
same whole.mpz cp.mpz 'they do not change the output'
holds 'at the end there is no checkpoint' test ! -e run.cp
records whole.mpz 'select(.type == "weights") | .space as $s |
    .log[] | {space: $s} + .' >want
jq -c 'del(.seconds)' run.jsonl >have
same have want 'a line for each epoch, as the output has it'
expect 4 'a log that cannot be written' few part.mpz --log=/dev/full
holds 'ends the run' test ! -e part.mpz
cp net.mpz mine
expect 3 'what is no checkpoint' few part.mpz --checkpoint=mine
same net.mpz mine 'is not overwritten'
expect 4 'a checkpoint without a folder' few part.mpz --checkpoint=no/run.cp
cp "$VALID/checkpoint-supernet.mpz" run.cp
expect 0 'a checkpoint of other work' few part.mpz --checkpoint=run.cp
contains "$ERR" 'training begins anew' 'costs a warning'
same whole.mpz part.mpz 'and nothing more'
expect 0 'no checkpoint with --plan' ofa-train -p few.tsv --plan \
    --space=$space --checkpoint=mine

finish
