#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

place() {   # place WIDTH EXITS SEED FILE: a design of 3 classes at 16 pixels
    ofa-sample -n 1 --seed="$3" \
        --space="ofa-mbv3:width=$1,res=16,classes=3,exits=$2" |
        eec-place -o "$4"
}

outcome() { # outcome STREAM: its traces and tensors
    stream-dump -r "$1" | grep -e '^{"type":"exit-trace"' -e '^{"type":"tensor"'
}

records() { # records STREAM JQ-FILTER
    stream-dump -r "$1" | jq -c "$2"
}

data-synth -q -n 64 --val=20 --test=12 --classes=3 --size=16 -o d.mpz
place 0.35 4 1 net.mpz
place 0.35 4 2 other.mpz
place 0.5 4 1 wide.mpz

example_setup() {
    cp ../d.mpz data.mpz
    cp ../net.mpz nets.mpz
}

INPUT=net.mpz ARGS='-d d.mpz -e 1/1'
battery eenn-train
expect 0 'what it computes with' env KERNELS=scalar eenn-train --version -v
contains "$OUT" ' scalar' 'is in the version, asked for more'
refuses_broken 'data set' d.mpz net.mpz eenn-train -q -e 0/0 net.mpz -d

expect 2 'no data set' eenn-train net.mpz
expect 2 'epochs are at least two numbers' eenn-train -d d.mpz -e 3 net.mpz
expect 2 'and at most three' eenn-train -d d.mpz -e 1/1/1/1 net.mpz
expect 2 'epochs are whole numbers' eenn-train -d d.mpz -e 1/2.5 net.mpz
expect 2 'a learning rate that is none' eenn-train -d d.mpz --lr=nan net.mpz

# ---- what is in the output ----

expect 0 'two networks' sh -c \
    'cat net.mpz other.mpz | eenn-train -q -d d.mpz -e 1/2 >two.mpz'
expect 0 'valid records in order' stream-check two.mpz
records two.mpz .type | uniq >types
holds 'in the order of the kind' test "$(tr -d '\n' <types)" = \
    '"trained""net""trace""exit-trace""tensor""trained""net""trace""exit-trace""tensor"'
records two.mpz 'select(.type == "trained") | [.status, (.log | length),
    ([.log[].phase] | join(" ")), (.best_epoch >= 1),
    ([.log[].images] | join(" ")), .log[0].val_accuracy[0]]' | uniq >log
holds 'log' test "$(cat log)" = \
    '["ok",3,"backbone exits exits",true,"64 64 64",null]'
records two.mpz 'select(.type == "trace") | [.split, .samples, .policy]' |
    uniq >trace
holds 'trace of the validation split' test "$(cat trace)" = '["val",20,false]'
eenn-train -q -d d.mpz -e 1/2 other.mpz -o one.mpz
stream-dump -r one.mpz >one.json
stream-dump -r two.mpz | tail -n "$(wc -l <one.json)" >last.json
same one.json last.json 'trained alone as in company'
records two.mpz 'select(.type == "trained") | .seed' | sort -u >seeds
holds 'each with a seed of its own' test "$(wc -l <seeds)" -eq 2

eenn-train -q -d d.mpz -e 1/2 --weights=none other.mpz -o none.mpz
grep -v '^{"type":"tensor"' one.json >without.json
stream-dump -r none.mpz >none.json
same none.json without.json '--weights=none leaves the tensors out'
eenn-train -q -d d.mpz -e 0/1 --split=test --weights=none net.mpz -o test.mpz
holds 'a trace of the test split' test "$(records test.mpz \
    'select(.type == "trace") | .samples')" = 12
paper='eenn-train -q -d d.mpz --recipe=paper'
$paper -e 1/1 --weights=none net.mpz -o short.mpz
for param in --seed=2 --lr=0.02 -b32 --no-flip --crop-pad=0 --nesterov \
    --shards=2 --max-macs=1000 --no-confidence-loss --label-smoothing=0.1 \
    --schedule=constant --warmup=1 --train-images=60 --weight-decay=0.1 \
    --class-weights=1,2,1 '--exit-weights=2,1 --acc-loss=joint' --sample-exits --distil=1 --lr-scale-heads=2 \
    --clip-norm=0.5 --ema=0.9 \
    --roll=3 --time-mask=4 --band-mask=4 --cutout=5 --flip=alternate --mixup=0.3 \
    '--weight-decay=0.1 --decay-all' '--distil=1 --distil-temperature=3'; do
    # shellcheck disable=SC2086
    $paper -e 1/1 --weights=none $param net.mpz -o param.mpz
    expect 1 "$param makes a difference" stream-cmp short.mpz param.mpz
done

# ---- class weights ----

