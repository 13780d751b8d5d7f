#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

# A writer keeps the limits of its readers: what would not fit into a record is
# refused before the work, in a sentence, and nothing is written.

pixels() {  # pixels N: so many images of 32x32x3, and as many labels
    printf '"images":{"dtype":"u8","shape":[%s,32,32,3],"data":"' "$1"
    head -c $(($1 * 3072)) /dev/zero | base64 -w0
    printf '"},"labels":{"dtype":"i32","shape":[%s],"data":"' "$1"
    head -c $(($1 * 4)) /dev/zero | base64 -w0
    printf '"}}\n'
}
dataset() { # dataset NAME CLASSES VAL: a set without anything to see
    printf '{"type":"dataset","name":"%s","shape":[32,32,3],"classes":[' "$1"
    seq -s, "$2" | sed 's/[0-9]*/"&"/g'
    printf '],"splits":["train","val"],"samples":[1,%s],' "$3"
    echo '"mean":[0.5,0.5,0.5],"std":[1,1,1]}'
    printf '{"type":"chunk","split":"train",'
    pixels 1
    printf '{"type":"chunk","split":"val",'
    pixels "$3"
}
load() {
    tr -d '\n' | sed 's/}{/}\n{/g' | stream-load -k dataset "$@"
}
refused() { # refused STATUS WHAT TEXT COMMAND..
    refused_status=$1 refused_what=$2 refused_text=$3
    shift 3
    expect "$refused_status" "$refused_what" timeout 60 "$@" -o out.mpz
    contains "$ERR" "$refused_text" 'which is said'
    holds 'nothing is written' test ! -e out.mpz
}

# As many images as an exit's outputs may be of, and one more.
most=$(((64 * 1024 * 1024 - 1024) / 4 / 60001))
dataset wide 60000 $((most + 1)) | load -o wide.mpz
net-zoo alexnet --classes=60000 -o wide-net.mpz
refused 3 'outputs that are no record' "$most images fit" \
    eenn-train -d wide.mpz --epochs=1/1 wide-net.mpz
dataset deep 20000 1 | load -o deep.mpz
net-zoo mobilenetv1 --res=32 --classes=20000 -o deep-net.mpz
refused 2 'a tensor that is no record' 'numbers, too many for a stream (64 MiB)' \
    eenn-train -d deep.mpz --epochs=1/1 deep-net.mpz

# A log of more epochs than there may be.
dataset few 10 2 | load -o few.mpz
net-zoo resnet20 --width=0.1 -o net.mpz
refused 2 'a log that is no record' 'a log of 9000 epochs is too large' \
    eenn-train -d few.mpz --epochs=9000/0 net.mpz
refused 3 'a schedule that is none' 'epochs in all' ofa-train --plan \
    --space=ofa-mbv3:width=0.1,res=16,classes=10,exits=2 -p /dev/stdin <<'EOF'
phase epochs warmup lr subnets largest distil
full 90000 0 0.1 1 1 0
EOF

# Headers and trailers as well.
seq 200000 | sed 's/.*/"--&"/' | jq -sc '{magic: "nachos", kind: "result",
    version: [1, 2], provenance: {tool: "x", version: "1", params: {a: .}}}' \
    >header.json
echo '{"eos":true,"records":0,"inputs":[],"digest":"0"}' >trailer.json
refused 3 'a header' 'header to write: larger than 1 MiB' \
    sh -c 'cat header.json trailer.json | stream-load "$@"' -
stream-dump net.mpz |
    sed 's/"inputs":\[\]/"inputs":[{"kind":"No kind","digest":"'"$(printf %032d 0)"'"}]/' \
        >inputs.json
refused 3 'a trailer' 'trailer to write: key `inputs`' stream-load inputs.json
finish
