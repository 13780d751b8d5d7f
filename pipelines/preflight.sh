#!/bin/bash
# SPDX-License-Identifier: MIT
# Says all that is wrong with the settings of a search, before anything is run:
#
#   make -f pipelines/nachos.mk DATA=c10.mpz preflight
#
# Settings are those of search.mk and what goals.mk makes of objectives and limits;
# OUT, DATA and SPACE are needed, and one that is missing is not looked at.
set -euf -o pipefail
export LC_ALL=C OPENBLAS_NUM_THREADS=1
: "${OUT:?}" "${DATA:?}" "${SPACE:?}"
# shellcheck source=pipelines/checks.sh
. "$(dirname "$0")/checks.sh"
# shellcheck disable=SC2034  # of checks.sh
derived='tune_limits final_tune_limits select_goals step_goals'

# ---- what the machine has ----

disk() {
    local needed free
    needed=$(disk_bytes) free=$(disk_free)
    [ -z "$free" ] || ! exceeds "$needed" "$free" ||
        warn "OUT=$OUT: the search writes about $(bytes "$needed"), and $(bytes "$free") are free"
}

# Candidates of LAUNCH run elsewhere.
memory() {
    local jobs each there
    [ -z "${LAUNCH-}" ] || return 0
    jobs_of_make
    if [ "$jobs" = 0 ]; then
        jobs=$((N_START > K ? N_START : K))
        warn "-j without a number: up to $jobs trainings run side by side;" \
            "-j$(nproc) is one for each core"
    fi
    each=$(training_bytes "$(param batch)") there=$(memory_there)
    ! exceeds "$((jobs * each))" "$there" ||
        warn "$jobs trainings side by side need up to $(bytes "$each") of memory each, and" \
            "the machine has $(bytes "$there"): use -j$((there > each ? there / each : 1))"
}

# ---- what the tools say of their options ----

# The winner's settings are the candidates' unless they say otherwise.
winners() {     # winners NAME: true if FINAL_NAME does
    local final=FINAL_$1
    [ "${!final-}" != "${!1-}" ]
}

numbers() {
    plain_numbers
    whole N_START 1
    whole N_ITER 0
    whole K 1
    whole N_TOL 1
    whole SUPERNET_STEP 1
    ((${N_ITER:-0} == 0 || ${N_START:-8} >= 8)) ||
        wrong "N_START=$N_START: surrogates are fitted to at least 8 results:" \
            "N_START=8, or N_ITER=0 for the first designs alone"
}

