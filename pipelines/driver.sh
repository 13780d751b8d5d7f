# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by the drivers of pipelines, search.sh and augment.sh, which are called
# with TARGET MAKEFLAGS: stages, each a make of its own, one after the other, in a
# folder that is theirs alone.  A driver sets beforehand
#
#   layout      what OUT/params/layout says: by it the folder is known to be such a
#               pipeline's, of this version
#   what        what is done there, for messages: `search'
#   check       the script that says what is wrong with the settings
#   checked     the targets that are preceded by it, as a pattern
#   made        the folders in OUT
#
# and has a function `places' (digests.sh).  The order of a driver's work is
#
#   folder      it is this pipeline's, locked and checked, DATA is there
#   params      of params.sh, then compare
#   working N   what has changed is written down; a line tells of the progress
#   stage ..    as often as need be
#   settle      notes what has been made
#
# What the tools took is in OUT/log/cpu, a line NAME SECONDS for each run of a tool,
# whole or not; NAME is that of recipes.mk's logged, with - for /.
#
# A dry run (make -n) writes nothing: it prints what make would do up to the first
# stage that has something to do.
# shellcheck disable=SC2154,SC2034

set -eu -o pipefail
shopt -s nullglob
# Closed outputs would become those of other files; make with a closed stdout reads
# nothing of what $(shell ..) runs.
true 2>/dev/null 9>&1 || exec >/dev/null
true 9>&2 || exec 2>/dev/null
# So would closed inputs; and a make -j that has begun with one closed has there the
# pipe that its jobs share, which moves away.
if [[ ${MAKEFLAGS-} =~ --jobserver-auth=([0-9]+),([0-9]+) ]] &&
    ((BASH_REMATCH[1] < 3 || BASH_REMATCH[2] < 3)); then
    exec {jobs_out}<&"${BASH_REMATCH[1]}" {jobs_in}>&"${BASH_REMATCH[2]}"
    for stream in "${BASH_REMATCH[@]:1}"; do
        ((stream > 2)) || eval "exec $stream<>/dev/null"
    done
    MAKEFLAGS=${MAKEFLAGS/"${BASH_REMATCH[0]}"/--jobserver-auth=$jobs_out,$jobs_in}
fi
here=${0%/*} target=$1 flags=$2 differ='' compared=''
# shellcheck source=pipelines/common.sh
. "$here/common.sh"
# shellcheck source=pipelines/digests.sh
. "$here/digests.sh"
# shellcheck source=pipelines/params.sh
. "$here/params.sh"

warn() {
    say "$@" >&2
}
refuse() {
    warn "$@"
    exit 2
}

dry=
case $flags in
*t*) refuse 'make -t: files are compared by content, so that there is nothing to touch' ;;
*i*) refuse 'make -i: results that depend on a failed step would be wrong' ;;
*[nq]*) dry=yes ;;
esac
drawer='' child='' began=

stop_drawing() {
    [ -z "$drawer" ] || stop "$drawer"
    drawer=
}

# Nothing works on when this ends, for then the lock is free.
finally() {
    trap '' HUP INT TERM
    [ -z "$child" ] || stop "$child"
    stop_drawing
    [ -z "$began" ] || note_cpu
}

# stop PROCESS: it ends, and its children.  What has only just been started does not
# hear a signal, so that it is told again.
stop() {
    local n
    for ((n = 0; ; n++)); do
        ((n % 20)) || end "$1"
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.05
    done
}
end() {
    local process children=()
    read -ra children 2>/dev/null <"/proc/$1/task/$1/children" || :
    for process in "${children[@]}"; do
        end "$process"
    done
    kill "$1" 2>/dev/null || :
}
trap finally EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# stage NAME VARIABLE=VALUE..: makes it.  One that fails ends the search, also where
# the shell would not see to it, as in a condition.  A dry run prints what would be
# done, and ends with the first stage that has something to do.
stage() {
    local make=("$MAKE" -s -f "$PRESET" STAGE="$1" DIFFER="$differ" "${@:2}" "$1") out
    # In the background, because a signal waits for a command in front of it.
    if [ -z "$dry" ]; then
        env --default-signal=INT,QUIT "${make[@]}" &
        child=$!
        wait "$child" || exit
        child=
        return
    fi
    out=$("${make[@]}") || exit
    [ -n "$out" ] || return 0
    printf '%s\n' "$out"
    [ "$1" = report ] || echo '# the next stages depend on the results'
    exit 0
}

# ---- one at a time ----

# The makes that are started have the lock, too: should this process alone be
# killed, nobody else begins before they have ended.
lock() {
    local status=0 said
    { exec {lock}>>"$OUT/lock"; } 2>/dev/null || refuse "OUT=$OUT: the folder is not writable"
    said=$(flock -n -E 75 "$lock" 2>&1) || status=$?
    case $status in
    0) echo "$HOSTNAME $$" >"$OUT/lock" ;;
    75) refuse "$OUT: another make is running here (process" \
        "$(awk '{print $2 " on " $1}' "$OUT/lock")): wait until it ends, or give another OUT" ;;
    *) warn "$OUT: the folder cannot be locked (${said%%$'\n'*}): make sure that no other make runs in it" ;;
    esac
}

# ---- what it costs ----

# When nothing runs: seconds of processor time, as the reports of tools have them, go to
# OUT/log/cpu.  Of a tool that was killed there is no report; what it took is known from
# its progress, which it has left or progress.sh has noted.
note_cpu() {
    local file name text spent
    local -A of=()
    for file in "$OUT"/tmp/*.progress "$OUT/tmp/spent" "$OUT"/tmp/*.report; do
        text_of "$file"
        name=${file##*/}
        case $name in
        spent)
            while read -r name spent; do
                [ -z "$name" ] || of[$name]=$spent
            done <<<"$text" ;;
        *.progress)
            read -r _ _ _ spent _ <<<"$text"
            of[${name%.progress}]=$spent ;;
        *) [[ ! $text =~ cpu_seconds:\ ([0-9.]+) ]] || of[${name%.report}]=${BASH_REMATCH[1]} ;;
        esac
    done
    for name in "${!of[@]}"; do
        [[ ! ${of[$name]} =~ ^[0-9]+(\.[0-9]+)?$ ]] || echo "$name ${of[$name]}"
    done >>"$OUT/log/cpu"
    rm -f "$OUT"/tmp/{*.progress,*.report,spent}
}

