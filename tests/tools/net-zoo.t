#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

example_setup() {
    data-synth -q -n 40 --val=20 --test=20 -o data.mpz
}
SOURCE=1 INSTANT=1 ARGS=resnet20
battery net-zoo

field() {   # field JQ-FILTER OPTION...: of the net that net-zoo writes
    field_what=$1
    shift
    net-zoo "$@" | stream-dump | jq -c 'select(.type == "net") | '"$field_what"
}

# ---- the list ----
expect 0 '--list prints' net-zoo --list
cp "$OUT" list.txt
expect 0 '--list may write to a terminal' sh -c 'script -qec "net-zoo --list" /dev/null'
expect 2 '--list refuses a name' net-zoo --list resnet20
expect 2 '--list refuses -o' net-zoo --list -o list.mpz
holds '--list has 80 columns at most' awk 'length > 80 { exit 1 }' list.txt
while read -r name input classes macs params _; do
    net-zoo "$name" -o "$name.mpz"
    expect 0 "$name: a valid stream" stream-check "$name.mpz"
    stream-dump "$name.mpz" | jq -r 'select(.type == "net") |
        [(.input | map(tostring) | join("x")), .classes, .exits[0].gamma,
         .params, (.exits | length), .arch] | @tsv' >seen
    printf '%s\t%d\t%d\t%d\t1\t\n' "$input" "$classes" "$macs" "$params" >want
    same want seen "$name: is what the list says"
done <list.txt

# PyTorch's count of MACs and parameters (tests/unit/zoo_ref.h has them all).
contains list.txt ' 40551040  269722 ' 'ResNet-20 has its size'
contains list.txt ' 351978112 2408474 ' 'ResNet-152 has its size'
contains list.txt ' 28215808  512458 ' 'AlexNet has its size'
# Zhang et al. 2017, table 5: two operations for a multiplication and addition, one
# for the bias of an output of a convolution.
for size in s=5.4 m=19.8 l=56.9; do
    holds "DS-CNN ${size%=*} has as many operations as published" test "$(field \
        '[2 * .exits[0].gamma, (.layers[] | select(.op == "conv") | .out[0] * .out[1] * .out[2])] |
        add / 1e5 | round / 10' "ds-cnn-${size%=*}")" = "${size#*=}"
done
holds 'padded as by TensorFlow' test "$(field '[.layers[0, 1].pad]' ds-cnn-l)" = \
    '[[4,5,1,2],[1,1,0,1]]'
holds 'a graph like ds-cnn, but for the padding' test "$(field '.layers[0].pad' ds-cnn-s)" = \
    '[4,5,1,1]'
contains list.txt ' 568740352 4231976 ' 'MobileNet has its size'

# ---- options ----
holds '--classes is taken' test "$(field .classes resnet20 --classes=100)" = 100
holds '--input is taken' test "$(field .input ds-cnn --input=99x40x2)" = '[99,40,2]'
holds '--res is taken' test "$(field .input mobilenetv1 --res=96)" = '[96,96,3]'
holds 'published: a quarter at 96 pixels, two classes' test "$(field \
    '[.exits[0].gamma,.params]' mobilenetv1 --width=0.25 --res=96 --classes=2
    )" = '[7489664,213586]'
holds 'a small width keeps at least 8 channels' test "$(field '[.layers[].out[2]] | min' \
    resnet20 --width=0.05 --classes=9)" = 8
net-zoo resnet20 --input=64x64x3 -o a.mpz
net-zoo --res=64 resnet20 -o b.mpz
same a.mpz b.mpz '--res and --input say the same'
stream-dump a.mpz | head -n 1 | jq -c .provenance.params >params
echo '{"list":false,"network":"resnet20","input":"64x64x3","classes":10,"width":1.0,"exits":"none","head":"gap"}' |
    jq -c . >want
same want params 'provenance has all that was settled'

holds 'a ResNet of a depth that the list has not' test "$(field \
    '[.layers[] | select(.op == "conv")] | length' resnet44)" = 43
holds '--exits=all: behind each block but the last' test "$(field \
    '[.exits[].stage]' resnet8 --exits=all)" = '[1,2,3]'
holds '--exits takes blocks and stages' test "$(field \
    '[.layers[.exits[].tap].name]' resnet20 --exits=s2.b1,s1)" = \
    '["s1.b2.add","s2.b1.add","s3.b2.add"]'
net-zoo --exits=s1,s2 resnet20 -o a.mpz
net-zoo --exits=s2.b2,s1.b2 resnet20 -o b.mpz
same a.mpz b.mpz 'names of stages and of their last blocks say the same'
net-zoo resnet152 --exits=all -o deep.mpz
expect 0 'ResNet-152 with 74 early exits is a valid stream' stream-check deep.mpz
expect 0 'and its costs grow from exit to exit' sh -c '
    stream-dump deep.mpz | jq -se "map(select(.type == \"net\")) | .[0].exits |
    length == 75 and (map(.gamma) | . == sort) and
    (map(select(.confidence)) | length == 74)"'