predicted() {   # predicted STREAM: how often the final exit says each class
    eenn-report --view=confusion --format=json "$1" |
        jq -c '.confusion | [map(.disc), map(.ring), map(.square)] | map(add)'
}
weigh() {       # weigh OUT OPTION..
    weigh_out=$1
    shift
    eenn-train -q -d d.mpz -e 1/2 "$@" net.mpz -o "$weigh_out"
}
weigh plain.mpz
weigh same.mpz --class-weights=7,7,7
outcome plain.mpz >plain.txt
outcome same.mpz >same.txt
same plain.txt same.txt 'equal class weights change nothing'
weigh none.mpz --class-weights=none
expect 0 'nor does none, of which the recipe knows nothing' stream-cmp plain.mpz none.mpz
weigh even.mpz --class-weights=balanced
holds 'balanced is part of the recipe' test "$(records even.mpz \
    'select(.type == "trained") | .recipe[] | select(.name == "class-weights").value')" = \
    '"balanced"'
holds 'balanced accuracies are in the log' test "$(records even.mpz \
    'select(.type == "trained") | [.log[].val_balanced | length]')" = '[3,3,3]'
holds 'and not without weights' test "$(records plain.mpz \
    'select(.type == "trained") | [.log[] | has("val_balanced")] | any')" = false
expect 0 'the report has them' eenn-report --view=log even.mpz
contains "$OUT" 'balanced %' 'in a column'
weigh rare.mpz --class-weights=1,1,1000
holds 'a class that weighs most is said of all images' test "$(predicted rare.mpz)" = '[0,0,20]'
holds 'whose recall is a third of the balanced accuracy' test "$(records rare.mpz \
    'select(.type == "trained") | .log[-1].val_balanced[-1] * 3 | round')" = 1
expect 2 'more weights than classes' eenn-train -q -d d.mpz -e 1/2 --class-weights=1,2,3,4 net.mpz
contains "$ERR" '--class-weights has 4 numbers, the data set 3 classes' 'says so'
for text in '' even '1,' ',1' 1,,1 0,1,1 -1,1,1 nan,1,1 1e7,1,1 1,2,balanced; do
    expect 2 "class weights '$text'" eenn-train -q -d d.mpz --class-weights="$text" net.mpz
done

# ---- learning ----

data-synth -q -n 900 --val=200 --test=0 --classes=3 --size=16 --difficulty=0 \
    -o easy.mpz
expect 0 'a longer run' eenn-train -q -d easy.mpz -e 1/4 -b 16 --lr=0.05 \
    --nesterov net.mpz -o learnt.mpz
accuracy=$(records learnt.mpz 'select(.type == "trained") |
    .log[.best_epoch].val_accuracy | max')
echo "# accuracy $accuracy"
holds 'learns, where chance is 0.33' awk "BEGIN { exit !($accuracy > 0.45) }"
expect 0 'a limit on the cost' eenn-train -q -d easy.mpz -e 0/3 -b 16 \
    --recipe=paper --lr=0.05 --max-macs=2e5 --w-cost=20 net.mpz -o cheap.mpz
records cheap.mpz 'select(.type == "trained") | [.log[].loss_cost] |
    .[0] > .[2] and .[2] < 0.1' >cheap
holds 'lowers the cost loss' test "$(cat cheap)" = true
expect 0 'a learning rate that cannot work' sh -c 'cat net.mpz other.mpz |
    eenn-train -d d.mpz --lr=1e6 -e 1/1 >failed.mpz'
contains "$ERR" 'failed: ' 'a warning says so'
contains "$ERR" 'try a smaller --lr or --lr-scale-heads, or --clip-norm=1' \
    'and what may help'
expect 0 'is a valid stream' stream-check failed.mpz
records failed.mpz '[.type, .status, (.reason != null)]' >failed
holds 'of failed networks' test "$(tr -d '\n' <failed)" = \
    '["trained","failed",true]["net",null,false]["trained","failed",true]["net",null,false]'

# ---- three phases ----

three() {   # three FILE [OPTION...]
    three=$1
    shift
    $paper -b 16 "$@" other.mpz -o "$three"
}

log_of() {  # log_of STREAM JQ-FILTER: of its log
    records "$1" "select(.type == \"trained\") | .log | $2"
}

three peak.mpz -e 1/2/2
log_of peak.mpz '[.[].phase] | join(" ")' >phases
holds 'three phases' test "$(cat phases)" = '"backbone exits exits peak peak"'
log_of peak.mpz '[.[].loss_peak != null]' >logged
holds 'the peak loss is that of the third' \
    test "$(cat logged)" = '[false,false,false,true,true]'
holds 'whose epochs alone may be the best' test "$(records peak.mpz \
    'select(.type == "trained") | .best_epoch >= 3')" = true
holds 'one schedule over the second and the third' test "$(log_of peak.mpz \
    '[.[].lr] | .[0] == .[1] and .[2] < .[1] and .[3] < .[2] and .[4] < .[3]')" = true
three before.mpz -e 1/2
log_of before.mpz '.[:2]' >one.log
three without.mpz -e 1/2/2 --w-peak=0
log_of without.mpz '.[1:5] | map(.phase = "exits")' >without.log
three long.mpz -e 1/4
log_of long.mpz '.[1:5] | map(.loss_peak = null)' >long.log
same without.log long.log 'without its loss the third is more of the second'
stream-dump -r before.mpz | grep '"tensor"' >before.json
three again.mpz -e 1/2/0
stream-dump -r again.mpz | grep '"tensor"' >again.json
same before.json again.json '1/2 is 1/2/0'
three only.mpz -e 0/0/1
holds 'the third alone' test "$(log_of only.mpz 'map(.phase)')" = '["peak"]'
for param in --w-peak=3 --support-share=0.5 --seed=5; do
    three param.mpz -e 1/2/2 $param
    expect 1 "$param makes a difference" stream-cmp peak.mpz param.mpz
done
expect 0 'as it goes on' eenn-train -v -d d.mpz --recipe=paper -b 16 -e 0/0/1 other.mpz -o again.mpz
contains "$ERR" '6 support samples, exit 0: ' '-v shows the support matrix'
contains "$ERR" ': weights of epoch 0' 'and names the best epoch'
holds 'L_peak goes down' test "$(three param.mpz -e 0/0/8 --lr=0.05 --w-peak=20
    log_of param.mpz '.[7].loss_peak < .[0].loss_peak')" = true
