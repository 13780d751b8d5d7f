#!/bin/bash
# SPDX-License-Identifier: MIT
# What will an augmentation do, how long will it take, and what will it need?
#
#   make -f pipelines/augment.mk NET=ds-cnn-l DATA=speech.mpz PLATFORM=psoc6-measured plan
#
# The base, and its branches on the frozen backbone, are trained for a few steps with
# the settings in force, in a folder that is removed; OUT is not touched.  A data set
# that the preset makes is made there, too.  Settings are those of
# augment-preflight.sh, which is asked first, and PRESET, the makefile.
#
# The model: a sample of the training split costs t seconds of a core in each epoch,
# one of the validation split a third of that, as it is passed forward alone.  On the
# frozen backbone the first epoch also computes the features, which later ones find.
# shellcheck disable=SC2154
set -euf -o pipefail
export LC_ALL=C OPENBLAS_NUM_THREADS=1
here=$(dirname "$0")
# shellcheck source=pipelines/needs.sh
. "$here/needs.sh"

# run NAME NET OPTION..: a training on few samples, and its report.
run() {
    eenn-train -q --dataset="$DATA" --train-images="$few" \
        --report="$tmp/$1.report" "${@:3}" "$2" -o "$tmp/$1.mpz"
}
cpu() {         # cpu NAME: seconds of a core
    sed -n 's/^cpu_seconds: //p' "$tmp/$1.report"
}

# whole SECONDS: of all samples, when few of them took so long.
whole() {
    real "($1 > 0 ? $1 : 0) * ($images + ${data[val]} / 3) / ($few + ${data[val]} / 3)"
}

epochs() {      # epochs BACKBONE/EXITS[/PEAK]: all of them
    awk -F/ '{print $1 + $2 + $3}' <<<"$1"
}

"$here/augment-preflight.sh"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/nachos-plan.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
make_data
# shellcheck disable=SC2046  # lists of words
take data $(dataset "$DATA")
# shellcheck disable=SC2046,SC2086
case ${NET:-${MODEL-}} in
*.onnx) net-import -q --dataset="$DATA" ${IMPORT_FLAGS-} "$MODEL" -o "$tmp/base.mpz" ;;
*/* | *.mpz) stream-pick --index=0 "${NET:-$MODEL}" -o "$tmp/base.mpz" ;;
*) net-zoo "$NET" $(net_shape "$DATA") ${NET_FLAGS-} -o "$tmp/base.mpz" ;;
esac
# shellcheck disable=SC2086
params=$(eenn-train --params --dataset="$DATA" ${base_train:-} </dev/null)
images=$(sed -n 's/^train-images=//p' <<<"$params") batch=$(sed -n 's/^batch=//p' <<<"$params")
((images > 0 && images < data[train])) || images=${data[train]}
few=$((4 * batch < images ? 4 * batch : images))
# shellcheck disable=SC2086
{
    run none "$tmp/base.mpz" ${base_train:-} --epochs=0/0
    run some "$tmp/base.mpz" ${base_train:-} --epochs=1/0
    net-augment -q ${AUGMENT_FLAGS-} "$tmp/some.mpz" -o "$tmp/candidates.mpz"
    run branches0 "$tmp/candidates.mpz" ${branch_train:-} --init-weights="$tmp/candidates.mpz" --epochs=0/0
    run branches1 "$tmp/candidates.mpz" ${branch_train:-} --init-weights="$tmp/candidates.mpz" --epochs=0/1
    run branches2 "$tmp/candidates.mpz" ${branch_train:-} --init-weights="$tmp/candidates.mpz" --epochs=0/2
}
# shellcheck disable=SC2046,SC2086
take large $(stream-dump -r "$tmp/candidates.mpz" | jq -rs 'map(select(.type == "net"))[0] |
    "params=\(.params) exits=\(.exits | length) macs=\(.exits[-1].gamma - ([.exits[:-1][].head_macs] | add // 0)) " +
    "act_bytes=\([.layers[].act_bytes] | add)"')
begun=$(cpu none)
epoch=$(whole "$(cpu some) - $begun")
base=0 static=0
[ -n "${MODEL-}" ] || base=$(real "($begun + $epoch * $(epochs "${EPOCHS:-0/0}")) / $THREADS")
[ "${STATIC-no}" = no ] || static=$(real "($begun + $epoch * $(epochs "${EPOCHS:-0/0}")) / $THREADS")
first=$(whole "$(cpu branches1) - $(cpu branches0)")
later=$(whole "$(cpu branches2) - $(cpu branches1)")
branches=$(real "($(cpu branches0) + $first + ($BRANCH_EPOCHS - 1) * $later) / $THREADS")
# Of the plan and of the base; exits cost little beside the backbone.
tuning=0
[ "$FINETUNE" = 0 ] || tuning=$(real "2 * ($begun + $epoch * $FINETUNE) / $THREADS")

line network "${NET:-$MODEL}, $(awk "BEGIN {printf \"%.3g M MACs\", ${large[macs]} / 1e6}"), ${large[params]} parameters with all exits"
line candidates "$((large[exits] - 1)) places for an exit"
if [ -n "${MODEL-}" ]; then line base 'as it is, nothing is trained'; else line base "$(span "$base")"; fi
line branches "$(span "$branches"), all together, on the frozen backbone"
line plan "of ${PLATFORM##*/}, by $MINIMISE"
[ "$FINETUNE" = 0 ] || line fine-tuning "$(span "$tuning"), of the chosen exits with the backbone, and of the base"
[ "${STATIC-no}" = no ] || line static "at most $(span "$static"), a network without exits to compare with"
line total "$(span "$(real "$base + $branches + $tuning + $static")") on an otherwise idle machine"
line memory "$(bytes "$(training_bytes "$batch")") of $(bytes "$(memory_there)")"
line disk "$(bytes "$(calc "9 * 8 * ${large[params]} + ${data[val]} * ${large[exits]} * 8 * ${data[classes]}")") of $(bytes "$(disk_free)")"
