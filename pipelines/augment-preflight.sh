#!/bin/bash
# SPDX-License-Identifier: MIT
# Says all that is wrong with the settings of an augmentation, before anything is run:
#
#   make -f pipelines/augment.mk NET=ds-cnn-l DATA=speech.mpz PLATFORM=psoc6-measured preflight
#
# Settings are the variables of augment.mk and what it makes of them.  The base is made
# as a network without weights, so that its shape, and what of it no processor holds,
# is known.
set -euf -o pipefail
shopt -s extglob
export LC_ALL=C OPENBLAS_NUM_THREADS=1
: "${OUT:?}" "${DATA:?}"
# shellcheck source=pipelines/checks.sh
. "$(dirname "$0")/checks.sh"
# shellcheck disable=SC2034  # of checks.sh
derived='base_train branch_train tuning goals loss least places certified early'

# ---- options ----

numbers() {
    whole FINETUNE 0
    whole BRANCH_EPOCHS 1
    whole THREADS 1
}

# trains COUNT NAMES OPTION..: options of a training, those of NAMES.
trains() {
    local count=$1 names=$2 name
    shift 2
    ! takes eenn-train --dataset="$DATA" "$@" || return 0
    # shellcheck disable=SC2086
    for name in $names; do
        case $name in
        *_FLAGS) ask "$name" eenn-train ${!name-} || true ;;
        EPOCHS) option EPOCHS eenn-train --epochs ;;
        esac
    done
    together "$count" "${names// /, }" eenn-train --dataset="$DATA" "$@"
}

# shellcheck disable=SC2086
options() {
    option SEED eenn-train --seed
    option TRAIN_IMAGES eenn-train --train-images
    option FLIP eenn-train --flip
    option CLASS_WEIGHTS eenn-train --class-weights
    option SPLIT eenn-train --split
    # Else it was said already.
    if ((wrongs == 0)); then
        [ -n "${MODEL-}" ] || trains "$wrongs" 'EPOCHS TRAIN_FLAGS' ${base_train-}
        trains "$wrongs" 'BRANCH_FLAGS' ${inherit-} ${branch_train-}
        trains "$wrongs" 'FINETUNE_FLAGS' ${inherit-} ${tuning-}
    fi
    option PRECISION exit-map --precision
    option MINIMISE exit-map --minimise
    option EXITS_PER_PROCESSOR exit-map --exits-per-processor
    [ -z "${MAX_LATENCY-}" ] || ask MAX_LATENCY net-augment ${early-} || true
    ask AUGMENT_FLAGS net-augment ${AUGMENT_FLAGS-} || true
    ((wrongs > 0)) || ask 'MAX_LOSS, LIMITS or MAP_FLAGS' exit-map \
        ${on_platform-} ${goals-} ${loss-} ${places-} ${MAP_FLAGS-} || true
    ((wrongs > 0)) || [ -z "${CONFIDENCE-}" ] || ask CONFIDENCE exit-map \
        ${goals-} ${least-} ${certified-} ${MAP_FLAGS-} || true
}

# ---- files ----

# Sets device to the platform as a stream.
# shellcheck disable=SC2153
platform_there() {
    local said
    [ -n "${platform-}" ] || return 1
    if [ ! -f "$platform" ]; then
        wrong "PLATFORM=$PLATFORM: there is no such file, nor such a platform:" \
            "$(set +f; cd "$(dirname "$0")/platforms" 2>/dev/null && printf '%s ' *.json | sed 's/\.json / /g; s/ $//')"
    elif said=$([ "$(head -c 1000 "$platform" | tr -d '[:space:]' | head -c 1)" = '{' ] &&
            stream-load --kind=platform "$platform" -o "$tmp/platform.mpz" 2>&1); then
        device=$tmp/platform.mpz
    elif [ -n "$said" ]; then
        wrong "PLATFORM: ${said%%$'\n'*}"
    elif ! said=$(stream-dump --first "$platform" 2>&1); then
        wrong "PLATFORM: ${said%%$'\n'*}"
    elif [ "$(jq -rs '.[0].kind' <<<"$said")" != platform ]; then
        wrong "PLATFORM=$PLATFORM: a $(jq -rs '.[0].kind' <<<"$said") stream, not a platform"
    else
        device=$platform
    fi
    if [[ ${device-} && "${goals-} ${MAP_FLAGS-}" = *energy* ]]; then
        said=$(stream-dump --first -r "$device" |
            jq -r 'first(.processors[] | select(.active_w == null or .idle_w == null).name)')
        [ -z "$said" ] || wrong "PLATFORM=$PLATFORM: the energy is unknown: processor $said has no active_w or no idle_w"
    fi
    [ -z "${COSTS-}" ] || [ -f "$COSTS" ] || wrong "COSTS=$COSTS: there is no such file"
}

splits() {
    ((data[train] > 0)) || wrong "DATA=$DATA: no split train, on which the exits are trained"
    ((data[val] > 0)) || wrong "DATA=$DATA: no split val, by which trainings are judged:" \
        'import the samples with --val-share=0.1, or with a split val of your own'
    ((data[classes] > 1)) || wrong "DATA=$DATA: all samples are of one class"
    ((data[test] > 0)) || warn "DATA=$DATA: no split test: the report has no figures of that split"
    [ -z "${CONFIDENCE-}" ] || ((data[cal] > 0)) ||
        wrong "CONFIDENCE=$CONFIDENCE: DATA=$DATA has no split cal, by which limits are" \
            'certified: import with --cal-share=0.2, or leave CONFIDENCE out'
}