three distil.mpz -e 0/2 --distil=2
holds 'distillation is in the log' test "$(log_of distil.mpz \
    'map(.loss_distil > 0)')" = '[true,true]'
holds 'and not where it is off' test "$(log_of peak.mpz \
    'map(has("loss_distil")) | any')" = false

# What is kept: by each rule, what the log says of the last phase.
cat >keep.jq <<'END'
def last_of(f): (map(f) | max) as $best | map(select(f == $best)) | .[-1];
select(.type == "trained") | .best_epoch ==
    ([.log[] | select(.phase == "peak")] |
        if $how == "last" then .[-1]
        elif $how == "best-loss" then last_of(-.val_loss)
        elif $how == "best-balanced" then last_of(.val_balanced[-1])
        else last_of(.val_accuracy[-1]) end | .epoch)
END
for how in best-loss best-final best-balanced last; do
    three keep.mpz -e 0/1/5 --lr=0.1 --keep=$how
    stream-dump -r keep.mpz | jq --arg how $how -f keep.jq >kept
    holds "--keep=$how keeps that epoch" test "$(cat kept)" = true
    # A run of the same epochs that ends there has the same trace.
    outcome keep.mpz >keep.part
    $paper -b 16 -e 0/0 --init-weights=keep.mpz other.mpz -o again.mpz
    outcome again.mpz >again.part
    same keep.part again.part "--keep=$how: trace and weights are the same epoch's"
done

# ---- recipes ----

cat >my.recipe <<'END'
# the same as below
epochs=1/1
batch = 16      # small
lr=0.02
nesterov=true
max-macs=1e5
acc-loss=joint
END
$paper -e 1/1/0 -b16 --lr=.02 --nesterov --max-macs=100000 \
    --acc-loss=joint net.mpz -o line.mpz
eenn-train -q -d d.mpz --recipe=my.recipe net.mpz -o file.mpz
same line.mpz file.mpz 'a recipe in a file is one on the command line'
eenn-train -q -d d.mpz --lr=.02 --recipe=scratch --recipe=./my.recipe net.mpz -o file.mpz
records file.mpz 'select(.type == "trained") | .recipe | from_entries' >all
holds 'of two the later wins, the command line over both' test "$(jq -c \
    '[.lr, .batch, .["crop-pad"], .nesterov]' all)" = \
    '["0.02","16","0","true"]'
records line.mpz 'select(.type == "trained") | .recipe[]' |
    jq -r '"\(.name)=\(.value)"' >its.recipe
eenn-train -q -d d.mpz --recipe=its.recipe net.mpz -o again.mpz
same line.mpz again.mpz 'the recipe of a record is one'
echo 'lr=0.5' >>my.recipe
expect 3 'set twice' eenn-train -d d.mpz --recipe=my.recipe net.mpz
contains "$ERR" 'my.recipe:8: lr is set a second time' 'with file and line'
for line in 'no-such=1' 'lr' 'lr=fast' 'nesterov=yes' 'dataset=d.mpz' \
    'recipe=paper' 'keep=first'; do
    echo "$line" >bad.recipe
    expect 3 "in a recipe: $line" eenn-train -d d.mpz --recipe=bad.recipe net.mpz
    contains "$ERR" 'eenn-train: bad.recipe:1: ' 'with file and line'
done
echo 'epochs=1' >bad.recipe
expect 3 'in a recipe: epochs=1' eenn-train -d d.mpz --recipe=bad.recipe net.mpz
expect 2 'no such recipe' eenn-train -d d.mpz --recipe=papr net.mpz
contains "$ERR" '(paper, scratch, inherited, final)' 'and which there are'
expect 0 'list of recipes' eenn-train --list-recipes
cp "$OUT" recipes.txt
sed -n 's/^# \([a-z]*\):.*/\1/p' recipes.txt >names
holds 'four of them' test "$(wc -l <names)" -eq 4
while read -r name; do
    expect 0 "--recipe=$name" eenn-train -q -d d.mpz --recipe="$name" -e 0/0 \
        net.mpz -o named.mpz
    sed -n "/^# $name:/,/^\$/p" recipes.txt >listed.recipe
    eenn-train -q -d d.mpz --recipe=listed.recipe -e 0/0 net.mpz -o listed.mpz
    same named.mpz listed.mpz "$name is what is listed"
    holds "man page has $name" grep -q "^\.It Cm $name\$" "$TOP/man/eenn-train.1"
