#!/bin/sh
# SPDX-License-Identifier: MIT
# Functions that expect calls; programs of jq in quotes.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

ONNX=$TOP/tests/onnx
data-synth -q -n 60 --val=20 --test=20 --size=12 -o data.mpz

example_setup() {
    cp "$ONNX/resnet-b-kept.onnx" model.onnx
    cp ../data.mpz .
    printf '%s\n' a b c d e f g h i j >names.txt
}
SOURCE=1 INSTANT=1 ARGS="-q $ONNX/resnet-b.onnx"
battery net-import

field() {   # field JQ FILE: of the record trained, net and tensors as a list
    stream-dump -r "$2" | jq -sc "$1"
}

# ---- input and output ----

net-import -q "$ONNX/plain-14.onnx" -o plain.mpz
expect 0 'standard input is read' sh -c "net-import -q <$ONNX/plain-14.onnx >b.mpz"
same plain.mpz b.mpz 'as the file is'
expect 0 '- is standard input' sh -c "net-import -q - <$ONNX/plain-14.onnx >b.mpz"
same plain.mpz b.mpz 'and - too'
expect 0 'the stream is valid' stream-check plain.mpz
holds 'it is one network without a trace' test "$(field 'map(.type) | unique |
    join(" ")' plain.mpz)" = '"net tensor trained"'
holds 'layers have the names of their weights' test "$(field \
    '.[1].layers | map(.name) | join(" ")' plain.mpz)" = \
    '"conv1 MaxPool_output_0 conv2 Flatten_output_0 fc1 fc2"' -o \
    "$(field '.[1].layers[0].name' plain.mpz)" = '"conv1"'
holds 'tensors too' test "$(field '.[2].name' plain.mpz)" = '"conv1.weight"'
holds 'nothing was trained' test "$(field '.[0] | [.status, .seed, .log, .recipe,
    .best_epoch, .summary.recipe, .dataset]' plain.mpz)" = \
    '["ok",0,[],[],null,null,"unknown"]'
holds 'the head begins where the map ends' test "$(field \
    '.[1] | .layers[.exits[0].first].op' plain.mpz)" = '"flatten"'
expect 0 'what was done is said' net-import "$ONNX/mlp.onnx" -o mlp.mpz
contains "$ERR" 'mlp.onnx: 3 layers, 1524 parameters, 1504 MACs, input 6x5x3, 4 classes' \
    'the network is described'
contains "$ERR" 'Softmax at the end is left out' 'the Softmax is named'
expect 0 'one sigmoid' net-import "$ONNX/one-unit.onnx" -o one.mpz
contains "$ERR" 'the logits 0 and x of two classes' 'is two logits'
expect 2 'two models are refused' net-import a.onnx b.onnx
expect 4 'a model that is not there' net-import nowhere.onnx -o x.mpz
holds 'norms melt' test "$(net-import -q "$ONNX/resnet-b-kept.onnx" |
    stream-dump -r | jq -c 'select(.type == "net") | [.layers[].norm] | any')" = false
holds 'norms are kept' test "$(net-import -q --norm=keep "$ONNX/resnet-b-kept.onnx" |
    stream-dump -r | jq -c 'select(.type == "net") | [.layers[].norm] | any')" = true

# ---- the samples ----

input() {   # input OPTION...: the map of the stream
    net-import -q "$@" | stream-dump -r |
        jq -c 'select(.type == "trained") | .input | [.kind, .mean, .std]'
}
norm=$ONNX/normalising.onnx
holds 'pixels of 0..1' test "$(input "$ONNX/plain-9.onnx")" = '["image",[0,0,0],[1,1,1]]'
holds 'pixels of 0..255 become such, too' test "$(input "$ONNX/plain-9.onnx" --pixels=raw \
    --mean=0,51,102)" = '["image",[0,0.2,0.4],[1,1,1]]'
holds 'raw pixels, with a mean' test "$(input "$ONNX/plain-9.onnx" --pixels=raw \
    --mean=51,102,0 --std=25.5)" = '["image",[0.2,0.4,0],[0.1,0.1,0.1]]'
holds 'nothing is said' test "$(input "$ONNX/plain-9.onnx" --kind=none)" = '[null,null,null]'
holds 'a signal' test "$(input "$ONNX/ecg.onnx" --kind=signal --std=2)" = \
    '["signal",[0,0],[2,2]]'