# Objectives, limits and references: what goals.mk says of them, and pareto-select of
# the numbers.  Tools that would say the same again get none of them.
# shellcheck disable=SC2086
goals() {
    local line name said seen=none last=''
    while read -r line; do
        [ -z "$line" ] || wrong "$line"
    done <<<"${faults-}"
    [ -n "${faults-}" ] || for name in limits final_limits STEP_LIMITS; do
        set -- ${!name-}
        [ "$*" != "$seen" ] || continue
        seen=$*
        case $name in
        limits) name='OBJECTIVES, REFERENCE, LIMITS, MAX_MACS or MIN_ACCURACY' ;;
        final_limits) name='FINAL_LIMITS, FINAL_MAX_MACS or FINAL_MIN_ACCURACY' ;;
        esac
        said=$(pareto-select --params --objectives="${OBJECTIVES:-accuracy:max}" "$@" \
            ${references:+--reference=${references// / --reference=}} 2>&1 >/dev/null </dev/null) || faults=yes
        [ -z "$said" ] || [ "$said" = "$last" ] || wrong "$name: ${said%%$'\n'*}"
        last=$said
    done
    [ -z "${faults-}" ] || tune_limits='' final_tune_limits='' select_goals='' step_goals=''
}

# Sets train_params to what eenn-train makes of a candidate's options, if it can.
# shellcheck disable=SC2086,SC2206  # lists of words
training() {
    local count=$wrongs options=(--dataset="$DATA" ${WEIGHTS:+--init-weights="$WEIGHTS"}
        --seed="${SEED:-1}" --epochs="${EPOCHS:-1/1}" --train-images="${TRAIN_IMAGES:-0}"
        ${TRAIN_MAX_MACS:+--max-macs=$TRAIN_MAX_MACS} ${TRAIN_FLAGS-}
        --flip="${FLIP:-auto}" --class-weights="${CLASS_WEIGHTS:-none}")
    train_params=$(eenn-train --params "${options[@]}" 2>/dev/null </dev/null) || {
        option TRAIN_MAX_MACS eenn-train --max-macs
        option SEED eenn-train --seed
        option EPOCHS eenn-train --epochs
        option TRAIN_IMAGES eenn-train --train-images
        option FLIP eenn-train --flip
        option CLASS_WEIGHTS eenn-train --class-weights
        ask TRAIN_FLAGS eenn-train ${TRAIN_FLAGS-} || true
        together "$count" 'EPOCHS, TRAIN_IMAGES, TRAIN_MAX_MACS or TRAIN_FLAGS' \
            eenn-train "${options[@]}"
    }
    count=$wrongs options=(--epochs="${FINAL_EPOCHS:-1/1}" --train-images="${FINAL_IMAGES:-0}"
        --threads="${FINAL_THREADS:-1}" ${FINAL_FLAGS-})
    takes eenn-train "${options[@]}" || {
        ! winners EPOCHS || option FINAL_EPOCHS eenn-train --epochs
        option FINAL_IMAGES eenn-train --train-images
        option FINAL_THREADS eenn-train --threads
        [ "${FINAL_FLAGS-}" = "${TRAIN_FLAGS-}" ] ||
            ask FINAL_FLAGS eenn-train ${FINAL_FLAGS-} || true
        # Else it was said of the candidates'.
        [ -z "$train_params" ] || together "$count" \
            'FINAL_EPOCHS, FINAL_IMAGES, FINAL_THREADS or FINAL_FLAGS' eenn-train "${options[@]}"
    }
}

param() {       # param NAME: of a candidate's training
    sed -n "s/^$1=//p" <<<"$train_params"
}

# shellcheck disable=SC2086
options() {
    option N_START ofa-sample --count
    option K nsga2-step --count
    ask TUNE_FLAGS thresh-tune ${tune_limits-} ${TUNE_FLAGS-} || true
    ! winners TUNE_FLAGS ||
        ask FINAL_TUNE_FLAGS thresh-tune ${final_tune_limits-} ${FINAL_TUNE_FLAGS-} || true
    [ -z "${CONFIDENCE-}" ] || ask CONFIDENCE thresh-tune --confidence="$CONFIDENCE" \
        --seed="${SEED:-1}" ${final_tune_limits-} || true
    ask FIT_FLAGS surrogate-fit --target=accuracy ${FIT_FLAGS-} || true
    ask STEP_FLAGS nsga2-step ${step_goals-} ${STEP_FLAGS-} || true
}

# Which metrics there are is known from results alone: here is one.
# shellcheck disable=SC2086
pick() {
    local said
    ask PICK_FLAGS pareto-select ${select_goals-} ${PICK_FLAGS-} || return 0
    ((${#small[@]})) || return 0
    said=$(printf '{"type": "result", "status": "ok", "summary": {"arch": "%s",
            "space": "%s", "genome": [%s], "params": %s, "peak_bytes": %s,
            "origin": {"iteration": null, "slot": null}}, "accuracy": 0.5, "macs": 1,
            "macs_paper": 1, "final_accuracy": 0.5, "final_macs": 1,
            "min_class_accuracy": 0.5, "balanced_accuracy": 0.5, "lost_answers": 0,
            "disagreement": 0}' "${small[arch]}" \
            "${small[space]}" "${small[genome]}" "${small[params]}" "${small[peak_bytes]}" |
        tr -d '\n' | stream-load -k result |
        pareto-select -q ${select_goals-} ${PICK_FLAGS-} -k 1 2>&1 >/dev/null) ||
        wrong "PICK_FLAGS: ${said%%$'\n'*}"
}

# ---- the space and its corners ----

# Sets spec to the space's full name, small and large to its corners, large to
# nothing if it is too large to be built.
# shellcheck disable=SC2086
space() {
    local said size lines
    if ! said=$(ofa-sample --info --space="$SPACE" 2>&1); then
        wrong "SPACE: ${said%%$'\n'*}"
        return 1
    fi
    spec=$(sed -n 's/^# space //p' <<<"$said")
    size=$(sed -n 's/^# size //p' <<<"$said")
    ! exceeds "${N_START:-0}" "$size" ||
        wrong "N_START=$N_START: the space has only $size designs"
    ask PLACE_FLAGS eec-place ${PLACE_FLAGS-} || PLACE_FLAGS=
    if ! said=$(networks -q ${PLACE_FLAGS-} 2>&1) || [ -z "$said" ]; then
        wrong "SPACE: $(count=1 corners ${PLACE_FLAGS-} 2>&1 >/dev/null | head -n 1)"
        return 1
    fi
    mapfile -t lines <<<"$said"
    take small ${lines[0]}
    take large ${lines[1]-}
}

# Limits that even the smallest design breaks.
# shellcheck disable=SC2086
hard_limits() {
    local said
    [ -n "${PLACE_LIMITS-}" ] || return 0
    ask PLACE_LIMITS eec-place ${PLACE_FLAGS-} $PLACE_LIMITS || return 0
    said=$(count=1 corners ${PLACE_FLAGS-} $PLACE_LIMITS 2>&1 >/dev/null |
        sed -n 's/.*is left out: //p')
    [[ $said != *'>'* ]] || wrong "PLACE_LIMITS: the smallest design has $said"
}

# limits NAME WORDS: those that no design keeps, whatever its thresholds.
limits() {
    local limit metric value least
    # shellcheck disable=SC2086
    for limit in $(thresh-tune --params $2 </dev/null 2>/dev/null | sed -n 's/^max=//p'); do
        metric=${limit%%=*} value=${limit#*=}
        least=${small[$metric]-0}
        ! exceeds "$least" "$value" || wrong "$1: no design keeps $metric <= $value: the" \
            "smallest design has $least$([[ $metric != macs* ]] || echo ' up to its first exit')"
    done
}

# ---- the data set ----

splits() {
    ((data[train] > 0)) || wrong "DATA=$DATA: no split train, on which candidates are trained"
    ((data[val] > 0)) || wrong "DATA=$DATA: no split val, on which candidates are judged:" \
        'import the images with --val-share=0.1, or with a split val of your own'
    ((data[classes] > 1)) || wrong "DATA=$DATA: all images are of one class"
    ((data[test] > 0)) ||
        warn "DATA=$DATA: no split test: the report leaves out the winner's run on that split"
    [ -z "${CONFIDENCE-}" ] || ((data[cal] > 0)) ||
        wrong "CONFIDENCE=$CONFIDENCE: DATA=$DATA has no split cal, by which limits are" \
            'certified: import with --cal-share=0.2, or leave CONFIDENCE out'
}

images() {
    local train=${data[train]} name wanted
    for name in TRAIN_IMAGES FINAL_IMAGES; do
        [ -n "${!name-}" ] || continue
        wanted=$(eenn-train --params --train-images="${!name}" 2>/dev/null </dev/null |
            sed -n 's/^train-images=//p') || continue
        ((train == 0)) || ! exceeds "$wanted" "$train" ||
            warn "$name=${!name}: there are only $train training images, and all are used"
    done
}

# What the space takes, and how the two are made to agree.
shapes() {
    local set=${data[height]}x${data[width]} need=${small[height]}x${small[width]} what how
    if [ "$set" != "$need" ]; then
        how=$(as_data 'use ')
        [[ ${data[kind]} != image || ${need%x*} != "${need#*x}" ]] ||
            how+="${how:+, or }import pictures with data-import --size=${need%x*}"
        wrong "DATA=$DATA: the ${kinds[${data[kind]}]-inputs, of the kind ${data[kind]},} are" \
            "$set, and SPACE expects $need${how:+: $how}"
    fi
    for what in channels classes; do
        [ "${data[$what]}" = "${small[$what]}" ] || wrong "DATA=$DATA: $what:" \
            "${data[$what]}, and SPACE has ${small[$what]}$(as_data ': ')"
    done
}
declare -A kinds=([image]=images)

# as_data WORDS: SPACE=.. behind the words, that in force with the resolution, classes
# and channels of the data set; nothing if there is no such space.
as_data() {
    local channels=,channels=${data[channels]} res=${data[height]}x${data[width]} other
    [ "${data[height]}" != "${data[width]}" ] || res=${res%x*}
    other=${SPACE%%:*}:$(sed "s/.*://; s/res=[0-9x]*/res=$res/; s/classes=[0-9]*/classes=${data[classes]}/
        s/,channels=[0-9]*//; s/\$/${channels#,channels=3}/" <<<"$spec")
    ! takes ofa-sample --space="$other" || echo "$1SPACE=$other"
}

# ---- the supernet, or weights ----

# shellcheck disable=SC2086
supernet() {
    local said count=$wrongs from=(--schedule="$SUPERNET" --space="$SPACE")
    if ! said=$(ofa-train "${from[@]}" --plan 2>&1 >/dev/null); then
        wrong "SUPERNET: ${said%%$'\n'*}"
    elif ! takes ofa-train "${from[@]}" --scale="$SUPERNET_SCALE" ${SUPERNET_FLAGS-}; then
        option SUPERNET_SCALE ofa-train --scale
        ask SUPERNET_FLAGS ofa-train "${from[@]}" ${SUPERNET_FLAGS-} || true
        together "$count" 'SUPERNET_SCALE or SUPERNET_FLAGS' ofa-train "${from[@]}" \
            --scale="$SUPERNET_SCALE" ${SUPERNET_FLAGS-}
    fi
}

# Networks are cut out of weights that are as wide or wider; those of another space may
# have the layers of this one, too.
weights() {
    local said
    if ! said=$(stream-dump --first "$WEIGHTS" 2>&1); then
        wrong "WEIGHTS: ${said%%$'\n'*}"
        return
    fi
    said=$(jq -rs --arg need "$spec" '
        def keys: split(":") | {name: .[:-1] | join(":")} + (.[-1] | split(",") |
            map(split("=") | {(.[0]): .[1]}) | {channels: "3"} + add) |
            .width |= tonumber;
        (.[1].space // .[1].summary.space) as $have |
        if .[0].kind | IN("weights", "trained") | not then
            "wrong a \(.[0].kind) stream, not weights; ofa-train makes weights"
        elif $have and ($have + $need | contains("table:") | not) then
            ($have | keys) as $h | ($need | keys) as $n |
            if $h.width < $n.width or ($h | {classes, channels}) != ($n | {classes, channels})
                then "wrong" elif $h.name != $n.name then "warn" else empty end |
            "\(.) the weights belong to \($have), and the space is \($need)"
        else empty end' <<<"$said")
    [ -z "$said" ] || "${said%% *}" "WEIGHTS=$WEIGHTS: ${said#* }"
}

# ---- all of it ----

programs ofa-sample eec-place eenn-train thresh-tune
folder
if passed; then again=yes; else again=; fi
numbers
train_params=
if [ -z "$again" ]; then
    goals
    training
    options
fi
if space; then
    if [ -n "${SUPERNET-}" ]; then
        [ -n "$again" ] || supernet
    elif [ -n "${WEIGHTS-}" ]; then
        weights
    fi
    hard_limits
    limits 'MAX_MACS or LIMITS' "${tune_limits-}"
    [ "${final_tune_limits-}" = "${tune_limits-}" ] ||
        limits 'FINAL_MAX_MACS or FINAL_LIMITS' "${final_tune_limits-}"
fi
[ -n "$again" ] || pick
if dataset_there; then
    splits
    [ -n "$again" ] || images
    ((${#small[@]} == 0)) || shapes
    if [ "$status" = 0 ] && ((${#large[@]})) && [ -z "$again" ]; then
        disk
        memory
    fi
fi
[ -n "$again" ] || note_passed
exit "$status"
