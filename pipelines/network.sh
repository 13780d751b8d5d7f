#!/bin/bash
# SPDX-License-Identifier: MIT
# network.sh TARGET MAKEFLAGS: the order in which network.mk's stages are made, for its
# target all.  It exports the settings.
export LC_ALL=C
layout='network 1'
what=network check='' checked=''
made=(checkpoints final)
# shellcheck source=pipelines/driver.sh
. "${0%/*}/driver.sh"

places() {
    folders=("$OUT"/{params,final,checkpoints}/) files=("$OUT"/{net.mpz,report.txt})
    [[ $DATA != "$OUT"/* ]] || files+=("$DATA")
}

has_test=''
folder
params
compare
change=$(changes)
[ -z "$change$differ" ] || warn "$OUT: ${change:+$change; }training: the network"
working 1
[ -n "$dry" ] || echo '0 1' >"$OUT/tmp/stages"
stage trained
failure=$(stream-dump -r --first "$OUT/final/trained.mpz" | jq -r 'select(.status == "failed").reason')
[ -z "$failure" ] || refuse "$OUT: the training failed: $failure (TRAIN_FLAGS, EPOCHS)"
find_test
stage report TEST="$has_test"
stop_drawing
[ -n "$dry" ] || cat "$OUT/report.txt"
settle
