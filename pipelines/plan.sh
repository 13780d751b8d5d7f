#!/bin/bash
# SPDX-License-Identifier: MIT
# How long will a search take, and what will it need?
#
#   make -f pipelines/nachos.mk DATA=c10.mpz -j2 plan
#
# The smallest and the largest design are trained for a few steps with the settings
# in force, in a folder that is removed; OUT is not touched.  A data set that the
# preset makes is made there, too.  Settings are those of preflight.sh, which is
# asked first, and PRESET, the makefile.
#
# The model: an image of the training split costs a candidate t seconds of a core in
# each epoch, one of the validation split a third of that, as it is passed forward
# alone; t grows linearly with the MACs of a design.
set -euf -o pipefail
export LC_ALL=C OPENBLAS_NUM_THREADS=1
here=$(dirname "$0")
# shellcheck source=pipelines/needs.sh
. "$here/needs.sh"
: "${EPOCHS:?}"

# ---- what is measured ----

# given IMAGES [OPTION..]: the parameters of a training, the images being those there
# are where it takes all or more.
given() {
    eenn-train --params --dataset="$DATA" ${WEIGHTS:+--init-weights="$WEIGHTS"} \
        --train-images="${1:-0}" "${@:2}" </dev/null | awk -F= \
        -v all="${data[train]}" '
        $1 == "train-images" && ($2 == 0 || $2 > all) {$0 = $1 "=" all}
        {print}'
}

param() {       # param NAME PARAMETERS
    sed -n "s/^$1=//p" <<<"$2"
}

# Trainings of four steps in each kind of epoch that there is, and of none.
measure() {     # measure CORNER INDEX
    stream-pick --index="$2" "$tmp/nets.mpz" -o "$tmp/$1.mpz"
    run "$1" none 0/0/0
    run "$1" some "$some"
}

run() {         # run CORNER NAME EPOCHS
    # shellcheck disable=SC2086  # a list of words
    eenn-train -q --dataset="$DATA" --seed="$SEED" ${TRAIN_FLAGS-} --batch="$batch" --epochs="$3" \
        --train-images="$few" --weights=none --report="$tmp/$1.$2" "$tmp/$1.mpz" \
        -o "$tmp/$1.trained"
}

report() {      # report CORNER RUN NAME: of a measurement
    sed -n "s/^$3: //p" "$tmp/$1.$2"
}

# ---- what follows from it ----

epochs() {      # epochs BACKBONE/EXITS[/PEAK]: all of them
    awk -F/ '{print $1 + $2 + $3}' <<<"$1"
}

# t CORNER: seconds of an image in an epoch.
t() {
    real "($(report "$1" some cpu_seconds) - $(report "$1" none cpu_seconds)) / \
        $(epochs "$some") / ($few + ${data[val]} / 3)"
}

# seconds T EPOCHS IMAGES: of a training, which begins and ends as one of no epoch.
seconds() {
    real "$(report large none cpu_seconds) + \
        $1 * ($2 * ($3 + ${data[val]} / 3) + $again / 3)"
}

# How far the mean of random designs is on the way from the smallest to the largest.
mean_share() {
    # shellcheck disable=SC2086  # a list of words
    { ofa-sample --space="$SPACE" -n 32 2>/dev/null || ofa-sample --space="$SPACE" --corners; } |
        place -q ${PLACE_FLAGS-} | stream-dump -r | jq '.exits[-1].gamma' | awk -v small="${small[all_macs]}" -v large="${large[all_macs]}" '
            {sum += $1}
            END {print (large > small) ? (sum / NR - small) / (large - small) : 0}'
}