# network NAME FILE: a net of a stream, of NET or MODEL; sets large.
network() {
    local said fault
    if ! said=$(stream-dump -r "$2" 2>&1); then
        wrong "$1: ${said%%$'\n'*}"
        return
    fi
    said=$(jq -cs 'map(select(.type == "net")) | {count: length} + (.[0] // {} |
        {res: .input[0], width: .input[1], channels: .input[2], classes, params,
         exits: (.exits | length), act_bytes: ([.layers[]?.act_bytes] | add)}) |
        to_entries | map("\(.key)=\(.value)") | join(" ")' -r <<<"$said")
    # shellcheck disable=SC2086
    take large $said
    fault="$1=${!1}"
    if [ "${large[count]}" != 1 ]; then
        wrong "$fault: ${large[count]} networks, and one is augmented; stream-pick picks it"
    elif [ "${large[exits]}" != 1 ]; then
        wrong "$fault: the network has early exits already: give one that has none"
    elif ((${#data[@]})) && [ "${large[res]}x${large[width]}x${large[channels]}" != \
            "${data[height]}x${data[width]}x${data[channels]}" ]; then
        wrong "$fault: the network takes samples of ${large[res]}x${large[width]}x${large[channels]}," \
            "and those of DATA=$DATA are ${data[height]}x${data[width]}x${data[channels]}"
    elif ((${#data[@]})) && [ "${large[classes]}" != "${data[classes]}" ]; then
        wrong "$fault: the network knows ${large[classes]} classes, and DATA=$DATA has ${data[classes]}"
    fi
}

# shellcheck disable=SC2046,SC2086
networks_there() {
    local said count=$wrongs
    if [ -n "${NET-}" ] && [[ $NET != */* && $NET != *.mpz ]]; then
        # Of a set that the preset makes the shape is not known.
        ((${#data[@]})) || { ask NET net-zoo "$NET" ${NET_FLAGS-} || true; return; }
        if said=$(net-zoo "$NET" $(net_shape "$DATA") ${NET_FLAGS-} -o "$tmp/net.mpz" 2>&1); then
            network NET "$tmp/net.mpz"
        else
            wrong "NET: ${said%%$'\n'*}"
        fi
    elif [ -n "${NET-}" ]; then
        network NET "$NET"
        [ ! -e "$NET" ] || stream-pick --index=0 "$NET" -o "$tmp/net.mpz" 2>/dev/null || true
    elif [[ ${MODEL-} = *.onnx ]]; then
        if said=$(net-import ${data[classes]:+--dataset="$DATA"} ${IMPORT_FLAGS-} "$MODEL" \
                -o "$tmp/net.mpz" 2>&1); then
            network MODEL "$tmp/net.mpz"
        else
            wrong "MODEL: ${said%%$'\n'*}"
        fi
    elif [ -n "${MODEL-}" ]; then
        network MODEL "$MODEL"
        cp "$MODEL" "$tmp/net.mpz" 2>/dev/null || true
    fi
    [[ -z ${device-} || ! -e $tmp/net.mpz ]] || ((wrongs > count)) || fits
}

# A network that has a place for an exit, and processors that hold it; what the tool
# warns of is odd, such as a rate in another unit.
# shellcheck disable=SC2086
fits() {
    local said line rc=0
    [ -z "${COSTS-}" ] || [ -f "$COSTS" ] || return 0
    said=$(net-augment ${early:-${on_platform-}} --platform="$device" ${COSTS:+--costs="$COSTS"} \
        ${AUGMENT_FLAGS-} "$tmp/net.mpz" 2>&1 >/dev/null) || rc=$?
    # Wrong options were said already.
    ((rc != 2 || wrongs == 0)) || return 0
    if ((rc > 0)); then
        said=$(grep -v -e ': warning: ' -e '^Try ' <<<"$said" || true)
        if [[ -n ${COSTS-} && $said = *": $COSTS:"* ]]; then
            wrong "COSTS: $COSTS:${said##*": $COSTS:"}"
        else
            wrong "PLATFORM=$PLATFORM: ${said##*: net +([0-9a-f]): }"
        fi
        return 0
    fi
    while read -r line; do
        [ -z "$line" ] || warn "PLATFORM=$PLATFORM: ${line#net-augment: warning: }"
    done <<<"$said"
}

compared_with() {
    local said
    case ${STATIC-} in
    '' | auto | no) [[ ${STATIC-} != auto || -z ${MODEL-} ]] ||
        wrong "STATIC=auto: MODEL=$MODEL cannot be made narrower: name a network of net-zoo, or no" ;;
    */* | *.mpz) said=$(stream-check -q "$STATIC" 2>&1) || wrong "STATIC: ${said%%$'\n'*}" ;;
    *) ask STATIC net-zoo "$STATIC" || true ;;
    esac
}

# ---- all of it ----

programs net-augment exit-map eenn-train eenn-run stream-load
folder
if passed; then again=yes; else again=; fi
tmp=$(mktemp -d "${TMPDIR:-/tmp}/nachos-preflight.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
while read -r line; do
    [ -z "$line" ] || wrong "$line"
done <<<"${faults-}"
faults=${faults-} device=
[ -n "$again" ] || numbers
[ -n "$again" ] || options
platform_there || true
if dataset_there; then
    splits
fi
[ -n "${faults-}" ] || networks_there
[ -n "$again$faults" ] || compared_with
[ -n "$again" ] || note_passed
exit "$status"