holds 'nothing is guessed of a signal' test "$(input "$ONNX/ecg.onnx")" = '[null,null,null]'
holds 'arithmetic in front becomes mean and deviation' test "$(input "$norm")" = \
    '["image",[0.4,0.5,0.6],[0.2,0.25,0.3]]'
holds 'and is a layer where nothing is said' test "$(net-import -q --kind=none "$norm" |
    stream-dump -r | jq -c 'select(.type == "net") | .layers[0].op')" = '"norm"'
holds 'of features, too' test "$(input --kind=signal "$ONNX/hand-features.onnx")" = \
    '["signal",[0.5],[0.25]]'
holds 'a size that is left open' test "$(net-import -q --input=09x7x1 --kind=none \
    "$ONNX/hand-old.onnx" | stream-dump -r | jq -c 'select(.input | arrays) | .input')" = '[9,7,1]'
expect 3 'is needed' net-import "$ONNX/hand-old.onnx"
contains "$ERR" '--input=HxWxC' 'and how to give it is said'
expect 3 'one that is another' net-import --input=10x8x1 "$ONNX/plain-9.onnx"
printf '%s\n' a b c d >four
printf '%s\r\n' a b c d e >five
expect 0 'names of classes' net-import -q --classes=five "$ONNX/plain-9.onnx" -o named.mpz
holds 'are in the stream' test "$(field '.[0].input.classes' named.mpz)" = '["a","b","c","d","e"]'
expect 2 'names of too few classes' net-import --classes=four "$ONNX/plain-9.onnx"
printf 'a\n\nb\n' >gap
expect 3 'an empty name' net-import --classes=gap "$ONNX/plain-9.onnx"
printf 'a\nb\nc\033[2J\nd\ne\n' >control
expect 3 'a control character in a name' net-import --classes=control "$ONNX/plain-9.onnx"
contains "$ERR" 'control: line 3 is not UTF-8' 'and its line'
expect 2 'a data set called by a control character' \
    net-import --name="$(printf 'a\033')" "$ONNX/plain-9.onnx"
expect 2 'too many means' net-import --mean=0,0 "$ONNX/plain-9.onnx"
expect 2 'a mean that is no number' net-import --mean=0.1,x,0 "$ONNX/plain-9.onnx"
expect 2 'a comma too many' net-import --mean=0.1, "$ONNX/plain-9.onnx"
holds 'a mean above 1 is of raw pixels' test "$(input "$ONNX/plain-9.onnx" --mean=51 \
    --std=51)" = '["image",[0.2,0.2,0.2],[0.2,0.2,0.2]]'
expect 2 'a mean beyond the pixels' net-import --mean=300 "$ONNX/plain-9.onnx"
expect 2 'a mean beyond pixels of 0..1' net-import --mean=51 --pixels=unit "$ONNX/plain-9.onnx"
expect 2 'a deviation of 0' net-import --std=0 "$ONNX/plain-9.onnx"
expect 2 'pixels of a signal' net-import --kind=signal --pixels=raw "$ONNX/ecg.onnx"
expect 2 'a kind beside a data set' net-import --kind=image -d data.mpz "$ONNX/ecg.onnx"
expect 3 'a data set of other samples' net-import -d data.mpz "$ONNX/plain-9.onnx"
contains "$ERR" 'has samples of 12x12x3' 'both are named'
refuses_broken 'data set' data.mpz plain.mpz net-import "$ONNX/resnet-b.onnx" -d

# ---- the tools behind it ----

expect 0 'a network as the data set has it' net-import -q "$ONNX/resnet-b-kept.onnx" \
    --norm=keep -d data.mpz -o net.mpz
expect 3 'it cannot be tuned at once' thresh-tune net.mpz
contains "$ERR" 'eenn-run --split=val' 'and the message says what to do'
expect 0 'it runs' eenn-run -q -d data.mpz --split=val net.mpz -o trace.mpz
expect 0 'it is tuned' thresh-tune -q trace.mpz -o tuned.mpz
expect 0 'it is reported' eenn-report tuned.mpz
expect 0 'the network is reported' eenn-report --view=net net.mpz
expect 0 'and as a trained one' eenn-report --view=table net.mpz
expect 0 'it names pictures' eenn-predict -q -m net.mpz "$TOP/tests/pictures/rgb.png"
expect 0 'the only exit of a network' eenn-predict -m net.mpz "$TOP/tests/pictures/rgb.png"
holds 'needs no policy' test ! -s "$ERR"
net-import -q --kind=none "$ONNX/resnet-b-kept.onnx" -o unsaid.mpz
expect 3 'but not where nobody says what they are' eenn-predict -q -m unsaid.mpz \
    "$TOP/tests/pictures/rgb.png"
