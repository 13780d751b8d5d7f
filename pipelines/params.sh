# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by driver.sh: the parameters in force, as the tools print them, beside
# those that OUT was made with.
# shellcheck disable=SC2153,SC2154,SC2034  # of driver.sh: PARAMS, dry

# What the commands of search.mk's PARAMS print, by name, and the calls of tools
# among them; the files OUT/params/NAME and OUT/params/calls/NAME have both as
# they were the last time.
declare -A param=() calls=()
names=()        # in the order of PARAMS

params() {
    local now='' name command version lines=''
    version=$(eenn-run --version -v)
    while read -r name command; do
        [ -n "$name" ] || continue
        [ -z "$now" ] || [ "$name" = "$now" ] || ask "$now"
        now=$name
        case $command in
        digests\ * | files | files\ * | of\ * | by\ *) eval "$command" ;;
        *) calls[$name]="${calls[$name]-${version//$'\n'/ }}"$'\n'$command ;;
        esac
    done <<<"$PARAMS"
    ask "$now"
}

# key_of TEXT..: sets $key to the name of what these parameters make, as digest_of
# of stages.mk does.
key_of() {
    key=$(printf '%s\n' "$@" | b2sum -l 64)
    key=${key%% *}
}

# of NAME: a line NAME=DIGEST, of what makes a file that is not there yet.
of() {
    local digest
    digest=$(b2sum -l 128 <<<"${param[$1]}")
    lines+="$1=${digest%% *}"$'\n'
}

# by SPACE: the tools of $now are asked again when the file that it names holds something
# else, such as a table of networks.  Of that a comment may be all that has changed, so
# that what they print is what counts.
by() {
    local digest file=${1%%:*}
    [ -f "$file" ] || return 0
    digest_of "$file"
    calls[$now]+=$'\n'": $digest"
}

# What the tools print comes in front of the digests, which are in $lines.  Where
# the calls are those of the last time, on the same files, the tools need not be
# asked again.  In a dry run none is asked at all: there another notation counts
# as another parameter.
ask() {         # ask NAME
    local command said='' text call=${calls[$1]-}
    if text_of "$OUT/params/calls/$1"; [ "${text%$'\n'}" = "$call" ] &&
       text_of "$OUT/params/$1" && [[ $text = *"$lines" ]] && [ -e "$OUT/params/$1" ]; then
        lines=$text
    elif [ -n "$dry" ]; then
        lines=${call:+$call$'\n'}$lines
    else
        while read -r command; do
            [[ $command && $command != ': '* ]] || continue
            said+=$(eval "$command" 2>/dev/null) ||
                refuse "$(eval "$command" 2>&1 >/dev/null | head -n 1)"
            said+=$'\n'
        done <<<"${call#*$'\n'}"
        lines=$said$lines
    fi
    param[$1]=${lines%$'\n'} lines=
    names+=("$1")
}

is_new() {      # is_new NAME
    local text
    text_of "$OUT/params/$1"
    [ "$text" != "${param[$1]}"$'\n' ]
}

# Sets $differ to the names, all or those given, whose files say something else.
compare() {
    local name
    [ $# -gt 0 ] || set -- "${names[@]}"
    differ='' compared=$*
    for name; do
        ! is_new "$name" || differ+=" $name"
    done
}

# In a dry run parameters are only compared.  The calls are written last, since
# `ask' goes by them.
write_params() {
    local name text made=$OUT/tmp/params params=() asked=()
    [ -z "$dry" ] || return 0
    for name in $compared; do
        if is_new "$name"; then
            printf '%s\n' "${param[$name]}" >"$made/$name"
            params+=("$made/$name")
        fi
        text_of "$OUT/params/calls/$name"
        if [ "$text" != "${calls[$name]-}${calls[$name]+$'\n'}" ]; then
            printf '%s\n' "${calls[$name]}" >"$made/calls/$name"
            asked+=("$made/calls/$name")
        fi
    done
    # An end and a report are of the parameters of before.
    if [ -n "$differ" ]; then
        rm -f "$OUT/params/reported"
        [[ $target = @(finish|retune) ]] || rm -f "$OUT/params/ended"
    fi
    [ ${#params[@]} = 0 ] || mv -t "$OUT/params" "${params[@]}"
    [ ${#asked[@]} = 0 ] || mv -t "$OUT/params/calls" "${asked[@]}"
    differ='' compared=
}

set_param() {   # set_param NAME VALUE
    param[$1]=$2
    if [ -n "$dry" ]; then
        ! is_new "$1" || differ+=" $1"
    else
        if_changed "$OUT/params/$1" "$2"
    fi
}
