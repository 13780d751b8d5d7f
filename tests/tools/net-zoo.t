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
expect 0 'the list' net-zoo --list
cp "$OUT" list.txt
expect 0 'which a terminal may see' sh -c 'script -qec "net-zoo --list" /dev/null'
expect 2 'list takes no network' net-zoo --list resnet20
expect 2 'list writes no file' net-zoo --list -o list.mpz
holds 'it has 80 columns and a bit' awk 'length > 100 { exit 1 }' list.txt
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
contains list.txt ' 28215808  512458 ' 'AlexNet has its size'
contains list.txt ' 568740352 4231976 ' 'MobileNet has its size'

# ---- options ----
holds 'other classes' test "$(field .classes resnet20 --classes=100)" = 100
holds 'other inputs' test "$(field .input ds-cnn --input=99x40x2)" = '[99,40,2]'
holds 'other sides' test "$(field .input mobilenetv1 --res=96)" = '[96,96,3]'
holds 'published: a quarter at 96 pixels, two classes' test "$(field \
    '[.exits[0].gamma,.params]' mobilenetv1 --width=0.25 --res=96 --classes=2
    )" = '[7489664,213586]'
holds 'at least 8 channels' test "$(field '[.layers[].out[2]] | min' \
    resnet20 --width=0.05 --classes=9)" = 8
net-zoo resnet20 --input=64x64x3 -o a.mpz
net-zoo --res=64 resnet20 -o b.mpz
same a.mpz b.mpz 'two ways to say it, one stream'
stream-dump a.mpz | head -n 1 | jq -c .provenance.params >params
echo '{"list":false,"network":"resnet20","input":"64x64x3","classes":10,"width":1.0}' |
    jq -c . >want
same want params 'provenance has all that was settled'

expect 2 'no name' net-zoo
expect 2 'two names' net-zoo resnet20 alexnet
expect 2 'an unknown name' net-zoo resnet2000
contains "$ERR" "no network 'resnet2000'" 'is named'
expect 2 'not an input' net-zoo resnet20 --input=32x32
expect 2 'an input of nothing' net-zoo resnet20 --input=32x0x3
expect 2 'an input too large' net-zoo resnet20 --input=5000x32x3
expect 2 'res and input' net-zoo resnet20 --res=32 --input=32x32x3
expect 2 'res of what is no square' net-zoo ds-cnn --res=32
expect 2 'too small an image' net-zoo alexnet --res=7 -o small.mpz
contains "$ERR" 'alexnet for 7x7x3: layer conv5.pool: impossible window' \
    'says which layer it does not reach'
holds 'and leaves no file' test ! -e small.mpz
expect 2 'too large a network' net-zoo resnet20 --res=4096 --width=10
expect 2 'no width' net-zoo resnet20 --width=0
expect 2 'too many classes' net-zoo resnet20 --classes=65536

# ---- the whole chain ----

# chain NAME DATA [OPTION...]: trains, tunes, runs; what training says and what
# a run without a policy and with one gives must agree.
chain() {
    chain_name=$1 chain_data=$2
    shift 2
    net-zoo "$chain_name" "$@" -o net.mpz
    expect 0 "$chain_name: trains" eenn-train -q -d "$chain_data" -e 2/0 \
        --recipe=scratch --batch-size=16 net.mpz -o trained.mpz
    expect 0 "$chain_name: tunes" thresh-tune -q trained.mpz -o result.mpz
    expect 0 "$chain_name: runs" eenn-run -q -d "$chain_data" --split=val \
        --policy=result.mpz trained.mpz -o run.mpz
    stream-dump trained.mpz | jq -c 'select(.type == "trained") |
        [.status, (.log | map(.loss) | .[0] > .[-1])]' >seen
    holds "$chain_name: its loss falls" test "$(cat seen)" = '["ok",true]'
    stream-dump result.mpz | jq -c 'select(.type == "result") |
        [.status, .exits, (.macs == .summary.gamma[0])]' >seen
    holds "$chain_name: every sample leaves at the end" \
        test "$(cut -c 1-5 seen)" = '["ok"'
}

data-synth -q -n 96 --val=32 --test=8 --classes=3 --size=32 -o images.mpz
chain resnet20 images.mpz --classes=3 --width=0.5
chain alexnet images.mpz --classes=3 --width=0.5
chain mobilenetv1 images.mpz --classes=3 --width=0.25 --res=32
finish