expect 0 'or by a data set' eenn-predict -q -m unsaid.mpz -d data.mpz \
    "$TOP/tests/pictures/rgb.png"
expect 0 'it is trained on' eenn-train -q -d data.mpz -e 1/0 -b 16 \
    --init-weights=net.mpz net.mpz -o finer.mpz
holds 'from the imported weights' test "$(field '.[0].status' finer.mpz)" = '"ok"'
expect 0 'and that is tuned' thresh-tune -q finer.mpz -o tuned.mpz

# A network for pixels of 0..255 is trained further as one for 0..1: with gradients 255
# times as large all units of this one die.  Images differ in their colour.
jq -nc 'def images($n): [range($n) as $i | range(30) as $j | range(3) as $k |
        (if $k == $i % 4 then 150 else 90 end) + ($i * 37 + $j * 53 + $k * 71) % 60];
    def chunk($split; $n): {type: "chunk", split: $split,
        images: {dtype: "u8", shape: [$n, 6, 5, 3], values: images($n)},
        labels: {dtype: "i32", shape: [$n], values: [range($n) | . % 4]}};
    {type: "dataset", name: "colours", classes: ["r", "g", "b", "grey"], shape: [6, 5, 3],
        mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2], splits: ["train", "val"],
        samples: [80, 20]}, chunk("train"; 80), chunk("val"; 20)' |
    stream-load -k dataset -o colours.mpz
expect 0 'pixels of 0..255' net-import "$ONNX/mlp.onnx" --pixels=raw -o raw.mpz
contains "$ERR" 'multiplied by 255: the network now takes pixels of 0..1' 'are told of'
expect 0 'a network for them is trained on' eenn-train -q -d colours.mpz -e 12/0 -b 16 \
    --lr=0.001 --flip=no --init-weights=raw.mpz raw.mpz -o finer.mpz
holds 'which lowers the loss' test "$(field '.[0].log |
    (last.val_loss < .[0].val_loss / 10) and last.val_accuracy[0] > 0.6' finer.mpz)" = true
sed 's/"std"/"resize":"cover","crop":"centre","std"/' >covered.json <<EOF
$(stream-dump --values --max-values=10000 -r colours.mpz)
EOF
stream-load -k dataset -o covered.mpz covered.json
expect 0 'it runs on pictures that were scaled' eenn-run -d covered.mpz --split=val \
    raw.mpz -o trace.mpz
holds 'without a warning' test ! -s "$ERR"
expect 0 'a data set says how samples were normalised' net-import "$ONNX/mlp.onnx" \
    -d covered.mpz -o as.mpz
contains "$ERR" 'normalised as those of data set colours' 'and this is said'
expect 0 'and how they were scaled' eenn-run -d colours.mpz --split=val as.mpz -o trace.mpz
contains "$ERR" 'scaled in another way' 'which is compared'

# ---- what is refused ----

expect 3 'what cannot be imported' net-import "$ONNX/refused.onnx" -o x.mpz
for text in 'node spread (Conv): a dilated window (2x2)' \
    'node leak (LeakyRelu), node leak2 (LeakyRelu): the operator is not known' \
    'node grouped (Conv): 2 groups of 3 channels' \
    'node bell (Gelu): operators of com.microsoft are not known'; do
    contains "$ERR" "$text" "names all at once: $text"
done
holds 'no file is left' test ! -e x.mpz
"$BIN/net-import" -v "$ONNX/refused.onnx" >/dev/null 2>err
holds '-v gives each a line' test "$(grep -c '^net-import: node' err)" -ge 4

