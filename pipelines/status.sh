#!/bin/bash
# SPDX-License-Identifier: MIT
# How far is the search, or the augmentation, in OUT?
#
#   make -f pipelines/search.mk OUT=run status
#
#   status.sh OUT [NAME=VALUE..]      settings in place of those in OUT
#
# OUT/params/settings holds what it needs to know of it, a line NAME=VALUE for each,
# of an augmentation PIPELINE=augment; an earlier version wrote one line of NAME="VALUE".  It is
# read as text, never run.
set -eu -o pipefail
shopt -s nullglob
export LC_ALL=C
refuse() {
    printf 'status: %s\n' "${1//[[:cntrl:]]/?}" >&2
    exit 2
}
(($# > 0)) || refuse 'usage: status.sh OUT [NAME=VALUE..]'
OUT=$1
shift
here=$(dirname "$0")
# shellcheck source=pipelines/common.sh
. "$here/common.sh"
for dir in "${BIN:-}" "$here/../build/release/bin" "$here/../../../bin"; do
    [ ! -x "$dir/eenn-report" ] || { PATH=$dir:$PATH && break; }
done

# ---- settings ----

declare -A setting=([N_START]='' [N_ITER]='' [K]='' [N_TOL]='' [OBJECTIVES]=''
    [LIMITS]='' [PICK_FLAGS]='' [SPACE]='' [SUPERNET]='' [SUPERNET_SCALE]=''
    [PIPELINE]='' [NET]='' [PLATFORM]='')

keep() {        # keep NAME VALUE: names that are not known are another's
    [ -z "${setting[$1]+known}" ] || setting[$1]=${2//[[:cntrl:]]/?}
}

read_settings() {       # read_settings [NAME=VALUE..]
    local line name
    while IFS= read -r line || [ -n "$line" ]; do
        while [[ $line =~ ^\ *([A-Z_]+)=\"([^\"]*)\"(.*)$ ]]; do
            line=${BASH_REMATCH[3]}
            keep "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
        done
        [[ ! $line =~ ^([A-Z_]+)=(.*)$ ]] ||
            keep "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    done <"$OUT/params/settings"
    for line; do
        keep "${line%%=*}" "${line#*=}"
    done
    [ -z "${setting[PIPELINE]}" ] || return 0
    for name in N_START N_ITER K N_TOL; do
        [[ ${setting[$name]} =~ ^[0-9]{1,9}$ ]] ||
            refuse "$OUT/params/settings: $name='${setting[$name]}' is not a whole number"
        setting[$name]=$((10#${setting[$name]}))
    done
}

# Sets $words to those of some settings: options that judge and pick, and none
# that names a file to be written.
options() {     # options NAME..
    local name word list
    words=()
    for name; do
        read -ra list <<<"${setting[$name]}"
        for word in "${list[@]}"; do
            case $word in
            -o* | --o | --ou* | --rep* | --prog* | [!-]*/*)
                refuse "$OUT/params/settings: $name contains '$word', which is not allowed" ;;
            esac
            words+=("$word")
        done
    done
}

# ---- what there is ----

supernet() {    # epochs done of all
    local all done=0 step key=''
    [ -n "${setting[SUPERNET]}" ] || return 0
    [ ! -f "$OUT/params/supernet" ] || key=$(b2sum -l 64 <"$OUT/params/supernet")
    for step in "$OUT/supernet/${key%% *}"-*.mpz; do
        step=${step##*-} step=${step%.mpz}
        [[ ! $step =~ ^[0-9]{1,9}$ ]] || ((done >= 10#$step)) || done=$((10#$step))
    done
    # The list may be named as it is seen from another folder.
    all=$(ofa-train --plan --schedule="${setting[SUPERNET]}" \
        --scale="${setting[SUPERNET_SCALE]}" --space="${setting[SPACE]}" 2>/dev/null |
        awk 'END {print $3 " epochs"}') ||
        all="the epochs of ${setting[SUPERNET]}, which cannot be read from here"
    echo "supernet       $done of $all"
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
        {why = $0; gsub(/[[:cntrl:]]/, "?", why)}
        END {if (s == "") printf "%s", why}' "$@"
}

# True if a search under these settings has come to its end, before N_ITER or not.
ended() {
    local text
    text_of "$OUT/params/ended"
    [ "$text" = "${setting[N_START]} ${setting[N_ITER]} ${setting[K]} ${setting[N_TOL]}"$'\n' ]
}

search() {
    local all iterations results volumes=() it failed volume='' fewer='' besides words=()
    local read=(stream-dump --records-only)
    find_iterations "${setting[N_ITER]}"
    for it in "${iterations[@]}"; do
        [ ! -e "$it/hypervolume" ] || volumes+=("$it/hypervolume")
    done
    find_results
    designs_besides
    all=$((setting[N_START] + besides + setting[N_ITER] * setting[K]))
    ((${#volumes[@]} == 0)) || volume=$(volume "${volumes[@]}")
    it=0
    ((${#iterations[@]} == 0)) || it=${iterations[-1]##*/it-}
    if ended; then
        fewer=' (ended)'
    elif [[ $volume != left* ]]; then
        fewer=" (fewer if the hypervolume does not change for ${setting[N_TOL]})"
    fi
    echo "iteration      $((10#$it)) of ${setting[N_ITER]}$fewer"
    echo "candidates     ${#results[@]} of $all"
    ((${#results[@]})) || return 0
    failed=$(cat "${results[@]}" | "${read[@]}" |
        jq -s 'map(select(.status == "failed")) | length')
    [ "$failed" = 0 ] || echo "failed         $failed"
    [ -z "$volume" ] || echo "hypervolume    $volume"
    if [ "$failed" != ${#results[@]} ]; then
        options OBJECTIVES LIMITS
        local goals=("${words[@]}")
        options PICK_FLAGS
        echo "best so far    $(cat "${results[@]}" |
            pareto-select -q "${goals[@]}" "${words[@]}" -k 1 |
            eenn-report "${goals[@]}" --line)"
    fi
    ended || time_left $((all - ${#results[@]})) "${results[@]}"
}

# search.sh notes what goes into a report before it is made; an earlier version
# noted nothing.
final() {
    local step='' report=$OUT/report.txt
    [ -e "$OUT/final/winner.mpz" ] && step='chosen, in training'
    [ -e "$OUT/final/trained.mpz" ] && step='trained'
    if [ -e "$report" ]; then
        step="of earlier settings, see $report"
        [[ -e $OUT/params/layout &&
            ( ! -e $OUT/params/reported || $report -ot $OUT/params/reported ) ]] ||
            step="done, see $report"
    fi
    [ -z "$step" ] || printf 'winner         %s\n' "${step//[[:cntrl:]]/?}"
}

spent() {
    local supernet search rest
    read -r supernet search rest <<<"$(cpu_spent "$OUT")"
    awk -v a="$supernet" -v b="$search" -v c="$rest" '
        function hours(s) {return sprintf(s < 3600 ? "%.1f min" : "%.2f h", s / (s < 3600 ? 60 : 3600))}
        a + b + c > 0 {
            printf "CPU time       %s (supernet %s, search %s, winner %s)\n",
                hours(a + b + c), hours(a), hours(b), hours(c)}' <<<''
}

# ---- an augmentation ----

augmentation() {
    local text n all next file name part of
    echo "network        ${setting[NET]}"
    echo "platform       ${setting[PLATFORM]}"
    text_of "$OUT/params/stages"
    read -r n all next <<<"${text//[^[:print:]]/ }" || :
    [[ ${n-} =~ ^[0-9]{1,4}$ && ${all-} =~ ^[0-9]{1,4}$ ]] || { n=0 all=0 next=; }
    echo "steps          $n of $all done${next:+, then $next}"
    if flock -n -E 75 "$OUT/lock" true 2>/dev/null; [ $? = 75 ]; then
        text_of "$OUT/lock"
        echo "at work        process ${text//[^[:alnum:].-]/ }"
    fi
    for file in "$OUT"/tmp/*.progress; do
        name=${file##*/}
        { read -r part of _ <"$file"; } 2>/dev/null
        [[ ! ${part-} =~ ^[0-9]{1,15}$ || ! ${of-} =~ ^0*[1-9][0-9]{0,14}$ ]] ||
            printf '%-14s %d %%\n' "${name%.progress}" $((100 * part / of))
    done
    [ ! -e "$OUT/plan.mpz" ] || echo "plan           $(stream-dump -r "$OUT/plan.mpz" | jq -r '
        def digits($n): . * pow(10; $n) | round / pow(10; $n);
        "\(.accuracy * 100 | digits(2)) % (\(.split)), \(.latency * 1000 | digits(4)) ms and " +
        "\(.macs / 1e6 | digits(3)) M MACs on average, " + (if .feasible then "feasible" else "violation \(.violation)" end)')"
    [ ! -e "$OUT/report.txt" ] || [ "$n" != "$all" ] || echo "report         $OUT/report.txt"
}

if [ ! -f "$OUT/params/settings" ] || [ ! -r "$OUT/params/settings" ]; then
    refuse "no ${WHAT:-search} in $OUT"
fi
read_settings "$@"
if [ "${setting[PIPELINE]}" = augment ]; then
    augmentation
else
    supernet
    search
    final
    spent
fi
