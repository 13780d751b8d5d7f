#!/bin/bash
# SPDX-License-Identifier: MIT
# How far is the search in OUT?  `make -f pipelines/search.mk OUT=run status`
set -eu -o pipefail
shopt -s nullglob
OUT=$1
[ -e "$OUT/params/settings" ] || {
    echo "status: no search in $OUT" >&2
    exit 2
}
OBJECTIVES=     # an earlier version's settings have none
# shellcheck source=/dev/null
. "$OUT/params/settings"

supernet() {    # epochs done of all
    local all done=0 step steps=
    [ -n "$SUPERNET" ] || return 0
    all=$(ofa-train --plan --schedule="$SUPERNET" --scale="$SUPERNET_SCALE" \
        --space="$SPACE" | awk 'END {print $3}')
    [ -e "$OUT/supernet/steps.mk" ] &&
        steps=$(sed -n 's/^STEPS :=//p' "$OUT/supernet/steps.mk")
    for step in $steps; do
        [ ! -e "$OUT/supernet/$step.mpz" ] || done=$((10#$step))
    done
    echo "supernet       $done of $all epochs"
}

# Seconds that the candidates to come take if they come as fast as those so far.
time_left() {   # time_left TODO RESULT..
    local todo=$1 times first last n
    shift
    times=$(stat -c %Y "$@" | sort -n)
    first=${times%%$'\n'*} last=${times##*$'\n'} n=$#
    ((n > 1 && todo > 0)) || return 0
    printf 'time left      %d min (%d candidates, %d s each)\n' \
        $(((last - first) * todo / (n - 1) / 60)) "$todo" \
        $(((last - first) / (n - 1)))
}

volume() {      # volume FILE..: one for each iteration, or why there is none
    awk '/^hypervolume/ {printf "%s%.4f", s, $2; s = ", "; next}
        {why = $0}
        END {if (s == "") printf "%s", why}' "$@"
}

search() {
    local its=("$OUT"/it-[0-9][0-9]) results=("$OUT"/it-*/[0-9]*.result.mpz)
    local all=$((N_START + N_ITER * K)) volumes=("$OUT"/it-*/hypervolume)
    local read=(stream-dump --records-only) failed last=it-00 volume= fewer=
    ((${#its[@]} == 0)) || last=${its[-1]}
    ((${#volumes[@]} == 0)) || volume=$(volume "${volumes[@]}")
    [[ $volume = left* ]] ||
        fewer=" (fewer if the hypervolume stands still for $N_TOL)"
    echo "iteration      $((10#${last##*it-})) of $N_ITER$fewer"
    echo "candidates     ${#results[@]} of $all"
    ((${#results[@]})) || return 0
    failed=$(cat "${results[@]}" | "${read[@]}" |
        jq -s 'map(select(.status == "failed")) | length')
    [ "$failed" = 0 ] || echo "failed         $failed"
    [ -z "$volume" ] || echo "hypervolume    $volume"
    # shellcheck disable=SC2086  # several options
    [ "$failed" = ${#results[@]} ] ||
        echo "best so far    $(cat "${results[@]}" |
            pareto-select -q $OBJECTIVES $LIMITS $PICK_FLAGS -k 1 |
            eenn-report $OBJECTIVES $LIMITS --line)"
    time_left $((all - ${#results[@]})) "${results[@]}"
}

final() {
    local step=
    [ -e "$OUT/final/winner.mpz" ] && step='chosen, in training'
    [ -e "$OUT/final/trained.mpz" ] && step='trained'
    [ -e "$OUT/report.txt" ] && step="done, see $OUT/report.txt"
    [ -z "$step" ] || echo "winner         $step"
}

supernet
search
final
