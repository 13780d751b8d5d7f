#!/bin/bash
# SPDX-License-Identifier: MIT
# The line that says how far the search in OUT is, kept on stderr until SIGTERM
# comes or the process that started it ends:
#
#   [14/48] it-00/13 42 %  best 71.2 % at 1.92M  12 min left  |
#
#   progress.sh OUT TOTAL     TOTAL: candidates of the whole search
#
# It takes everything from files, which may come and go at any time:
#   OUT/it-*/SS.result.mpz    a candidate that is done
#   OUT/tmp/NAME.progress     a step that runs, kept by --progress-file; it is
#                             shown as NAME with its last '-' as '/', such as
#                             it-00/13 for it-00-13
#   OUT/tmp/best              its last line is the best candidate so far
# Where stderr is no terminal it prints a whole line instead, at most one a
# minute, and none while nothing has changed.
#
# It is the only one that draws on the terminal: tools run with --no-progress,
# and what else is to be printed meanwhile goes through say of common.sh, which erases
# the line first.
set -u
shopt -s nullglob
export LC_ALL=C
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
first='' before=0
spin=('|' '/' '-' "\\") turn=0
next=60 said=           # not printed before that second; the last line
exec {idle}<> <(:)      # nothing ever comes from there: read -t waits on it

finish() {
    [[ -z $terminal ]] || printf '\r\033[K' >&2
    exit 0
}
trap finish TERM HUP INT

# Thousandths that a step has done, in $part; empty = unknown.
part_of() {     # part_of FILE
    local n of
    part=
    { read -r n of _ <"$1"; } 2>/dev/null
    [[ ${n:-} =~ ^[0-9]{1,15}$ && ${of:-} =~ ^[0-9]{1,15}$ ]] || return 0
    ((of == 0)) || part=$((1000 * n / of))
}

# What runs, in $steps, and what is said of the time, in $left.
look() {
    local file name files=("$OUT"/tmp/*.progress) running='' seconds='' n=0 all
    local results=() result
    for result in "$OUT"/it-*/[0-9]*.result.mpz; do
        # Without a design it is of a larger search in the same folder.
        [[ -e ${result%/*}/slots.mk && ! -e ${result%.result.mpz}.design ]] ||
            results+=("$result")
    done
    finished=${#results[@]} steps='' left='' all=$((1000 * finished))
    for file in "${files[@]}"; do
        name=${file##*/} name=${name%.progress}
        part_of "$file"
        : "${since[$name]:=$SECONDS}" "${from[$name]:=${part:-0}}"
        if [[ $name = it-*-[0-9]* ]]; then
            running=yes
            ((all += ${part:-0}))
        elif ((${part:-0} > from[$name])); then
            seconds=$(((SECONDS - since[$name]) * (1000 - part) /
                (part - from[$name])))
        fi
        ((++n > 3)) ||
            steps+="${steps:+, }$(label "$name")${part:+ $((part / 10)) %}"
    done
    ((n <= 3)) || steps+=" and $((n - 3)) more"
    [[ -z $running || $first ]] || first=$SECONDS before=$all
    if [[ -z $seconds && $first ]] && ((all > before)); then
        seconds=$(((SECONDS - first) * (1000 * TOTAL - all) / (all - before)))
    fi
    [[ -z $seconds ]] || left=$(time_left "$seconds")
}

label() {
    case $1 in
    *-*) echo "${1%-*}/${1##*-}" ;;
    *) echo "$1" ;;
    esac
}

time_left() {   # time_left SECONDS
    if (($1 >= 3600)); then
        printf '%d h %02d min left' $(($1 / 3600)) $(($1 / 60 % 60))
    elif (($1 >= 60)); then
        echo "$((($1 + 30) / 60)) min left"
    elif (($1 >= 0)); then
        echo "$1 s left"
    fi
}

best() {
    local line last=
    [[ -e $OUT/tmp/best ]] || return 0
    while read -r line; do last=$line; done <"$OUT/tmp/best"
    [[ -z $last ]] || echo "best $last"
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

say() {         # say TEXT TIME
    [[ $1 != "$said" ]] && ((SECONDS >= next)) || return 0
    said=$1 next=$((SECONDS + 60))
    printf '%s\n' "$1$2" >&2
}

while kill -0 "$PPID" 2>/dev/null; do
    look
    best=$(best 2>/dev/null)
    text="[$finished/$TOTAL]${steps:+ $steps}${best:+  $best}"
    text=${text//[^[:print:]]/?} left=${left:+  $left}
    if [[ $terminal ]]; then draw "$text$left"; else say "$text" "$left"; fi
    read -rt 1 -u "$idle"
done
finish