# Seconds of the supernet, without heads of early exits but where the column heads has
# them trained.  A step trains as many networks as the phase says, between the mean and
# the largest one, and the teacher passes its images forward; at the end of a phase some
# are measured, twice each.
supernet_seconds() {
    local params one with_heads
    [ -n "$SUPERNET" ] || { echo 0; return; }
    # shellcheck disable=SC2086  # a list of words
    params=$(ofa-train --params $SUPERNET_FLAGS </dev/null)
    with_heads=$(real "($t_mean + $t_large) / 2")
    one=$(real "$with_heads * ${large[final_macs]} / ${large[all_macs]}")
    ofa-train --plan --schedule="$SUPERNET" --scale="$SUPERNET_SCALE" --space="$SPACE" |
        awk -v one="$one" -v with_heads="$with_heads" -v train="${data[train]}" -v val="${data[val]}" \
            -v images="$(param train-images "$params")" \
            -v calibrate="$(param calibrate "$params")" \
            -v measured="$(param measure "$params")" '
        NR == FNR && (/^#/ || !NF) {next}
        NR == FNR && !at["phase"] {for (i = 1; i <= NF; i++) at[$i] = i; next}
        NR == FNR {
            heads = at["heads"] && $at["heads"] > 0
            nets[$1] = $at["subnets"] * (heads ? with_heads / one : 1) + $at["distil"] / 3
            next}
        {
            n = images > 0 && images < train ? images : train
            all += ($3 - $2) * n * nets[$1] * one
            all += (2 + measured) * (2 * val + calibrate) * one / 3
        }
        END {print all}' "$SUPERNET" -
}

# ---- all of it ----

"$here/preflight.sh"
plain_numbers
tmp=$(mktemp -d "${TMPDIR:-/tmp}/nachos-plan.XXXXXX") beside=
trap '[ -z "$beside" ] || kill -- "-$beside" 2>/dev/null; rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
make_data
# shellcheck disable=SC2046  # lists of words
take data $(dataset "$DATA")
# shellcheck disable=SC2086
corners -q ${PLACE_FLAGS-} -o "$tmp/nets.mpz"
# shellcheck disable=SC2086
mapfile -t corner < <(networks -q ${PLACE_FLAGS-})
# shellcheck disable=SC2086
take small ${corner[0]}
# shellcheck disable=SC2086
take large ${corner[-1]}
# shellcheck disable=SC2086
params=$(given "${TRAIN_IMAGES-}" ${TRAIN_FLAGS-})
batch=$(param batch "$params") images=$(param train-images "$params")
again=$(param recalibrate "$params")
[ -n "$SUPERNET$WEIGHTS" ] || again=0
final_images=$(param train-images "$(given "${FINAL_IMAGES-}")")
few=$((4 * batch < images ? 4 * batch : images))
some=$(sed -E 's/0*[1-9][0-9]*/1/g' <<<"$EPOCHS")
cores=$(nproc)
jobs_of_make
((jobs > 0 && jobs <= cores)) || jobs=$cores

if ((jobs > 1)); then
    # In a process group of its own, to which Ctrl-C is passed on above.
    set -m
    measure small 0 &
    # shellcheck disable=SC2128  # $! is no array
    beside=$!
    set +m
    measure large $((${#corner[@]} - 1))
    wait "$beside"
    beside=
else
    measure small 0
    measure large $((${#corner[@]} - 1))
fi
t_small=$(t small) t_large=$(t large)
t_mean=$(real "$t_small + $(mean_share) * ($t_large - $t_small)")

all=$((N_START + N_ITER * K)) length=$(epochs "$EPOCHS")
threads=$((FINAL_THREADS < cores ? FINAL_THREADS : cores))
candidate=$(seconds "$t_mean" "$length" "$images")
super=$(real "$(supernet_seconds) / $threads")
search=$(real "$candidate * $all / $jobs")
winner=$(real "$(seconds "$t_mean" "$(epochs "$FINAL_EPOCHS")" "$final_images") / $threads")

line candidates "$all ($N_START first designs$([ "$N_ITER" = 0 ] || echo ", then $N_ITER x $K"))"
line 'one training' "$(span "$candidate") ($(span "$(seconds "$t_small" "$length" "$images")") to $(
    span "$(seconds "$t_large" "$length" "$images")"), from the smallest to the largest design)"
[ -z "$SUPERNET" ] || line supernet "$(span "$super")"
line search "$(span "$search") with -j$jobs"
line winner "$(span "$winner")"
line total "$(span "$(real "$super + $search + $winner")") on an otherwise idle machine"
line 'CPU time' "$(span "$(real "$super * $threads")") supernet, $(span "$(real "$candidate * $all")") search, $(
    span "$(real "$winner * $threads")") winner, $(
    span "$(real "($super + $winner) * $threads + $candidate * $all")") in all"
each=$(training_bytes "$batch")
line memory "$(bytes "$((jobs * each))") of $(bytes "$(memory_there)")"
line disk "$(bytes "$(disk_bytes)") of $(bytes "$(disk_free)")"