done <names

# ---- what options and recipes leave open ----

value() {   # value STREAM NAME: of the recipe of its first network
    records "$1" 'select(.type == "trained") | .recipe | from_entries' |
        head -n 1 | jq -r ".[\"$2\"]"
}

expect 0 'no recipe named' eenn-train -v -d d.mpz -e 0/0 net.mpz -o default.mpz
contains "$ERR" 'recipe scratch, as there are no weights to start from' '-v says which'
eenn-train -q -d d.mpz --recipe=scratch -b 8 -e 0/0 net.mpz -o named.mpz
same named.mpz default.mpz 'is scratch, with batches for 64 images'
expect 0 'with weights' eenn-train -v -d d.mpz -e 0/0 --init-weights=one.mpz other.mpz -o default.mpz
contains "$ERR" 'recipe inherited, as there are weights to start from' 'it is another'
eenn-train -q -d d.mpz --recipe=inherited -b 8 -e 0/0 --init-weights=one.mpz other.mpz \
    -o named.mpz
same named.mpz default.mpz 'inherited'
eenn-train -q -d d.mpz --lr=0.2 --crop-pad=3 -e 0/0 net.mpz -o own.mpz
holds 'options win over it' test "$(value own.mpz lr),$(value own.mpz crop-pad),$(
    value own.mpz acc-loss)" = 0.20000000000000001,3,joint
echo 'lr=0.2' >one.recipe
eenn-train -q -d d.mpz --recipe=one.recipe -e 0/0 net.mpz -o own.mpz
holds 'a recipe of the own stands alone' \
    test "$(value own.mpz acc-loss),$(value own.mpz batch)" = mixture,8

data-synth -q -n 1024 --val=10 --test=0 --classes=3 --size=16 -o many.mpz
for batch in '1024 --batch=auto,32' '320,16' '320 --batch=auto --recipe=paper,16' '320 --recipe=paper,128' \
    '1024 --recipe=scratch,32' '1024 --recipe=one.recipe,64' '320 -b 5,5'; do
    # shellcheck disable=SC2086
    eenn-train -q -d many.mpz -e 0/0 --train-images=${batch%,*} net.mpz -o own.mpz
    holds "--train-images=${batch%,*}: batches of ${batch#*,}" \
        test "$(value own.mpz batch)" = "${batch#*,}"
done
for flip in unknown yes no; do
    stream-dump d.mpz | jq -c --arg flip $flip \
        'if .type == "dataset" then .flip = $flip else . end' | stream-load -o "flips-$flip.mpz"
    for option in --recipe=scratch --flip --flip=yes --no-flip --flip=no --flip=alternate; do
        want=true
        case $option,$flip in
        *alternate,*) want=alternate ;;
        *no,* | *no-flip,* | --recipe*,no) want=false ;;
        esac
        eenn-train -q -d "flips-$flip.mpz" $option -e 0/0 net.mpz -o own.mpz
        holds "$option, a data set that says $flip" test "$(value own.mpz flip)" = $want
    done
done
expect 0 'parameters of a data set that is there' eenn-train --params -d flips-no.mpz
holds 'are settled' sh -c "grep -qx flip=false '$OUT' && grep -qx batch=8 '$OUT'"
expect 0 'of none' eenn-train --params -d no-such.mpz
holds 'are not' sh -c "grep -qx flip=auto '$OUT' && grep -qx batch=auto '$OUT'"

# Digits as MNIST has them, by defaults alone; of 10,000 see tests/slow/images.t.
perl "$TOP/tests/make-digits.pl" digits 2000 300
data-import -q digits -o digits.mpz
ofa-sample -n 1 --space=ofa-mbv3:width=0.35,res=28,classes=10,exits=2,channels=1 |
    eec-place -o digit-net.mpz
expect 0 'digits' eenn-train -q -d digits.mpz -e 1/2 digit-net.mpz -o read.mpz
accuracy=$(records read.mpz 'select(.type == "trained") | .log[-1].val_accuracy | min')
echo "# accuracy $accuracy"
holds 'are learnt in three epochs at every exit' awk "BEGIN { exit !($accuracy > 0.85) }"
holds 'and not mirrored' test "$(value read.mpz flip)" = false

# ---- given weights ----

eenn-train -q -d d.mpz -e 0/0 --init-weights=one.mpz other.mpz -o again.mpz
outcome one.mpz >one.part
outcome again.mpz >again.part
same one.part again.part 'no epochs: the given weights, the same trace'
{
    echo '{"type":"weights","space":null,"net":null,"recipe":null,"epoch":null}'
    grep '^{"type":"tensor"' one.json
} | stream-load --kind=weights -o weights.mpz
eenn-train -q -d d.mpz -e 0/0 --init-weights=weights.mpz other.mpz -o again.mpz
outcome again.mpz >again.part
same one.part again.part 'from a weights stream, too'
eenn-train -q -d d.mpz -e 0/0 --init-weights=two.mpz other.mpz -o again.mpz
outcome again.mpz >again.part
same one.part again.part 'from the network of its id among several'
expect 3 'not from a network of another id among several' \
    eenn-train -d d.mpz -e 0/0 --init-weights=two.mpz wide.mpz