# ---- heads ----
# MACs and confidence units of early exits at a map of 16x16 with 8 channels and one of
# 8x8 with 16, counted by hand; outputs are in tests/unit/test_heads_f64.c.
heads() {   # heads [OPTION]: [[MACs, confidence]..]
    field '.exits[:-1] | map([.head_macs, .confidence])' resnet8 --width=0.5 \
        --res=16 --classes=3 --exits=all "$@"
}
holds 'gap is the default' test "$(heads --head=gap)" = "$(heads)"
while read -r head first second unit; do
    holds "--head=$head" test "$(heads --head="$head")" = "[[$first,$unit],[$second,$unit]]"
done <<EOF
gap $((8 * 4)) $((16 * 4)) true
mix:24 $((256 * 8 * 24 + 24 * 4)) $((64 * 16 * 24 + 24 * 4)) true
dw:24 $((64 * 8 * (9 + 24) + 24 * 4)) $((16 * 16 * (9 + 24) + 24 * 4)) true
conv:16 $((256 * (9 * (8 * 4 + 4 * 8 + 8 * 16) + 16 * 4))) $((64 * (9 * (16 * 4 + 4 * 8 + 8 * 16) + 16 * 4))) true
exitblock $((256 * 8 * 48 + 48 * 64 + 64 * 3)) $((64 * 16 * 96 + 96 * 128 + 128 * 3)) false
static $((196 * 9 * 8 * 128 + 16 * 128 * 4)) $((36 * 9 * 16 * 128 + 4 * 128 * 4)) true
fc $((2048 * 1024 + 1024 * 3)) $((1024 * 1024 + 1024 * 3)) false
EOF
net-zoo resnet8 --exits=all --head=mean -o a.mpz
net-zoo resnet8 --exits=all -o b.mpz
same a.mpz b.mpz 'mean is another name of gap'
expect 2 'an unknown head is refused' net-zoo resnet8 --exits=all --head=max
contains "$ERR" "--head: there is no head 'max': there are gap, mix," \
    'the message names what there is'
expect 2 'a width is refused where a head has none' net-zoo resnet8 --head=fc:8
contains "$ERR" 'head fc has no width' 'the message says so'
expect 2 'a map too small for a head is refused' net-zoo resnet8 --res=1 \
    --exits=all --head=dw -o small.mpz
contains "$ERR" 's1.b0.add has a map of 1x1, too small for head dw' \
    'the message names the map'
holds 'and leaves no file' test ! -e small.mpz

expect 2 'a call without a name is refused' net-zoo
expect 2 'two names are refused' net-zoo resnet20 alexnet
expect 2 'an unknown name is refused' net-zoo resnet2000
contains "$ERR" "no network 'resnet2000'" 'the message names the unknown network'
expect 2 'a ResNet of 21 layers is refused' net-zoo resnet21
contains "$ERR" "no network 'resnet21'; ResNets have 6n+2 layers, 8 to 152" \
    'the message says which depths there are'
expect 2 'an exit behind no block is refused' net-zoo resnet20 --exits=s1,s4
contains "$ERR" "--exits: 's4' is no block or stage of resnet20" \
    'the message names what is no block'
expect 2 'an early exit at the end is refused' net-zoo resnet20 --exits=s3
contains "$ERR" "'s3' is the last block of resnet20" 'the message says why not'
expect 2 'an empty list of exits is refused' net-zoo resnet20 --exits=
expect 2 'an input of two numbers is refused' net-zoo resnet20 --input=32x32
expect 2 'an input of no columns is refused' net-zoo resnet20 --input=32x0x3
expect 2 'an input too large is refused' net-zoo resnet20 --input=5000x32x3
expect 2 '--res beside --input is refused' net-zoo resnet20 --res=32 --input=32x32x3
expect 2 '--res is refused where the input is no square' net-zoo ds-cnn --res=32
expect 2 'an image too small for the layers is refused' net-zoo alexnet --res=7 -o small.mpz
contains "$ERR" 'alexnet for 7x7x3: layer conv5.pool: impossible window' \
    'says which layer it does not reach'
holds 'a network that cannot be built leaves no file' test ! -e small.mpz
expect 2 'a network too large is refused' net-zoo resnet20 --res=4096 --width=10
expect 2 'a width of 0 is refused' net-zoo resnet20 --width=0
expect 2 'too many classes are refused' net-zoo resnet20 --classes=65536

# ---- the whole chain ----

bytes() {   # bytes N OCTAL: N times the same byte
    head -c "$1" /dev/zero | tr '\0' "\\$2"
}

numbers() { # numbers N..: as IDX has them
    for number; do
        for shift in 24 16 8 0; do
            bytes 1 "$(printf %03o $((number >> shift & 255)))"
        done
    done
}

