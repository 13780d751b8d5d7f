#!/bin/sh
# SPDX-License-Identifier: MIT
# prepare.sh WHAT: files in the current folder for bench.sh's groups, networks
# as NAME.mpz and, for the peer, NAME.json.
#     ofa      one sub-network of OFA-MobileNetV3 at 32x32, 6.37 M MACs
#     shapes   the smallest, a middle and the largest one at 32 and 160 pixels
#     zoo      networks of net-zoo
#     exits    ofa with four early exits
#     stop     the same, trained a little on data.mpz, and thresholds that halve
#              its MACs: stop.trained.mpz, stop.result.mpz
set -eu
export LC_ALL=C

# As choices: depth, four kernels, four expand ratios for each stage.
middle="001001000010001200120102010101201020010002100"

place() {   # place NAME EXITS RES BACKBONE...: the last exits are all there
    name=$1 exits=$2 res=$3
    ofa-sample --space="ofa-mbv3:width=1,res=$res,classes=10,exits=$exits" \
        "$4$(printf %0"$exits"d 0 | tr 0 1)" | eec-place -o "$name.mpz"
    stream-dump -r "$name.mpz" >"$name.json"
}

zoo() {     # zoo NAME [OPTION...]
    net-zoo "$@" -o "$1.mpz"
    stream-dump -r "$1.mpz" >"$1.json"
}

case $1 in
ofa)
    place ofa 1 32 $middle
    ;;
shapes)
    for res in 32 160; do
        place "small$res" 1 "$res" "$(printf %045d 0)"
        place "middle$res" 1 "$res" $middle
        place "large$res" 1 "$res" "$(printf %045d 0 | tr 0 2)"
    done
    ;;
zoo)
    command -v net-zoo >/dev/null || { echo 'net-zoo is missing' >&2; exit 77; }
    zoo resnet20
    zoo alexnet
    zoo ds-cnn-1d
    zoo mobilenetv1 --res=32 --classes=10 --width=0.5
    ;;
exits)
    place exits 4 32 $middle
    ;;
stop)
    place stop 4 32 $middle
    data-synth --train=3000 --val=2000 --test=2048 -o data.mpz
    eenn-train -d data.mpz --recipe=scratch --epochs=2/1/0 -j2 stop.mpz \
        -o stop.trained.mpz
    macs=$(jq '.exits[-1].gamma / 2 | floor' stop.json)
    thresh-tune --max-macs="$macs" stop.trained.mpz -o stop.result.mpz
    ;;
*)
    echo "prepare.sh: there is no $1" >&2
    exit 2
    ;;
esac