stream-dump weights.mpz | grep -v '"name":"exit' | stream-load -o headless.mpz
expect 0 'heads may be missing' \
    eenn-train -d d.mpz -e 0/1 --init-weights=headless.mpz other.mpz -o again.mpz
stream-dump weights.mpz | grep -v '"name":"stem.gamma"' | stream-load -o hole.mpz
expect 3 'the stem may not' \
    eenn-train -d d.mpz -e 0/1 --init-weights=hole.mpz other.mpz
contains "$ERR" 'no tensor stem.gamma' 'and is named'
expect 3 'tensors that are too small' \
    eenn-train -d d.mpz -e 0/0 --init-weights=one.mpz wide.mpz
contains "$ERR" ' of shape (32, 1, 1, 8) does not fit (48, 1, 1, 8)' 'are named with their shape'
expect 3 'no tensors' \
    eenn-train -d d.mpz -e 0/0 --init-weights=none.mpz other.mpz
# They expect images that are normalised as theirs were.
edited() {  # edited FILTER: d.mpz with another description
    stream-dump -r d.mpz | jq -c "if .type == \"dataset\" then $1 else . end" |
        stream-load --kind=dataset -o edited.mpz
}
edited '.mean[0] = 0.125 | .std[1] = 0.0625'
expect 0 'weights of a set of other moments' eenn-train -v -d edited.mpz -e 0/0 \
    --init-weights=one.mpz other.mpz -o again.mpz
contains "$ERR" "another mean and deviation than data set synth: the net's are used" \
    'keep their own, which is said'
outcome again.mpz >again.part
same one.part again.part 'so that they say the same'
input() {   # input FILE: the map of its first network
    stream-dump -r "$1" | sed 1q | jq -c .input
}
input one.mpz >one.input
input again.mpz >again.input
same one.input again.input 'and pass them on'
stream-dump -r two.mpz | jq -c "if .type == \"trained\" and .summary.net != \"$(
    stream-dump -r other.mpz | jq -r .id)\" then del(.input) else . end" |
    stream-load --kind=trained -o mixed.mpz
stream-dump -r mixed.mpz | jq -c 'select(.type == "net")' |
    stream-load --kind=net -o nets.mpz
expect 0 'of two networks one that says nothing of it' eenn-train -q -d edited.mpz \
    -e 0/0 --init-weights=mixed.mpz nets.mpz -o again.mpz
holds 'takes those of the set' test "$(stream-dump -r again.mpz |
    jq -s 'map(select(.type == "trained").input.mean[0] == 0.125) | sort == [false, true]')" = true
edited '.classes[1] = "no-such"'
expect 0 'weights of other classes' eenn-train -d edited.mpz -e 0/0 \
    --init-weights=one.mpz other.mpz -o again.mpz
contains "$ERR" "of data set synth 'no-such': the heads begin with the weights of other classes" \
    'are warned of'
holds 'the network has the names of its set now' test "$(input again.mpz |
    jq -r '.classes[1]')" = no-such
refuses_broken 'given weights' weights.mpz net.mpz \
    eenn-train -q -d d.mpz -e 0/0 other.mpz --init-weights

# ---- frozen backbone ----

backbone_of() {     # backbone_of STREAM: the tensors that no head has
    stream-dump -r "$1" | grep '^{"type":"tensor"' |
        grep -v -e '"name":"exit' -e '"name":"final'
}
# shellcheck disable=SC2317
frozen() {  # frozen OPTION... NETS
    $paper --backbone=frozen "$@"
}

mkdir temp
export TMPDIR="$PWD/temp"
$paper -e 1/0 other.mpz -o before.mpz
expect 0 'exits on a frozen backbone' frozen -e 1/2/1 other.mpz -o frozen.mpz
expect 0 'valid' stream-check frozen.mpz
backbone_of before.mpz >before.part
backbone_of frozen.mpz >frozen.part
holds 'there is a backbone' test "$(wc -l <before.part)" -gt 50
same before.part frozen.part 'the backbone stays as its phase left it'
outcome before.mpz >before.part
outcome frozen.mpz >frozen.part
holds 'the heads do not' sh -c '! cmp -s before.part frozen.part'
records frozen.mpz 'select(.type == "trained") | .log |
    [.[1].loss > .[2].loss, .[3].phase]' >learnt
holds 'they learn' test "$(cat learnt)" = '[true,"peak"]'
expect 0 'again' frozen -e 1/2/1 other.mpz -o again.mpz
same frozen.mpz again.mpz 'the same bytes again'
expect 0 'threads' frozen -e 1/2/1 -j2 other.mpz -o again.mpz
same frozen.mpz again.mpz 'the same bytes with two threads'
expect 0 'no memory for features' \
    frozen -e 1/2/1 --cache-memory=0 -j2 other.mpz -o again.mpz
same frozen.mpz again.mpz 'the same bytes from a file'
expect 0 'images that differ from epoch to epoch' \
    frozen -e 1/2/1 --no-cache-features -j2 other.mpz -o flipped.mpz