# ---- the folder ----

folder() {
    local text
    text_of "$OUT/params/layout"
    [[ ! -e $OUT/params/layout || ${text%[0-9]*} = "${layout%[0-9]*}" ]] ||
        refuse "$OUT: another pipeline has made this folder: give another OUT"
    [ ! -e "$OUT/params/settings" ] || [ "$text" = "$layout"$'\n' ] ||
        refuse "$OUT: the $what in this folder was made by another version: continue with that version, or give another OUT"
    [ ! -e "$OUT/tmp" ] || [ -e "$OUT/params/layout" ] ||
        refuse "OUT=$OUT: the folder has a tmp that belongs to no $what: give another OUT"
    [ -n "$dry" ] || begin
    [ -e "$DATA" ] || stage data
    digests_load
    [ -n "$dry" ] || digests_of_all check
}

# The folder, locked and checked, and without what a kill left in it: of recipes,
# and of tools where their files have names at once.  A folder that was not there
# goes again when nothing can be done in it; those above it stay.  The layout, by
# which a tmp is known to be a pipeline's, is there before it.
begin() {
    local created='' said text
    [ -d "$OUT" ] || created=yes
    said=$(mkdir -p "$OUT" 2>&1) || refuse "OUT=$OUT: ${said##*: }"
    lock
    # shellcheck disable=SC2053  # a pattern
    [[ $target != $checked ]] || PASSED=$OUT/params/preflight "$here/$check" || {
        [ -z "$created" ] || { rm "$OUT/lock" && rmdir "$OUT"; }
        exit 2
    }
    mkdir -p "$OUT/params"
    text_of "$OUT/params/layout"
    [ "$text" = "$layout"$'\n' ] || echo "$layout" >"$OUT/params/layout"
    [ ! -e "$OUT/tmp" ] || { mkdir -p "$OUT/log" && note_cpu; }
    rm -rf "$OUT/tmp"
    began=yes
    mkdir -p "${made[@]/#/"$OUT"/}" "$OUT"/{params/calls,log,tmp/params/calls}
    remove_leftovers
    if_changed "$OUT/params/settings" "$SETTINGS"
}

# ---- what is going to be done ----

# The options of a name's calls, and its digests, as such lines, in a dry run.
words() {       # words CALLS PARAMETERS
    tail -n +2 <<<"$1" | tr ' ' '\n' | sed -n 's/^--//p'
    grep -E '^[^=]*=[0-9a-f]{32}$' <<<"$2" || :
}

# Parameters that are others now, NAME OLD -> NEW, in one line.
changes() {
    local name text was
    for name in $differ; do
        if [ -z "$dry" ] && [ -e "$OUT/params/$name" ]; then
            diff "$OUT/params/$name" - <<<"${param[$name]}" || :
        elif [ -e "$OUT/params/calls/$name" ]; then
            text_of "$OUT/params/calls/$name"
            was=$text
            text_of "$OUT/params/$name"
            diff <(words "$was" "$text") <(words "${calls[$name]-}" "${param[$name]}") || :
        fi
    done | awk '
        /^[<>]/ && (at = index($0, "=")) {
            if ($0 ~ /^. (max|min|reference)=/)     # of a metric each
                at += index(substr($0, at + 1), "=")
            name = substr($0, 3, at - 3)
            if (!(name in seen)) { order[++n] = name; seen[name] }
            value = " " substr($0, at + 1)
            if (/^>/ && index(now[name] " ", value " ") == 0) now[name] = now[name] value
            if (/^</ && index(was[name] " ", value " ") == 0) was[name] = was[name] value
        }
        END {
            digest = "^ [0-9a-f]+$"
            for (i = 1; i <= n; i++) {
                name = order[i]
                old = name in was ? was[name] : " none"
                new = name in now ? now[name] : " none"
                change = length(new) == 33 && new ~ digest && old ~ digest ? \
                    " is another" : old " ->" new
                printf("%s%s%s", (i > 1 ? ", " : ""), name, change)
            }
        }'
}

# ---- before the stages, and behind them ----

# Sets $has_test to yes if the data set has test samples.
find_test() {
    has_test=
    ! stream-dump --first "$DATA" | jq -se '.[1] | (.splits | index("test")) as $i |
        $i != null and .samples[$i] > 0' >/dev/null || has_test=yes
}

# working TOTAL [NAME=VALUE..]: TOTAL as progress.sh takes it.
working() {
    write_params
    [ -z "$dry" ] || return 0
    note_inputs
    "$here/progress.sh" "$OUT" "$1" {lock}>&- &
    drawer=$!
}

settle() {
    [ -n "$dry" ] || digests_of_all note
}
