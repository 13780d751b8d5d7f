#!/bin/bash
# SPDX-License-Identifier: MIT
# The line that says how far the search in OUT is, kept on stderr until SIGTERM
# comes or the process that started it ends:
#
#   [14/48] it-00/13 42 %  best 71.2 % at 1.92M  12 min left  |
#
#   progress.sh OUT TOTAL     TOTAL: candidates of the whole search, without the
#                             first designs that are drawn besides N_START
#
# It takes everything from files, which may come and go at any time:
#   OUT/it-*/SS.result.mpz    a candidate that is done
#   OUT/tmp/NAME.progress     a step that runs, kept by --progress-file; it is
#                             shown as NAME with the '-' before a number at its end as
#                             '/', such as it-00/13 for it-00-13
#   OUT/tmp/stages            what a pipeline without candidates has done instead: a
#                             line DONE TOTAL
# The best candidate so far is the one that pareto-select picks with the options
# select_goals and PICK_FLAGS of the environment, which has N_ITER, too.
# Where stderr is no terminal it prints a whole line instead, at most one a
# minute, and none while nothing has changed.
#
# It is the only one that draws on the terminal: tools run with --no-progress,
# and what else is to be printed meanwhile goes through say of common.sh, which
# erases the line first.
set -u
shopt -s nullglob
export LC_ALL=C
# shellcheck source=pipelines/common.sh
. "${0%/*}/common.sh"
if (($# != 2)) || [[ ! $2 =~ ^[0-9]{1,9}$ ]]; then
    echo 'progress.sh: usage: progress.sh OUT TOTAL' >&2
    exit 2
fi
OUT=$1 TOTAL=$((10#$2))
terminal=
[[ -t 2 && ${TERM:-} != dumb ]] && terminal=yes
# When each step was first seen, in seconds, and what it had done by then, in
# thousandths; the same of all candidates together, from the first that ran.
declare -A since from
# The seconds of processor time that each step has told of.
declare -A spent
first='' before=0
spin=('|' '/' '-' "\\") turn=0
next=60 said=           # not printed before that second; the last line
best='' asked=0         # the best candidate of so many
exec {idle}<> <(:)      # nothing ever comes from there: read -t waits on it

# What steps took that end without a report is noted for driver.sh.
finish() {
    local name
    for name in "${!spent[@]}"; do
        echo "$name ${spent[$name]}"
    done >"$OUT/tmp/spent" 2>/dev/null
    [[ -z $terminal ]] || printf '\r\033[K' >&2
    exit 0
}
trap finish TERM HUP INT

# Thousandths that a step has done, in $part, empty = unknown, and the processor time
# that it took, in $cpu.
part_of() {     # part_of FILE
    local n of
    part='' cpu=
    { read -r n of _ cpu _ <"$1"; } 2>/dev/null
    [[ ${n:-} =~ ^[0-9]{1,15}$ && ${of:-} =~ ^[0-9]{1,15}$ ]] || return 0
    ((of == 0)) || part=$((1000 * n / of))
}

# What runs, in $doing, what is done, in $results, and what is said of the time, in
# $left.
look() {
    local file name files=("$OUT"/tmp/*.progress) running='' seconds='' n=0 all
    local iterations besides
    doing='' left='' results=()
    if { read -r finished total _ <"$OUT/tmp/stages"; } 2>/dev/null; then
        all=0
    else
        find_iterations "${N_ITER:-999999999}"
        find_results
        designs_besides
        total=$((TOTAL + besides))
        finished=${#results[@]} all=$((1000 * finished))
    fi
    for file in "${files[@]}"; do
        name=${file##*/} name=${name%.progress}
        part_of "$file"
        [[ ! ${cpu:-} =~ ^[0-9.]+$ ]] || spent[$name]=$cpu
        : "${since[$name]:=$SECONDS}" "${from[$name]:=${part:-0}}"
        if [[ $name = it-*-[0-9]* ]]; then
            running=yes
            ((all += ${part:-0}))
        elif ((${part:-0} > from[$name])); then
            seconds=$(((SECONDS - since[$name]) * (1000 - part) /
                (part - from[$name])))
        fi
        [[ ! $name =~ -[0-9]+$ ]] || name=${name%-*}/${name##*-}
        ((++n > 3)) || doing+="${doing:+, }$name${part:+ $((part / 10)) %}"
    done
    ((n <= 3)) || doing+=" and $((n - 3)) more"
    [[ -z $running || $first ]] || first=$SECONDS before=$all
    if [[ -z $seconds && $first ]] && ((all > before)); then
        seconds=$(((SECONDS - first) * (1000 * total - all) / (all - before)))
    fi
    [[ -z $seconds ]] || time_left "$seconds"
}

time_left() {   # time_left SECONDS: in $left
    left=
    if (($1 >= 3600)); then
        printf -v left '%d h %02d min left' $(($1 / 3600)) $(($1 / 60 % 60))
    elif (($1 >= 60)); then
        left="$((($1 + 30) / 60)) min left"
    elif (($1 >= 0)); then
        left="$1 s left"
    fi
}

# What is the best of the candidates, in $best; asked again when there are more.
# shellcheck disable=SC2086  # lists of words
find_best() {
    local accuracy percent interval macs
    ((finished != asked)) || return 0
    asked=$finished best=
    ((${#results[@]})) || return 0
    read -r _ accuracy percent interval macs _ < <(exec 2>/dev/null; cat "${results[@]}" |
        pareto-select -q ${select_goals-} ${PICK_FLAGS-} -k 1 | eenn-report --line -)
    [[ ${interval-} = \(* ]] || macs=${interval-}
    [[ ${percent-} != % ]] || best="$accuracy % at ${macs}M"
}

# A process in the background does not draw.
in_foreground() {
    local group of_terminal
    read -r _ _ _ _ group _ _ of_terminal _ <"/proc/$$/stat" || return 0
    [[ $group = "$of_terminal" ]]
}

draw() {        # draw TEXT
    local rows columns
    in_foreground || return 0
    read -r rows columns < <(stty size <&2 2>/dev/null)
    ((${columns:-0} > 0)) || columns=80
    : "${rows:-}"
    ((columns > 4)) || return 0
    turn=$(((turn + 1) % 4))
    printf '\r%s  %s\033[K' "${1:0:columns - 4}" "${spin[turn]}" >&2
}

# Nothing is printed while nothing has changed.
print() {       # print TEXT TIME
    [[ $1 != "$said" ]] || return 0
    said=$1 next=$((SECONDS + 60))
    printf '%s\n' "$1$2" >&2
}

while kill -0 "$PPID" 2>/dev/null; do
    look
    if [[ $terminal ]] || ((SECONDS >= next)); then
        find_best
        text="[$finished/$total]${doing:+ $doing}${best:+  best $best}"
        text=${text//[^[:print:]]/?} left=${left:+  $left}
        if [[ $terminal ]]; then draw "$text$left"; else print "$text" "$left"; fi
    fi
    read -rt 1 -u "$idle"
done
finish