backbone_of flipped.mpz >again.part
backbone_of before.mpz >before.part
same before.part again.part 'leave the backbone alone, too'
outcome frozen.mpz >frozen.part
outcome flipped.mpz >again.part
holds 'and make a difference' sh -c '! cmp -s frozen.part again.part'
export TMPDIR=/nonexistent
expect 4 'no folder for the file' frozen --cache-memory=0 -e 0/1 other.mpz
contains "$ERR" '/nonexistent (TMPDIR)' 'is named'
expect 0 'which nobody needs that has the memory' \
    frozen -e 0/1 other.mpz -o again.mpz
export TMPDIR="$PWD/temp"
expect 4 'no room for the file' sh -c "trap '' XFSZ; ulimit -f 16
    exec eenn-train -q -d d.mpz --backbone=frozen --cache-memory=0 -e 0/1 \
        other.mpz"
contains "$ERR" "$TMPDIR (TMPDIR): " 'says where and why'
holds 'no file stays' test -z "$(ls -A temp)"
unset TMPDIR

# Weights of a larger network, as a supernet's are.
ofa-sample --corners --space=ofa-mbv3:width=0.35,res=16,classes=3,exits=4 |
    eec-place -o corners.mpz
stream-pick --index=0 corners.mpz -o small.mpz
stream-pick --index=1 corners.mpz -o large.mpz
eenn-train -q -d d.mpz -e 1/1 -b 16 large.mpz -o large-trained.mpz
{
    echo '{"type":"weights","space":null,"net":null,"recipe":null,"epoch":null}'
    stream-dump -r large-trained.mpz | grep '^{"type":"tensor"'
    # matrices that leave a smaller kernel as it is
    records large.mpz '.layers[] | select(.kernel == [7, 7] or .kernel == [5, 5])
        | .name' | tr -d '"' | while read -r name; do
        for m in 7to5:25 5to3:9; do
            jq -nc --arg name "$name.${m%:*}" --argjson n "${m#*:}" '{type: "tensor",
                name: $name, role: "param", value: {dtype: "f32", shape: [$n, $n],
                values: [range($n * $n) | if . % ($n + 1) == 0 then 1 else 0 end]}}'
        done
    done
} | stream-load --kind=weights -o super.mpz
from_super() {  # from_super FILE NET [OPTION...]
    from_super=$1 net=$2
    shift 2
    eenn-train -q -d d.mpz -b 16 --init-weights=super.mpz "$@" "$net" -o "$from_super"
}
stats() {
    stream-dump -r "$1" | grep '^{"type":"tensor".*"role":"stat"'
}
expect 0 'a part of them' from_super part.mpz small.mpz -e 0/0
expect 0 'as they were cut' from_super cut.mpz small.mpz -e 0/0 --recalibrate=0
stats part.mpz >part.stats
stats cut.mpz >cut.stats
holds 'has statistics of its own' sh -c '! cmp -s part.stats cut.stats'
stream-dump -r part.mpz | grep '"role":"param"' >part.params
stream-dump -r cut.mpz | grep '"role":"param"' >cut.params
same part.params cut.params 'and the same parameters'
from_super few.mpz small.mpz -e 0/0 --recalibrate=10
stats few.mpz >few.stats
holds 'from as many images as said' sh -c '! cmp -s part.stats few.stats'
from_super whole.mpz large.mpz -e 0/0
outcome large-trained.mpz >large.part
outcome whole.mpz >whole.part
same large.part whole.part 'the whole of them needs none'
expect 0 'and on through all phases' from_super part.mpz small.mpz -e 1/1/1
holds 'valid' stream-check -q part.mpz
expect 0 'or the exits alone' from_super part.mpz small.mpz -e 0/1 --recipe=inherited

# ---- another activation ----

# The refusal of the edited net tells its id.
stream-dump net.mpz | sed 's/"act":"hswish"/"act":"silu"/g' >edited.json
stream-load edited.json -o no.mpz 2>id
sed "s/\"id\":\"[0-9a-f]*\"/\"id\":\"$(sed 's/.*, //' id)\"/" edited.json |
    stream-load -o silu.mpz
stream-dump silu.mpz >back.json
holds 'silu in the net' grep -q '"act":"silu"' back.json
eenn-train -q -d d.mpz -e 1/1 net.mpz -o hswish.out
expect 0 'a net with silu is trained' \
    eenn-train -q -d d.mpz -e 1/1 silu.mpz -o silu.out
holds 'valid' stream-check -q silu.out
outcome hswish.out >hswish.part
outcome silu.out >silu.part
holds 'other weights than with hswish' sh -c '! cmp -s hswish.part silu.part'
holds 'it is not diverged' test "$(records silu.out \
    'select(.type == "trained") | .status')" = '"ok"'

# ---- what does not fit ----

data-synth -q -n 40 --val=20 --test=0 --classes=4 --size=16 -o classes.mpz
expect 3 'other classes' eenn-train -d classes.mpz net.mpz -o no.mpz
contains "$ERR" '16x16x3' 'shape and classes of both are named'
data-synth -q -n 40 --val=20 --test=0 --classes=3 --size=32 -o shape.mpz
expect 3 'another shape' eenn-train -d shape.mpz net.mpz -o no.mpz
data-synth -q -n 40 --val=0 --test=0 --classes=3 --size=16 -o noval.mpz
expect 3 'no validation split' eenn-train -d noval.mpz net.mpz -o no.mpz
holds 'no output of a failure' test ! -e no.mpz