# refused FILE TEXT: for that reason.
refused() {
    expect 3 "refused: $1" net-import "$ONNX/$1.onnx"
    contains "$ERR" "$2" "$1: $2"
}
refused bad-half 'initialiser w: numbers of type float16 (half precision)'
refused bad-bytes 'initialiser w: numbers of type int8 (quantised)'
refused bad-huge 'initialiser w: an impossible shape, or one too large'
refused bad-minus 'initialiser w: an impossible shape'
refused bad-beside 'external data of more than 1073741824 bytes in all'
refused bad-loop 'it waits for its own output'
refused bad-if 'node b (If): the operator is not known'
refused bad-inputs 'has 2 inputs, not one'
refused bad-outputs 'has 2 outputs, not one'
refused bad-map 'its output is a map of 5x5 pixels'
refused bad-input-type 'half precision'
refused bad-multiplier 'node b (Conv): a depth multiplier of 2'
refused bad-reflect "node p1 (Pad): padding by 'reflect'"
refused bad-pad 'node b (Relu): its input is padded by a Pad node'
refused bad-constant 'a constant of 100 numbers'
refused bad-channels 'weights for 3 channels, and the input has 4'
refused bad-softmax 'which is known only at the end'
refused bad-single 'it ends in a Softmax of one output'
refused bad-window 'a window of 7 does not fit a map of 5 pixels'
refused bad-reshape 'it takes an axis apart'

# External data: the model names a file, and nobody has to trust it.
mkdir -p ext/sub
cp "$ONNX/hand-external.bin" ext/sub/data.bin.....
cp "$ONNX/hand-external.onnx" "$ONNX/hand-external.bin" ext
expect 0 'data beside the model' net-import -q ext/hand-external.onnx -o a.mpz
expect 0 'in the present folder' sh -c 'cd ext && net-import -q hand-external.onnx -o ../b.mpz'
same a.mpz b.mpz 'are the same'
expect 3 'the model from standard input' sh -c 'net-import <ext/hand-external.onnx'
contains "$ERR" 'must be named as a file' 'says why'
elsewhere() {   # elsewhere WHAT PATH: of as many letters as the model has
    perl -pe 's/hand-external\.bin/'"$2"'/g' "$ONNX/hand-external.onnx" >ext/other.onnx
    expect 3 "refused: $1" net-import ext/other.onnx
}
expect 0 'data in a folder below' sh -c "
    perl -pe 's,hand-external\.bin,sub/data.bin.....,g' $ONNX/hand-external.onnx >ext/below.onnx &&
    net-import -q ext/below.onnx -o b.mpz && cmp a.mpz b.mpz"
elsewhere 'an absolute path' '\/etc\/hostname\/\/\/\/'
contains "$ERR" 'must be relative' 'says what paths may be'
elsewhere 'a path that leads up' '..\/ext\/hand-e.bin'
elsewhere 'a path that leads up in its middle' 'sub\/..\/..\/ext\/x.b'
ln -s hand-external.bin ext/link-external.bin
elsewhere 'a link' 'link-external.bin'
contains "$ERR" 'links are not followed' 'says so'
ln -s sub ext/sib
elsewhere 'a link to a folder' 'sib\/data.bin.....'
mkfifo ext/pipe-external.bin
elsewhere 'a pipe' 'pipe-external.bin'
head -c 100 "$ONNX/hand-external.bin" >ext/cuts-external.bin
elsewhere 'a range beyond the file' 'cuts-external.bin'
contains "$ERR" 'which has 100' 'says how long the file is'

# ---- damaged models ----

plain=$ONNX/plain-9.onnx
for n in 0 1 10 100 1000 5000 6000; do
    head -c $n "$plain" >cut.onnx
    expect 3 "cut off after $n bytes" net-import cut.onnx
done
damaged() {     # damaged WHAT PERL TEXT
    perl -0777 -pe "$2" "$plain" >bad.onnx
    expect 3 "$1" net-import bad.onnx
    contains "$ERR" "$3" "$1: $3"
}
damaged 'numbers that are too few' 's/\x08\x06\x08\x03\x08\x03\x08\x03/\x08\x06\x08\x03\x08\x03\x08\x04/' \
    'numbers, and its shape needs'
damaged 'a value that nobody defines' 's/\n\x0bconv2.weight/\n\x0bconv9.weight/; s/conv2.weight/conv3.weight/' \
    'which nobody defines'
damaged 'a value that is defined twice' 's/conv2\.bias/conv1.bias/g' 'defined twice'
damaged 'a number that is not finite' 's/(conv1\.weightJ..)..../$1\x00\x00\xc0\x7f/s' 'not finite'
damaged 'an operator set that is too new' 's/B\x02\x10\x09/B\x02\x10\x16/' 'operator set 22'
damaged 'one that is too old' 's/B\x02\x10\x09/B\x02\x10\x08/' 'opset_version='
expect 3 'a stream' net-import plain.mpz
expect 3 'a text' net-import "$TOP/README.md"
finish
