#!/bin/bash
# SPDX-License-Identifier: MIT
# search.sh TARGET MAKEFLAGS: the order in which search.mk's stages are made.
# search.mk calls it for each of its targets and exports the settings:
#
#   all       supernet, search and finish
#   supernet  the supernet alone
#   search    supernet, then designs and candidates of each iteration
#   finish    the winner and the reports of the search so far
#   retune    the same designs and trainings with other thresholds and limits
#   prune     removes trainings, whole ones and checkpoints, that no design has
#
# Candidates are not known before their iteration, so that each stage is a make
# of its own.  A dry run (make -n) writes nothing: it prints what make would do
# up to the first stage that has something to do.
set -eu -o pipefail
export LC_ALL=C
shopt -s nullglob
here=$(dirname "$0") target=$1 flags=$2
# shellcheck source=pipelines/digests.sh
. "$here/digests.sh"
layout=2        # of OUT; the first one kept no trainings

say() {
    printf '%s\n' "$*" | "$here/say.sh" >&2
}
refuse() {
    say "$@"
    exit 2
}

dry=
case $flags in
*t*) refuse 'make -t: files count by what they hold, so that there is nothing to touch' ;;
*[nq]*) dry=yes ;;
esac
tmp=$(mktemp -d "${TMPDIR:-/tmp}/nachos-search.XXXXXX")
drawer='' child=
exec {lock}</dev/null

stop_drawing() {
    [ -n "$drawer" ] || return 0
    kill "$drawer" 2>/dev/null || :
    wait "$drawer" || :
    drawer=
}

# Nothing works on when this ends, for then the lock is free.
finally() {
    trap '' HUP INT TERM
    if [ -n "$child" ]; then
        end "$child"
        wait "$child" || :
    fi
    stop_drawing
    rm -rf "$tmp"
}
end() {         # end PROCESS: it and its children
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

# stage NAME VARIABLE=VALUE..: in a dry run the first one that has something to
# do is the last.
stage() {
    local make=("$MAKE" -s -f "$PRESET" STAGE="$1" DIFFER="$differ" "${@:2}" "$1") out
    # In the background, because a signal waits for a command in front of it.
    if [ -z "$dry" ]; then
        env --default-signal=INT,QUIT "${make[@]}" &
        child=$!
        wait "$child"
        child=
        return
    fi
    out=$("${make[@]}")
    [ -n "$out" ] || return 0
    printf '%s\n' "$out"
    [ "$1" = report ] || echo '# what follows depends on the outcome'
    exit 0
}

# ---- one at a time ----

# The makes that are started have the lock, too: should this process alone be
# killed, nobody else begins before they have ended.
lock() {
    local status=0
    exec {lock}>>"$OUT/lock"
    flock -n -E 75 "$lock" 2>"$tmp/flock" || status=$?
    case $status in
    0) echo "$(hostname) $$" >"$OUT/lock" ;;
    75) refuse "$OUT: another make is at work here (process" \
        "$(awk '{print $2 " on " $1}' "$OUT/lock")): wait for it, or give another OUT" ;;
    *) say "$OUT: no lock can be had here ($(head -n 1 "$tmp/flock")): see that no other make works here" ;;
    esac
}

# ---- parameters ----

# What the commands of search.mk's PARAMS print, a file for each name; and how
# many first designs there are: N_START, and those drawn besides since too few of
# them could be trained (draw_on).
# OUT/params/calls/NAME has the calls of tools of the last time: where these are
# the same, on the same files, the tools need not be asked again, and in a dry run
# none is asked at all: there another notation counts as another parameter.
params() {
    local now='' name command version drawn=
    mkdir -p "$tmp/params/calls"
    version=$(eenn-run --version -v | tr '\n' ' ')
    while read -r name command; do
        [ -n "$name" ] || continue
        [ -z "$now" ] || [ "$name" = "$now" ] || ask "$now"
        now=$name
        case $command in
        digests* | files*) eval "$command" >>"$tmp/params/$name" ;;
        *)
            [ -e "$tmp/params/calls/$name" ] || echo "$version" >"$tmp/params/calls/$name"
            printf '%s\n' "$command" >>"$tmp/params/calls/$name" ;;
        esac
    done <<<"$PARAMS"
    ask "$now"
    [ ! -e "$OUT/params/drawn" ] || drawn=$(<"$OUT/params/drawn")
    for name in space place-limits train; do
        ! is_new "$name" || drawn=
    done
    [ "$N_ITER" -gt 0 ] || drawn=
    case $drawn in "$N_START+"*) ;; *) drawn=$N_START+0 ;; esac
    echo "$drawn" >"$tmp/params/drawn"
}