# ---- one network at a time ----

peak() {    # peak NETS: KiB; freed memory is not to be held back for ASan
    ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=0 \
        eenn-train -q -d d.mpz -e 0/1 --report=report "$1" -o peak.mpz
    sed -n 's/max_rss_kib: //p' report
}
cat net.mpz net.mpz net.mpz net.mpz net.mpz net.mpz net.mpz net.mpz >eight.mpz
one=$(peak net.mpz) eight=$(peak eight.mpz)
echo "# $one and $eight KiB"
holds 'memory does not grow with their number' \
    test "$eight" -lt $((one * 13 / 10))
# ---- checkpoints, the log, patience (tests/faults/resume.t kills) ----

go() {      # go OUT OPTION..: two networks
    go_out=$1
    shift
    eenn-train -d d.mpz -b 16 -e 1/1/1 pair.mpz -o "$go_out" "$@"
}
every=--checkpoint-every=0
cat net.mpz other.mpz >pair.mpz
expect 0 'two networks, undisturbed' go whole.mpz
expect 0 'with a checkpoint and a log' go cp.mpz --checkpoint=run.cp $every \
    --log=run.jsonl
same whole.mpz cp.mpz 'they do not change the output'
holds 'at the end there is no checkpoint' test ! -e run.cp
jq -r '[.phase, .epoch, (.seconds > 0), (.val_accuracy | length)] | @tsv' \
    run.jsonl | uniq >have
records whole.mpz 'select(.type == "trained") | .log[]' |
    jq -r '[.phase, .epoch, true, (.val_accuracy | length)] | @tsv' | uniq >want
same have want 'a line for each epoch'
# shellcheck disable=SC2016  # the dollar is for jq
records whole.mpz 'select(.type == "trained") | .summary.net as $n |
    .log[] | {net: $n} + .' >want
jq -c 'del(.seconds)' run.jsonl >have
same have want 'with what the output has of it, and the net'

# A log that cannot be written ends the run after an epoch, whose checkpoint is
# there: one epoch a run, six of them.
i=0
while [ $i -lt 6 ]; do
    i=$((i + 1))
    expect 4 "run $i ends after an epoch" go part.mpz --checkpoint=run.cp \
        $every --log=/dev/full -j $((i % 2 + 1))
    contains "$ERR" '/dev/full: write' 'with a line that says why'
    expect 0 'and a valid checkpoint' stream-check run.cp
done
holds 'it names what is finished and what is in training' test \
    "$(records run.cp 'select(.type == "checkpoint" or .type == "training") |
    [.finished, .phase, .done]' | tr -d '\n')" = '[1,null,null][null,"peak",1]'
cp run.cp last.cp
expect 0 'the last run has nothing left to train' go part.mpz \
    --checkpoint=run.cp $every --log=rest.jsonl
same whole.mpz part.mpz 'in pieces as at once'
holds 'nor to log' test ! -s rest.jsonl
holds 'the checkpoint is gone' test ! -e run.cp
holds 'nothing was said' test ! -s "$ERR"

# What is of other work, damaged or for other networks begins anew.
anew() {    # anew WHAT OPTION..: with last.cp, or what was made of it
    what=$1
    shift
    expect 0 "$what" go part.mpz --checkpoint=run.cp "$@"
    contains "$ERR" 'anew' 'a warning says that training begins anew'
    holds 'and it is one line' test "$(wc -l <"$ERR")" -eq 1
}
cp last.cp run.cp
anew 'another option' --lr=0.02
go want.mpz --lr=0.02
same want.mpz part.mpz 'is another result'
head -c 3000 last.cp >run.cp
anew 'a truncated checkpoint'
same whole.mpz part.mpz 'is the undisturbed result'
sed 's/eenn-train/eenn-trail/' last.cp >run.cp
anew 'a damaged one'
same whole.mpz part.mpz 'is the undisturbed result, too'
: >run.cp
anew 'an empty file'
cp last.cp run.cp
cat other.mpz net.mpz >riap.mpz
expect 0 'networks in another order' eenn-train -d d.mpz -b 16 -e 1/1/1 \
    riap.mpz -o part.mpz --checkpoint=run.cp
contains "$ERR" 'is not that of the input' 'are not those that were finished'
eenn-train -d d.mpz -b 16 -e 1/1/1 riap.mpz -o want.mpz
same want.mpz part.mpz 'and trained as if there were no checkpoint'
cp last.cp run.cp
expect 0 'another second network' sh -c 'cat net.mpz wide.mpz |
    eenn-train -d d.mpz -b 16 -e 1/1/1 -o part.mpz --checkpoint=run.cp'
contains "$ERR" 'is not the next one' 'is not the one in training'
cat net.mpz wide.mpz | eenn-train -d d.mpz -b 16 -e 1/1/1 -o want.mpz
same want.mpz part.mpz 'the first is taken, the second trained'
cp last.cp run.cp
expect 0 'one network of two' eenn-train -d d.mpz -b 16 -e 1/1/1 net.mpz \
    -o part.mpz --checkpoint=run.cp
