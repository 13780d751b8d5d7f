# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by the scripts and recipes of a search.  What is done for each file of
# it starts no process.

# say TEXT..: a line on stdout while progress.sh draws on the terminal: what is
# drawn is erased first, and drawn again below.
say() {
    local erase=
    [[ ! -t 2 || ${TERM:-} = dumb ]] || erase=$'\r\033[K'
    if [[ -t 1 ]]; then
        printf '%s%s\n' "$erase" "$*"
    else
        printf '%s' "$erase" >&2
        printf '%s\n' "$*"
    fi
}

# text_of FILE: what it says, in $text, which is empty if there is no such file.
text_of() {
    text=
    [[ ! -f $1 ]] || IFS= read -rd '' text <"$1" || :
}

# if_changed FILE TEXT: the file says TEXT and a new line.  One that does already
# stays as it is, so that what is made of it is made again only when there is
# something new; another is replaced whole.
if_changed() {
    local text new=${OUT:?}/tmp/$BASHPID-${1##*/}
    text_of "$1"
    [[ -e $1 && $text = "$2"$'\n' ]] || { printf '%s\n' "$2" >"$new" && mv -T "$new" "$1"; }
}

# True while the files from outside that settings name are those whose digests were
# taken when the search began: OUT/tmp/inputs has these, as b2sum prints them.
# shellcheck disable=SC2046  # paths have no white space
same_inputs() {
    local text inputs=${OUT:?}/tmp/inputs
    [ -n "$(find -L $(cut -d " " -f 3 "$inputs") -newercm "$OUT/lock" 2>&1)" ] || return 0
    ! text=$(b2sum --quiet --check "$inputs" 2>/dev/null) || return 0
    echo "${text%%:*}: the file has changed since the search began" >&2
    return 1
}

# find_iterations LAST: sets $iterations to the folders of those up to that number,
# ascending; text would put it-100 before it-99.  Later ones are of a longer search in
# the same folder.
# shellcheck disable=SC2034
find_iterations() {
    local dir number found=()
    for dir in "$OUT"/it-[0-9]*/; do
        dir=${dir%/} number=${dir##*/it-}
        [[ ! $number =~ ^[0-9]{2,9}$ ]] || ((10#$number > $1)) || found[10#$number]=$dir
    done
    iterations=("${found[@]}")
}

# Sets $results to those of $iterations that are of the parameters in force; others
# are made again when their turn comes.  Designs follow from parameters and from those
# of all iterations before.
find_results() {
    local dir last=$OUT/params/drawn
    results=()
    for dir in "${iterations[@]}"; do
        [[ $dir = */it-00 || ! $last -ot $OUT/params/step ]] || last=$OUT/params/step
        [[ ! $dir/archs.mpz -ot $last ]] || continue
        last=$dir/archs.mpz
        results_of "$dir"
    done
}

# results_of DIR: adds to $results those that an iteration has of its designs.  A slot
# without a design is of a time when the iteration had more of them.
results_of() {
    local file design
    for file in "$1/archs.mpz" "$OUT"/params/{space,place,place-limits,train}; do
        [[ ! $1/slots.mk -ot $file ]] || return 0
    done
    for file in "$1"/[0-9]*.result.mpz; do
        design=${file%.result.mpz}.design
        [[ ( -e $1/slots.mk && ! -e $design ) || $file -ot $design || \
            $file -ot $OUT/params/tune ]] || results+=("$file")
    done
}

# Makes the numbers among the settings those that the shell reads: 010 is ten.  Sets
# $odd to the name of one that is no whole number.
# shellcheck disable=SC2034
plain_numbers() {
    local name
    odd=
    for name in N_START N_ITER K N_TOL SUPERNET_STEP FINAL_THREADS; do
        if [[ ${!name-} =~ ^[0-9]{1,9}$ ]]; then
            printf -v "$name" %d "$((10#${!name}))"
        else
            odd=$name
        fi
    done
}

# Sets $besides to how many first designs were drawn besides N_START: 12+3.
# shellcheck disable=SC2034
designs_besides() {
    local text
    text_of "$OUT/params/drawn"
    besides=0
    [[ ! $text =~ ^[0-9]{1,9}\+([0-9]{1,9})$'\n'$ ]] || besides=$((10#${BASH_REMATCH[1]}))
}

# The jobs that make runs side by side, in $jobs; 0 if it sets no bound.
# shellcheck disable=SC2034
jobs_of_make() {
    local word
    jobs=1
    for word in ${MAKEFLAGS-}; do
        case $word in
        --) break ;;
        -j) jobs=0 ;;
        -j[0-9]*) jobs=${word#-j} ;;
        esac
    done
}

# A long training of a supernet is cut into steps, so that a run that is killed
# goes on from the last one.  Sets $steps to the epochs after which it is saved,
# in three digits, and $teacher to the one that ends the first phase.
supernet_steps() {
    local step first end plan
    steps=() teacher=
    plan=$(ofa-train --plan --schedule="$SUPERNET" --scale="$SUPERNET_SCALE" \
        --space="$SPACE") || exit
    while read -r _ first end; do
        for ((step = first; step < end; )); do
            step=$((step + SUPERNET_STEP < end ? step + SUPERNET_STEP : end))
            printf -v "steps[${#steps[@]}]" %03d "$step"
        done
        teacher=${teacher:-${steps[-1]}}
    done <<<"$plan"
}

# cpu_spent OUT: the seconds of processor time that tools took there, also those that
# were killed, and those of a make that still runs: SUPERNET SEARCH REST.
cpu_spent() {
    local file name text lines
    text_of "$1/log/cpu"
    lines=$text
    for file in "$1"/tmp/*.report; do
        text_of "$file"
        name=${file##*/}
        [[ ! $text =~ cpu_seconds:\ ([0-9.]+) ]] || lines+="${name%.report} ${BASH_REMATCH[1]}"$'\n'
    done
    awk 'NF == 2 {sum[/^supernet/ ? 1 : /^it-/ ? 2 : 3] += $2}
        END {printf "%.3f %.3f %.3f\n", sum[1], sum[2], sum[3]}' <<<"$lines"
}

# place OPTION..: the networks of designs of SPACE; of a table of one's own only that file
# has them.
place() {
    local own=
    [ ! -f "${SPACE%%:*}" ] || own=--space=$SPACE
    eec-place ${own:+"$own"} "$@"
}

# net_shape DATA: options of net-zoo, for a network that takes samples of this set.
net_shape() {
    stream-dump -r --first "$1" | jq -r 'select(.type == "dataset") |
        "--input=\(.shape | map(tostring) | join("x")) --classes=\(.classes | length)"'
}