# What the tools print comes in front of the digests, which are there already.
ask() {         # ask NAME
    local command digests=$tmp/params/$1 calls=params/calls/$1
    touch "$digests"
    if cmp -s "$tmp/$calls" "$OUT/$calls" && [ -e "$OUT/params/$1" ] &&
       tail -c "$(wc -c <"$digests")" "$OUT/params/$1" | cmp -s - "$digests"; then
        cp "$OUT/params/$1" "$tmp/params/$1"
        return
    fi
    if [ -n "$dry" ]; then
        cat "$tmp/$calls" >>"$digests"
        return
    fi
    while read -r command; do
        eval "$command" >>"$tmp/asked" 2>"$tmp/why" || refuse "$(head -n 1 "$tmp/why")"
    done < <(tail -n +2 "$tmp/$calls")
    cat "$digests" >>"$tmp/asked"
    mv "$tmp/asked" "$digests"
}

is_new() {
    ! cmp -s "$tmp/params/$1" "$OUT/params/$1"
}

# is_kept NAME FILE: the file is of these parameters.
is_kept() {
    [ -e "$2" ] && ! is_new "$1" && ! [ "$OUT/params/$1" -nt "$2" ]
}

# Sets $differ to the names, all or those given, whose files say something else.
compare() {
    local name
    [ $# -gt 0 ] || set -- "$tmp"/params/*
    differ='' compared=
    for name; do
        [ ! -d "$name" ] || continue
        name=${name##*/} compared+=" $name"
        ! is_new "$name" || differ+=" $name"
    done
}

# In a dry run parameters are only compared.
write_params() {
    local name
    [ -z "$dry" ] || return 0
    for name in $differ; do
        "$here/if-changed.sh" "$OUT/params/$name" <"$tmp/params/$name"
    done
    for name in $compared; do
        [ ! -e "$tmp/params/calls/$name" ] ||
            "$here/if-changed.sh" "$OUT/params/calls/$name" <"$tmp/params/calls/$name"
    done
    differ='' compared=
}

set_param() {   # set_param NAME VALUE
    echo "$2" >"$tmp/params/$1"
    ! is_new "$1" || differ+=" $1"
    write_params
}

# ---- what is going to be done ----

# The options of a name's commands as such lines, in a dry run.
words() {       # words FOLDER NAME
    tail -n +2 "$1/params/calls/$2" | tr ' ' '\n' | sed -n 's/^--//p'
    grep -E '^[^=]*=[0-9a-f]{32}$' "$1/params/$2" || :
}

# Parameters that are others now, NAME OLD -> NEW, in one line.
changes() {
    local name
    for name in $differ; do
        if [ -z "$dry" ] && [ -e "$OUT/params/$name" ]; then
            diff "$OUT/params/$name" "$tmp/params/$name" || :
        elif [ -e "$OUT/params/calls/$name" ]; then
            diff <(words "$OUT" "$name") <(words "$tmp" "$name") || :
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

# How many trainings are to come under the parameters in force: of the designs
# that are known, while these stay, and of all that are not known yet.
trainings() {
    local base arch key n=0 known=0 all=$((N_START + N_ITER * K)) design it
    # A search may end before N_ITER.
    [ -n "${differ// /}" ] || [ ! -e "$OUT/params/ended" ] ||
        [ "$(<"$OUT/params/ended")" != "$N_START $N_ITER $K $N_TOL" ] || all=0
    base=$(cat "$tmp/params/place" "$tmp/params/train" | b2sum -l 64 | cut -c1-16)
    is_new space || for design in "$OUT"/it-*/*.design; do
        it=${design%/*} it=${it##*/it-}
        ((10#$it <= N_ITER)) || continue
        read -r arch _ key <"$design"
        known=$((known + 1))
        [ "$key" = rejected ] || [ -e "$OUT/trained/$arch-$base.mpz" ] ||
            { [ "$key" = "$arch-$base" ] && [ -e "${design%.design}.result.mpz" ]; } ||
            n=$((n + 1))
    done
    echo $((n + (all > known ? all - known : 0)))
}

# Before work begins: which parameters are others, and what is to be trained, as
# long as trainings of this kind took so far.
announce() {
    local n change text base todo=()
    n=$(trainings) change=$(changes)
    base=$(cat "$tmp/params/place" "$tmp/params/train" | b2sum -l 64 | cut -c1-16)
    [ -z "$SUPERNET" ] || is_kept supernet "$OUT/supernet.mpz" || todo+=('the supernet')
    case $target/$n in
    supernet/* | finish/* | */0) n=0 ;;
    */1) todo+=('1 candidate') ;;
    *) todo+=("$n candidates") ;;
    esac
    case $target in
    all | finish)
        { is_kept place "$OUT/final/trained.mpz" && is_kept final "$OUT/final/trained.mpz"; } ||
            todo+=('the winner') ;;
    esac
    [ ${#todo[@]} -gt 0 ] || [ -n "$change" ] || return 0
    printf -v text ', %s' "${todo[@]}"
    text="training: ${text#, }"
    [ ${#todo[@]} -gt 0 ] || text='nothing to train'
    [[ $N_ITER = 0 || $target = @(supernet|finish) || \
        ! "$differ " =~ \ (space|place-limits|train|tune|step)\  ]] ||
        text+=', and what is proposed anew'
    [ "$n" = 0 ] || text+=$({ cat "$OUT/log/times" 2>/dev/null || :; } | sed -n "s/^.*-$base //p" |
        awk -v n="$n" -v jobs="$(jobs_of_make)" '
            { all += $2 - $1 }
            END {
                t = NR ? n * all / NR / jobs : 0
                if (NR) printf "; the candidates take about %.0f %s", \
                    (t < 90 ? t : t / 60), (t < 90 ? "s" : "min")
                else printf "; make plan says how long"
            }')
    say "$OUT: ${change:+$change; }$text"
}

jobs_of_make() {
    local jobs=1 word
    for word in ${MAKEFLAGS-}; do
        case $word in -j) jobs=$(nproc) ;; -j[0-9]*) jobs=${word#-j} ;; --) break ;; esac
    done
    echo "$jobs"
}

# ---- stages ----

# A long training is cut into steps, so that a run that is killed goes on from
# the last one.  The steps that are there may be others than SUPERNET_STEP says.
supernet() {
    local plan step from='' teacher='' steps=() first end
    [ -n "$SUPERNET" ] || return 0
    plan=$(ofa-train --plan --schedule="$SUPERNET" --scale="$SUPERNET_SCALE" \
        --space="$SPACE")
    while read -r _ first end; do
        for ((step = first; step < end; )); do
            step=$((step + SUPERNET_STEP < end ? step + SUPERNET_STEP : end))
            steps+=("$(printf %03d "$step")")
        done
        teacher=${teacher:-${steps[-1]}}
    done <<<"$plan"
    for step in $(numbers_of "$OUT"/supernet/*.mpz); do
        if is_step "$step" && ((10#$step <= 10#${steps[-1]})) &&
           { ((10#$step <= 10#$teacher)) || is_step "$teacher"; }; then
            from=$step
        fi
    done
    for step in "${steps[@]}"; do
        if ((10#$step > 10#0$from)); then
            stage supernet-step STEP="$step" BEFORE="$from" \
                TEACHER="$( ((10#$step <= 10#$teacher)) || echo "$teacher")"
            from=$step
        fi
    done
    stage supernet STEP="$from"
}

# numbers_of PATH..: the numbers that the names have, in their order.
numbers_of() {
    printf '%s\n' "$@" | sed -nE 's/.*[/-]([0-9]+)(\.mpz)?$/\1/p' | sort -n
}

is_step() {
    is_kept supernet "$OUT/supernet/$1.mpz"
}

good() {        # how many results of an archive are of trained candidates
    stream-dump -r "$OUT/$1/archive.mpz" |
        jq -s 'map(select(.status == "ok")) | length'
}

# A model needs 8 results.  When too many of the first designs could not be
# trained, others are drawn, up to as many again.
draw_on() {
    local n more
    while n=$(good it-00) && [ "$n" -lt 8 ]; do
        more=$(cut -d+ -f2 "$OUT/params/drawn")
        [ "$more" -lt "$N_START" ] || return 1
        more=$((more + 8 - n < N_START ? more + 8 - n : N_START))
        say "it-00  $n candidates could be trained and a model needs 8: $more designs besides N_START are drawn"
        set_param drawn "$N_START+$more"
        stage designs IT=00
        stage candidates IT=00
    done
}

search() {
    local i it last='' volume stale=0
    for ((i = 0; i <= N_ITER; i++)); do
        it=$(printf %02d "$i")
        [ -n "$dry" ] || mkdir -p "$OUT/it-$it"
        stage designs IT="$it"
        stage candidates IT="$it"
        if [ "$i" = 0 ] && [ "$N_ITER" -gt 0 ] && ! draw_on; then
            say 'it-00  too few candidates could be trained to fit a model: the search ends here'
            break
        fi
        volume=$(<"$OUT/it-$it/hypervolume")
        stale=$((stale + 1))
        [[ $volume = hypervolume* && $volume = "$last" ]] || stale=0
        last=$volume
        if [ "$stale" -ge "$N_TOL" ]; then
            echo "it-$it  hypervolume unchanged for $N_TOL iterations: done" | "$here/say.sh"
            break
        fi
    done
    set_param last "it-$it"
    set_param ended "$N_START $N_ITER $K $N_TOL"
}


last_iteration() {
    cat "$tmp/params/last" 2>/dev/null || cat "$OUT/params/last"
}

report() {      # report WINNER: `yes' if it is in the report
    local draw='' last
    has_test=
    last=$(last_iteration)
    stream-dump --first "$DATA" | jq -se '.[1] | (.splits | index("test")) as $i |
        $i != null and .samples[$i] > 0' >/dev/null && has_test=yes
    command -v gnuplot >/dev/null && draw=yes
    stage report LAST="$last" WINNER="$1" TEST="$has_test" DRAW="$draw"
    stop_drawing
    [ -n "$dry" ] || cat "$OUT/report.txt"
}

finish() {
    local last
    last=$(last_iteration)
    if [ "$(good "$last")" = 0 ]; then
        report ''
        say "$OUT: no candidate could be trained, so that none wins; stream-dump $OUT/archive.mpz shows the reasons"
        return
    fi
    stage winner LAST="$last"
    report yes
    concluded=yes
}

# What came out, in a sentence, where it is, and what may come next.
conclude() {
    local run=$OUT/final/result.mpz split=validation what fits
    [ -z "$has_test" ] || run=$OUT/final/test.mpz split=test
    what=$(eenn-report --format=json "$run" | jq -r '(.networks // .results)[0] |
        ((1 - .macs / .final_macs) * 1000 | round / 10) as $saved |
        "\(.accuracy * 1000 | round / 10) % at \(.macs / 1e4 | round / 100) M MACs on average, " +
        if $saved == 0 then "as many as"
        elif $saved < 0 then "\(-$saved) % more than"
        else "\($saved) % fewer than" end + " without early exits"')
    fits=$(stream-dump -r "$OUT/final/result.mpz" | jq -r 'select(.feasible == false) |
        "It is not within the limits: see `fits` and `violation` in the report; other"
        + " limits, more epochs or more candidates may help."')
    cat <<END

The winner has $what ($split split).${fits:+
$fits}
  report    $OUT/report.txt$(printf ', %s' "$OUT"/*.svg)
  network   $OUT/final/trained.mpz, its thresholds $OUT/final/result.mpz
  time      $OUT/final/times.txt
  next      eenn-report --view=exits $OUT/final/result.mpz
END
}

# Thresholds and limits anew for the designs and trainings that are there.
retune() {
    local it missing=0 key design last
    last=$(last_iteration)
    for design in "$OUT"/it-*/*.design; do
        read -r _ _ key <"$design"
        [ "$key" = rejected ] || [ -e "$OUT/trained/$key.mpz" ] || missing=$((missing + 1))
    done
    [ "$missing" = 0 ] || refuse "$OUT: $missing trainings are not there to be tuned anew; make all trains them"
    for it in $(numbers_of "$OUT"/it-*); do
        stage candidates IT="$it" RETUNE=yes
        [ "it-$it" != "$last" ] || break
    done
    [ -n "$dry" ] || mkdir -p "$OUT/tmp/final"
    stage winner LAST="$last" final="$OUT/tmp/final"
    if cmp -s "$OUT/tmp/final/key" "$OUT/final/key"; then
        finish
    else
        report ''
        say "$OUT: another candidate wins now, $(eenn-report --line "$OUT/tmp/final/winner.mpz"); make finish with these settings trains it"
    fi
}

prune() {
    local file used n=0
    used=$(cat /dev/null "$OUT"/it-*/*.design | cut -d' ' -f3)
    for file in "$OUT"/trained/*.mpz "$OUT"/checkpoints/*-*.mpz; do
        used_by "$file" "$used" && continue
        [ -n "$dry" ] || rm "$file"
        n=$((n + 1))
    done
    say "$OUT: ${dry:+would have }removed $n trainings that no design of the search has"
}

used_by() {     # used_by FILE KEYS
    local name=${1##*/}
    grep -qxF "${name%.mpz}" <<<"$2"
}

# ---- all together ----

main() {
    local name
    # Numbers as the shell is to read them: 010 is ten.
    for name in N_START N_ITER K N_TOL SUPERNET_STEP; do
        [[ ! ${!name} =~ ^[0-9]{1,9}$ ]] || printf -v "$name" %d "$((10#${!name}))"
    done
    [ ! -e "$OUT/params/settings" ] || [ "$(cat "$OUT/params/layout" 2>/dev/null)" = "$layout" ] ||
        refuse "$OUT: the search in there is of another version: go on with that, or give another OUT"
    [ ! -e "$OUT/tmp" ] || [ -e "$OUT/params/layout" ] ||
        refuse "OUT=$OUT: there is a tmp in it that is no search's: give another OUT"
    case $target in
    finish | retune | prune) [ -e "$OUT/params/last" ] || refuse "$OUT: there is no search in there yet" ;;
    esac
    [ -n "$dry" ] || begin
    [ -e "$DATA" ] || stage data
    digests_load
    [ -n "$dry" ] || digests_of_all check
    params
    case $target in
    all | search) compare ;;
    supernet) compare supernet ;;
    finish) compare tune pick place final final-tune final-limits reference ;;
    retune) compare tune pick final-tune final-limits reference ;;
    esac
    case $target in retune | prune) ;; *) announce ;; esac
    write_params
    if [ -z "$dry" ]; then
        "$here/progress.sh" "$OUT" $((N_START + N_ITER * K)) {lock}>&- &
        drawer=$!
    fi
    case $target in
    all)
        supernet
        search
        finish ;;
    search)
        supernet
        search ;;
    *) "$target" ;;
    esac
    if [ -z "$dry" ]; then
        digests_of_all note
        [ -z "$concluded" ] || conclude
    fi
}

# The folder, locked and checked, and without what a kill left in it: of recipes,
# and of tools where their files have names at once.  A folder that was not there
# goes again when nothing can be done in it.
begin() {
    local is_new=
    [ -d "$OUT" ] || is_new=yes
    mkdir -p "$OUT"
    lock
    case $target in
    all | supernet | search)
        PASSED=$OUT/params/preflight "$here/preflight.sh" || {
            [ -z "$is_new" ] || { rm "$OUT/lock" && rmdir "$OUT"; }
            exit 2
        } ;;
    esac
    mkdir -p "$OUT"/{params/calls,trained,log,checkpoints,final,supernet}
    rm -rf "$OUT/tmp"
    mkdir "$OUT/tmp"
    leftovers | xargs -d '\n' rm -f
    echo "$layout" | "$here/if-changed.sh" "$OUT/params/layout"
    printf '%s\n' "$SETTINGS" | "$here/if-changed.sh" "$OUT/params/settings"
}

differ='' compared='' concluded='' has_test=
main
