# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What a pipeline needs, known before anything is trained; for checks.sh and the
# plans, which have its settings in the environment.

# shellcheck source=pipelines/common.sh
. "${BASH_SOURCE[0]%/*}/common.sh"

# The data set, and the smallest and the largest network: NAME to value.
# shellcheck disable=SC2034
declare -A data=() small=() large=()

# The space's corners, the smallest and the largest, as a net stream.
corners() {     # corners [OPTION OF eec-place..]
    # shellcheck disable=SC2086  # two words or none
    ofa-sample --space="$SPACE" --corners ${count:+-n $count} | place "$@"
}

# What is asked of them: a line NAME=VALUE.. for each, macs and macs_paper being the
# least that an image can cost, whatever the thresholds.
networks() {    # networks [OPTION OF eec-place..]
    corners "$@" | stream-dump -r | jq -r '
        [.exits[].head_macs] as $heads |
        [.exits | to_entries[] | .value.gamma - ($heads[:.key] | add // 0)] as $alone |
        [.exits[:-1][] | range(.first; .last + 1)] as $early |
        {height: .input[0], width: .input[1], channels: .input[2], classes, exits: (.exits | length),
         params, peak_bytes, macs: ($alone | min), final_macs: $alone[-1],
         all_macs: .exits[-1].gamma,
         macs_paper: ([.exits[].gamma_paper] | min),
         act_bytes: ([.layers[].act_bytes] | add),
         backbone_params: ([.layers | to_entries[] |
            select(.key | IN($early[]) | not) | .value.params] | add),
         arch, space, genome: (.genome | map(tostring) | join(","))} |
        to_entries | map("\(.key)=\(.value)") | join(" ")'
}

# Of a dataset stream: a line NAME=VALUE.., train, val and test being the samples of
# the splits, kind that of the input, bytes those of a number; nothing if it is of another kind.
dataset() {     # dataset FILE
    stream-dump -r --first "$1" | jq -r 'select(.type == "dataset") |
        . as {$splits, $samples} | def images($split): ($splits | index($split)) as $i |
            if $i then $samples[$i] else 0 end;
        {height: .shape[0], width: .shape[1], channels: .shape[2],
         classes: (.classes | length), train: images("train"), val: images("val"),
         test: images("test"), cal: images("cal"), kind: (.input.kind // "image"),
         bytes: (if .input.kind // "image" == "image" then 1 else 4 end)} | to_entries | map("\(.key)=\(.value)") | join(" ")'
}

# take data|small|large NAME=VALUE..: into the array.
take() {
    local word
    for word in "${@:2}"; do
        printf -v "$1[${word%%=*}]" %s "${word#*=}"
    done
}

# calc EXPRESSION: with awk's arithmetic; numbers may be large.
calc() {
    awk "BEGIN {printf \"%.0f\", $1}"
}

# Bytes that a training holds: images, weights with gradients and momentum, what
# layers pass on.  Trainings of 0.5 to 7 M parameters in batches of 32 and 128 were
# measured to hold 0.7 to 1.1 of it.
training_bytes() {      # training_bytes BATCH: of large, on data
    calc "12e6 + ${data[bytes]} * ${data[height]} * ${data[width]} * ${data[channels]} * \
        (${data[train]} + ${data[val]} + ${data[test]}) + \
        20 * ${large[params]} + 1.25 * $1 * ${large[act_bytes]}"
}

# Bytes that OUT comes to: the steps of the supernet with their momentum, a copy of
# the last one, and the logits of each training.
disk_bytes() {
    local steps=() teacher
    [ -z "${SUPERNET-}" ] || supernet_steps
    calc "(${SUPERNET:+1 + }${#steps[@]}) * 8 * ${large[backbone_params]} + 8 * ${large[params]} + \
        ($N_START + $N_ITER * $K) * (1000 * ($N_ITER + 1) + \
            ${data[val]} * ${large[exits]} * 4 * (${large[classes]} + 1))"
}

# The folder of OUT that is there.
parent() {
    local dir=$OUT
    while [ ! -e "$dir" ]; do dir=$(dirname "$dir"); done
    echo "$dir"
}

# Bytes: of memory, or of what the control group has of it; free on OUT's disk.
memory_there() {
    { awk '/^MemTotal/ {printf "%.0f\n", $2 * 1024}' /proc/meminfo
      grep -hs '^[0-9]' /sys/fs/cgroup/memory.max || true; } | sort -g | head -n 1
}
disk_free() {
    df -Pk "$(parent)" | awk 'NR == 2 {printf "%.0f\n", $4 * 1024}'
}

# bytes N: in words.
bytes() {
    awk -v n="$1" 'BEGIN {
        split("bytes kB MB GB TB", unit)
        for (i = 1; n >= 1000 && i < 5; i++) n /= 1000
        printf((n < 10 && i > 1 ? "%.1f %s" : "%.0f %s"), n, unit[i]) }'
}

# ---- for plans ----

real() {        # real EXPRESSION: with awk's arithmetic
    awk "BEGIN {printf \"%.9g\", $1}"
}

# A data set that the preset makes is made in $tmp, too.
# shellcheck disable=SC2154
make_data() {
    local given=
    [ ! -e "$DATA" ] || return 0
    echo "plan: $DATA does not exist yet and is made in ${TMPDIR:-/tmp} for the estimate" >&2
    [[ ${MAKEFLAGS-} != *' -- '* ]] || given=" -- ${MAKEFLAGS##* -- }"
    MAKEFLAGS=$given make -s -f "$PRESET" OUT="$tmp/out" "$tmp/out/${DATA#"$OUT"/}" >&2
    DATA=$tmp/out/${DATA#"$OUT"/}
}

span() {
    awk -v s="$1" 'BEGIN {
        if (s < 90) printf "%.0f s", s
        else if (s < 5400) printf "%.0f min", s / 60
        else printf "%.1f h", s / 3600 }'
}

line() {
    printf '%-15s%s\n' "$1" "$2"
}