# idx STEM N H W: N recordings of three classes, which differ in the quarter of
# the time in which something sounds.
idx() {
    {
        printf '\0\0\010\003'
        numbers "$2" "$3" "$4"
        i=0 quarter=$(($3 * $4 / 4))
        while [ $i -lt "$2" ]; do
            bytes $((i % 3 * quarter)) 010
            bytes $quarter "$(printf %03o $((100 + i)))"
            bytes $(($3 * $4 - (i % 3 + 1) * quarter)) 010
            i=$((i + 1))
        done
    } >"$1-images-idx3-ubyte"
    {
        printf '\0\0\010\001'
        numbers "$2"
        i=0
        while [ $i -lt "$2" ]; do
            bytes 1 "00$((i % 3))"
            i=$((i + 1))
        done
    } >"$1-labels-idx1-ubyte"
}

recordings() {  # recordings NAME H W
    mkdir "$1"
    idx "$1/train" 60 "$2" "$3"
    idx "$1/t10k" 12 "$2" "$3"
    data-import -q "$1" -o "$1.mpz"
}

# chain DATA NET OPTION...: train, tune, run.
chain() {
    data=$1 name=$2
    shift
    net-zoo "$@" --classes=3 -o net.mpz
    expect 0 "$name trains" eenn-train -q -d "$data" --recipe=scratch -e 4/0 \
        -b 16 net.mpz -o trained.mpz
    expect 0 "$name: and its loss falls" sh -c '
        stream-dump -r trained.mpz | jq -se "map(select(.type == \"trained\")) |
        .[0].status == \"ok\" and (.[0].log | map(.loss) | .[3] < .[0])"'
    expect 0 "$name is tuned" thresh-tune -q trained.mpz -o result.mpz
    expect 0 "$name: nothing to choose" sh -c '
        stream-dump result.mpz | jq -se "map(select(.type == \"result\")) |
        .[0] | .utilisation == [1] and .macs == .summary.gamma[0] and
        .accuracy == .final_accuracy and .feasible"'
    expect 0 "$name runs" eenn-run -q -d "$data" --split=val \
        --policy=result.mpz trained.mpz -o run.mpz
    eenn-report --format=json run.mpz |
        jq -c '.networks[0] | [.accuracy, .macs]' >seen
    eenn-report --format=json --view=table result.mpz |
        jq -c '.results[0] | [.accuracy, .macs]' >want
    same want seen "$name: as it was tuned"
}

# early DATA NET OPTION...: with an exit behind each block.
early() {
    data=$1 name="$2 with early exits"
    shift
    net-zoo "$@" --classes=3 --exits=all -o net.mpz
    expect 0 "$name trains" eenn-train -q -d "$data" --recipe=scratch -e 2/1 \
        -b 16 net.mpz -o trained.mpz
    expect 0 "$name is tuned" thresh-tune -q trained.mpz -o result.mpz
    expect 0 "$name runs" eenn-run -q -d "$data" --split=val \
        --policy=result.mpz trained.mpz -o run.mpz
    eenn-report --format=json run.mpz |
        jq -c '.networks[0] | [.accuracy, .macs]' >seen
    eenn-report --format=json --view=table result.mpz |
        jq -c '.results[0] | [.accuracy, .macs]' >want
    same want seen "$name: as it was tuned"
}

data-synth -q -n 128 --val=32 --test=8 --classes=3 --size=32 --difficulty=0 \
    -o images.mpz
recordings words 49 10
recordings wave 490 1
chain images.mpz resnet20 --width=0.5
chain images.mpz alexnet --width=0.5
chain images.mpz mobilenetv1 --width=0.25 --res=32
chain words.mpz ds-cnn
chain words.mpz ds-cnn-l --width=0.1
chain wave.mpz ds-cnn-1d --input=490x1x1
chain wave.mpz ecg-cnn --input=490x1x1
early wave.mpz ecg-cnn --input=490x1x1
early images.mpz resnet20 --width=0.5

# Exits without a confidence unit: what they learn, and rules that need one.
for head in exitblock fc; do
    net-zoo resnet8 --width=0.5 --classes=3 --exits=all --head=$head -o net.mpz
    expect 0 "$head trains" eenn-train -q -d images.mpz --recipe=scratch \
        -e 0/1/1 -b 16 net.mpz -o trained.mpz
    expect 0 "$head: by cross-entropy alone" sh -c '
        stream-dump -r trained.mpz | jq -se "map(select(.type == \"trained\")) |
        .[0].log | all(.[]; .loss_conf == 0 and .loss == .loss_acc)"'
    expect 3 "$head: a rule that needs a confidence unit" thresh-tune -q trained.mpz
    contains "$ERR" 'exit 0 has no confidence unit, which the rule cumulative needs: try --rule=best' \
        'is refused in a line'
    for rule in margin best; do
        expect 0 "$head is tuned by $rule" thresh-tune -q --rule=$rule \
            trained.mpz -o result.mpz
    done
    expect 0 "$head runs" eenn-run -q -d images.mpz --split=val \
        --policy=result.mpz trained.mpz -o run.mpz
done
finish