eenn-train -d d.mpz -b 16 -e 1/1/1 net.mpz -o want.mpz
same want.mpz part.mpz 'is taken as it was'

# What --log has of a training that is given up is cut off.
longer() {  # longer NETS OPTION..
    longer_nets=$1
    shift
    eenn-train -d d.mpz -b 16 -e 1/1/20 "$longer_nets" "$@"
}
: >half.jsonl
eenn-train -d d.mpz -b 16 -e 1/1/20 pair.mpz -o part.mpz --checkpoint=half.cp \
    $every --log=half.jsonl &
killed=$!
until [ "$(wc -l <half.jsonl)" -ge 25 ]; do sleep 0.01; done
kill -9 $killed
wait $killed 2>/dev/null
holds 'a run was killed in its second network' stream-check half.cp
for nets in 'other.mpz net.mpz' 'net.mpz wide.mpz'; do
    cp half.cp run.cp
    cp half.jsonl run.jsonl
    # shellcheck disable=SC2086  # two names
    cat $nets >now.mpz
    expect 0 "another input, $nets" longer now.mpz \
        -o part.mpz --checkpoint=run.cp --log=run.jsonl
    contains "$ERR" 'trained anew' 'does not fit'
    longer now.mpz -o want.mpz --log=want.jsonl
    jq -c 'del(.seconds)' run.jsonl >have
    jq -c 'del(.seconds)' want.jsonl >want
    same have want 'the log has its epochs alone'
done

# What is no checkpoint is not overwritten, and what cannot be written is said
# before anything is trained.
cp net.mpz mine
expect 3 'a stream of another kind' go part.mpz --checkpoint=mine
same net.mpz mine 'stays as it is'
cp "$TOP/tests/lib.sh" mine
expect 3 'a text' go part.mpz --checkpoint=mine
same "$TOP/tests/lib.sh" mine 'stays as it is, too'
expect 3 'nor is it a log' go part.mpz --log=mine
same "$TOP/tests/lib.sh" mine 'and stays as it is'
mkdir -p folder
expect 4 'a folder' go part.mpz --checkpoint=folder
expect 4 'no folder' go part.mpz --checkpoint=nowhere/run.cp
expect 4 'a device' go part.mpz --checkpoint=/dev/null
expect 4 'a log without a folder' go part.mpz --log=nowhere/run.jsonl
expect 2 'standard output is no checkpoint' go part.mpz --checkpoint=-
expect 2 'and no log' go part.mpz --log=-
expect 2 'patience with nothing to judge by' go part.mpz --keep=last \
    --patience=2

# Patience is part of the recipe where it is used.
recipe_of() { records "$1" 'select(.type == "trained") | .summary.recipe'; }
eenn-train -q -d d.mpz -e 0/4 --lr=0 --patience=0 net.mpz -o none.mpz
eenn-train -q -d d.mpz -e 0/4 --lr=0 net.mpz -o without.mpz
eenn-train -q -d d.mpz -e 0/9 --lr=0 --keep=best-final --patience=2 net.mpz \
    -o two.mpz
stream-cmp -q without.mpz none.mpz
holds '--patience=0 is none at all' test "$(recipe_of none.mpz)" = \
    "$(recipe_of without.mpz)"
holds 'a phase that does not improve ends early' test "$(records two.mpz \
    'select(.type == "trained") | .log | length < 9')" = true

# ---- signals ----
data-synth -q --kind=signals -n 400 --val=60 --test=60 --cal=20 --length=32 \
    --difficulty=0 -o beats.mpz
net-zoo ecg-cnn --input=32x1x2 --classes=5 --width=0.2 --exits=all -o ecg.mpz
expect 0 'a network for signals' eenn-train -d beats.mpz -e 0/4 --roll=1 \
    --time-mask=2 ecg.mpz -o ecgt.mpz
records ecgt.mpz 'select(.type == "trained")' >ecg.json
expect 0 'it says what it is fed with' jq -e '.input | .kind == "signal" and
    .signal == {rate: 32, before: 12, after: 20} and .size == [32, 1] and
    .channels == 2 and (.mean | length) == 2' ecg.json
expect 0 'neither mirrored nor, by its recipe, cropped' jq -e '.recipe |
    from_entries | [.flip, .["crop-pad"], .roll, .["time-mask"]] ==
    ["false", "0", "1", "2"] and (has("band-mask") | not)' ecg.json
expect 0 'and learns' jq -e '.log[-1].val_accuracy[-1] > 0.5' ecg.json
expect 0 'runs on the split cal' eenn-run -d beats.mpz --split=cal ecgt.mpz \
    -o cal.mpz
holds 'all of it' test "$(records cal.mpz 'select(.type == "trace") |
    [.split, .samples]')" = '["cal",20]'
eenn-train -q -d beats.mpz -e 0/0 --weights=all --init-weights=ecgt.mpz ecg.mpz \
    -o again.mpz
for f in ecgt again; do
    stream-dump -r --values $f.mpz | grep '^{"type":"exit-trace"' >$f.json
done
same ecgt.json again.json 'trained weights are taken over with their moments'

finish
