# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by preflight.sh and augment-preflight.sh, which say all that is wrong with
# the settings of a pipeline before anything is run.  Each thing that cannot work is a
# line on stderr, and then the status is 2; what is left out, or may not suffice, is a
# warning.  Where a tool has words for it, they are the tool's.  Settings are variables
# of the environment, under their own names; OUT and DATA are needed.
#
#   known, derived  their names: those of the makefiles, and others that follow
#   PASSED=FILE     the settings that pass are written to FILE, and while they are
#                   the same the tools are not asked again what they say of options
# shellcheck disable=SC2154

# shellcheck source=pipelines/needs.sh
. "${BASH_SOURCE[0]%/*}/needs.sh"
status=0 wrongs=0

wrong() {
    printf 'preflight: %s\n' "$*" >&2
    status=2 wrongs=$((wrongs + 1))
}

warn() {
    printf 'preflight: warning: %s\n' "$*" >&2
}

exceeds() {     # exceeds A B: as numbers of any size
    awk -v a="$1" -v b="$2" 'BEGIN {exit !(a > b)}'
}

# ---- what the machine has ----

programs() {    # programs NAME..
    local name missing=
    for name in "$@" stream-dump jq; do
        command -v "$name" >/dev/null || missing+=" $name"
    done
    if [ -n "$missing" ]; then
        wrong "BIN=${BIN-}: neither this folder nor PATH has$missing"
        exit "$status"
    fi
    for name in ${LAUNCH-}; do
        [[ $name = *=* ]] || { command -v "$name" >/dev/null ||
            wrong "LAUNCH: there is no program $name"; break; }
    done
    command -v gnuplot >/dev/null || warn 'gnuplot is not installed: the figures are left out'
}

folder() {
    local dir
    dir=$(parent)
    if [ ! -d "$dir" ]; then
        wrong "OUT=$OUT: $dir is not a folder"
    elif [ ! -w "$dir" ]; then
        wrong "OUT=$OUT: $dir is not writable"
    fi
}

# ---- what the tools say of their options ----

# takes TOOL OPTION..: true if it does.
takes() {
    "$1" --params "${@:2}" >/dev/null 2>&1 </dev/null
}

# ask NAME TOOL OPTION..: true if the tool takes them, else it says why not.
ask() {
    local said
    said=$("$2" --params "${@:3}" 2>&1 >/dev/null </dev/null) && return 0
    wrong "$1: ${said%%$'\n'*}"
    return 1
}

# option NAME TOOL OPTION: with the variable's value, if it has one.
option() {
    [ -z "${!1-}" ] || ask "$1" "$2" "$3=${!1}" || true
}

# together COUNT NAMES TOOL OPTION..: the tool says why it does not take them, when each
# of them alone was right, and so there are still COUNT wrongs.
together() {
    ((wrongs > $1)) || ask "$2" "${@:3}" || true
}

# whole NAME LEAST: the variable is a whole number, for the shell computes with it.
whole() {
    [[ -n ${!1+set} ]] || return 0
    [[ ${!1} =~ ^[0-9]{1,9}$ && ${!1} -ge $2 ]] && return
    wrong "$1=${!1}: not a whole number from $2 to 999999999"
    unset "$1"
}

# ---- the data set ----

# Sets data.  Nothing is known of a set that the preset makes.
dataset_there() {
    local said
    [ -e "$DATA" ] || [[ $DATA != "$OUT"/* ]] || return 1
    if ! said=$(dataset "$DATA" 2>&1); then
        wrong "DATA: ${said%%$'\n'*}"
    elif [ -z "$said" ]; then
        wrong "DATA=$DATA: not a dataset stream; data-import and data-synth make such streams"
    else
        # shellcheck disable=SC2086
        take data $said
        return 0
    fi
    return 1
}

# ---- what has passed ----

settings() {
    local name
    stream-dump --version
    for name in ${known-} ${derived-}; do
        printf '%s=%s\n' "$name" "${!name-}"
    done
}

# passed: true if these settings are those that have passed before.
passed() {
    [ -n "${PASSED-}" ] && [ -e "$PASSED" ] && settings | cmp -s - "$PASSED"
}

# note_passed: for the next time.
note_passed() {
    [ "$status" = 0 ] && [ -n "${PASSED-}" ] || return 0
    mkdir -p "$(dirname "$PASSED")"
    settings >"$PASSED"
}
