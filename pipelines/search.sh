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
#   prune     removes trainings, checkpoints and supernets that it does not use
#
# Candidates are not known before their iteration, so that each stage is a make
# of its own.
export LC_ALL=C
layout=2        # the first one kept no trainings
what=search check=preflight.sh checked='@(all|supernet|search)'
made=(trained checkpoints final supernet)
# shellcheck source=pipelines/driver.sh
. "${0%/*}/driver.sh"

# The files that a search makes, in $folders and $files; others that lie in OUT
# are not its business.
places() {
    folders=("$OUT"/it-[0-9]*/ "$OUT"/{params,trained,final,supernet,checkpoints}/)
    files=("$OUT"/{supernet,archive,front}.mpz "$OUT"/{supernet,report}.txt
        "$OUT"/{front,hypervolume}.svg "$OUT/reference")
    [[ $DATA != "$OUT"/* ]] || files+=("$DATA")
}

# ---- what is going to be done ----

# Sets how many first designs there are, N_START and those drawn besides since too few
# of them could be trained (draw_on), and the $base of the names of trainings.
first_designs() {
    local name text
    text_of "$OUT/params/drawn"
    for name in space place-limits train; do
        ! is_new "$name" || text=
    done
    [ "$N_ITER" -gt 0 ] || text=
    [[ $text = "$N_START+"* ]] || text=$N_START+0
    param[drawn]=${text%$'\n'}
    names+=(drawn)
    key_of "${param[place]}" "${param[train]}"
    base=$key
}

# Sets $last to the name of the iteration that is the last one.
last_iteration() {
    local text
    text_of "$OUT/params/last"
    last=${param[last]-${text%$'\n'}}
}

# Prints how many candidates are to be trained under the parameters in force: those of
# the designs that are known and have no training, if designs stay as they are, and
# all whose designs are not known yet.
trainings() {
    local arch key n=0 known=0 all=$((N_START + N_ITER * K)) design it text
    # A search may end before N_ITER.
    text_of "$OUT/params/ended"
    [ -n "$differ" ] || [ "$text" != "$N_START $N_ITER $K $N_TOL"$'\n' ] || all=0
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

supernet_there() {
    local steps teacher key
    supernet_steps
    key_of "${param[supernet]}"
    [ -e "$OUT/supernet/$key-${steps[-1]}.mpz" ]
}

# The winner of before; whether it still is the winner is not known yet.
winner_there() {
    local text key
    text_of "$OUT/final/key"
    key_of "${param[place]}" "${param[final]}"
    [[ $text = *-$key$'\n' && -e $OUT/final/trained.mpz ]] &&
        ! [ "$OUT/final/key" -nt "$OUT/final/trained.mpz" ]
}

# Before work begins: which parameters are others, and what is to be trained, as
# long as trainings of this kind took so far.
announce() {
    local n change text jobs todo=()
    n=$(trainings) change=$(changes)
    [[ ! $SUPERNET || $target = finish ]] || supernet_there || todo+=('the supernet')
    case $target/$n in
    supernet/* | finish/* | */0) n=0 ;;
    */1) todo+=('1 candidate') ;;
    *) todo+=("$n candidates") ;;
    esac
    case $target in
    all | finish)
        winner_there || todo+=('the winner') ;;
    esac
    [ ${#todo[@]} -gt 0 ] || [ -n "$change" ] || return 0
    printf -v text ', %s' "${todo[@]}"
    text="training: ${text#, }"
    [ ${#todo[@]} -gt 0 ] || text='nothing to train'
    [[ $N_ITER = 0 || $target = @(supernet|finish) || ! -e $OUT/it-01/archs.mpz || \
        ! "$differ " =~ \ (space|place-limits|train|tune|step)\  ]] ||
        text+='; newly proposed designs are trained later'
    jobs_of_make
    [ "$n" = 0 ] || text+=$({ cat "$OUT/log/times" 2>/dev/null || :; } | sed -n "s/^.*-$base //p" |
        awk -v n="$n" -v jobs="$((jobs ? jobs : $(nproc)))" '
            { all += $2 - $1 }
            END {
                t = NR ? n * all / NR / jobs : 0
                if (NR) printf "; the candidates take about %.0f %s", \
                    (t < 90 ? t : t / 60), (t < 90 ? "s" : "min")
                else printf "; make plan estimates the time"
            }')
    warn "$OUT: ${change:+$change; }$text"
}

# ---- stages ----

# Steps are kept by name, OUT/supernet/KEY-NNN.mpz; those that are there may be
# others than SUPERNET_STEP says.
supernet() {
    local step from='' steps teacher key
    [ -n "$SUPERNET" ] || return 0
    supernet_steps
    key_of "${param[supernet]}"
    for step in $(numbers_of "$OUT/supernet/$key"-*.mpz); do
        if ((10#$step <= 10#${steps[-1]})) &&
           { ((10#$step <= 10#$teacher)) || [ -e "$OUT/supernet/$key-$teacher.mpz" ]; }; then
            from=$step
        fi
    done
    for step in "${steps[@]}"; do
        if ((10#$step > 10#0$from)); then
            stage supernet-step KEY="$key" STEP="$step" BEFORE="$from" \
                TEACHER="$( ((10#$step <= 10#$teacher)) || echo "$teacher")"
            from=$step
        fi
    done
    stage supernet KEY="$key" STEP="$from"
}

# numbers_of PATH..: the numbers that the names have, in their order.
numbers_of() {
    printf '%s\n' "$@" | sed -nE 's/.*[/-]([0-9]+)(\.mpz)?$/\1/p' | sort -n
}

# count_good FILE: sets $good to how many of its results are of trained networks.  A
# file that cannot be read ends the search, also in a condition.
count_good() {
    good=$(stream-dump -r "$OUT/$1" | jq -s 'map(select(.status == "ok")) | length') || exit
}

# A model needs 8 results.  When too many of the first designs could not be
# trained, others are drawn, up to as many again.
draw_on() {
    local good more
    while count_good it-00/archive.mpz; [ "$good" -lt 8 ]; do
        more=${param[drawn]#*+}
        [ "$more" -lt "$N_START" ] || return 1
        more=$((more + 8 - good < N_START ? more + 8 - good : N_START))
        warn "it-00  $good candidates could be trained, and a surrogate needs 8: designs drawn besides N_START: $more"
        set_param drawn "$N_START+$more"
        stage designs IT=00
        stage candidates IT=00
    done
}

search() {
    local i it volume='' text stale=0
    for ((i = 0; i <= N_ITER; i++)); do
        printf -v it %02d "$i"
        [ -n "$dry" ] || mkdir -p "$OUT/it-$it"
        stage designs IT="$it"
        stage candidates IT="$it"
        if [ "$i" = 0 ] && [ "$N_ITER" -gt 0 ] && ! draw_on; then
            warn 'it-00  too few candidates could be trained to fit a surrogate: the search ends here'
            break
        fi
        text_of "$OUT/it-$it/hypervolume"
        stale=$((stale + 1))
        [[ $text = hypervolume* && $text = "$volume" ]] || stale=0
        volume=$text
        if [ "$stale" -ge "$N_TOL" ]; then
            say "it-$it  hypervolume unchanged for $N_TOL iterations: done"
            break
        fi
    done
    set_param last "it-$it"
    set_param ended "$N_START $N_ITER $K $N_TOL"
}

# report WINNER: `yes' if it is in the report.  Of failed results there is no front.
report() {
    local front='' draw='' last good
    last_iteration
    find_test
    count_good "$last/archive.mpz"
    [ "$good" = 0 ] || front=yes
    [ -z "$front" ] || ! command -v gnuplot >/dev/null || draw=yes
    set_param reported "front=$front winner=$1 test=$has_test"
    stage report LAST="$last" FRONT="$front" WINNER="$1" TEST="$has_test" DRAW="$draw"
    stop_drawing
    [ -n "$dry" ] || cat "$OUT/report.txt"
}

finish() {
    local last good
    last_iteration
    [ -e "$OUT/$last/archive.mpz" ] ||
        refuse "$OUT: $last/archive.mpz is missing; make search makes it again"
    count_good "$last/archive.mpz"
    if [ "$good" = 0 ]; then
        report ''
        warn "$OUT: no candidate could be trained, so that there is no winner; stream-dump $OUT/archive.mpz shows the reasons"
        return
    fi
    stage winner LAST="$last"
    stage trained LAST="$last"
    count_good final/result.mpz
    if [ "$good" = 0 ]; then
        report ''
        warn "$OUT: the winner could not be trained: $(eenn-report --line "$OUT/final/result.mpz"); give other FINAL_FLAGS or FINAL_EPOCHS"
        return
    fi
    report yes
    concluded=yes
}

# What came out, in a sentence, where it is, and what may come next.
conclude() {
    local run=$OUT/final/result.mpz split=validation interval what fits shown=$OUT/report.txt
    local file
    [ -z "$has_test" ] || run=$OUT/final/test.mpz split=test
    interval=$(eenn-report --no-legend "$run" |
        sed -n '/([0-9.]*-[0-9.]*)/{s/^[^(]*\(([0-9.]*-[0-9.]*)\).*/\1/p;q;}')
    what=$(eenn-report --format=json "$run" | jq -r --arg i "${interval:+$interval }" \
        '(.networks // .results)[0] |
        ((1 - .macs / .final_macs) * 1000 | round / 10) as $saved |
        "\(.accuracy * 1000 | round / 10) % \($i)at \(.macs / 1e4 | round / 100) M MACs on average, " +
        if $saved == 0 then "as many as"
        elif $saved < 0 then "\(-$saved) % more than"
        else "\($saved) % fewer than" end + " without early exits"')
    fits=$(stream-dump -r "$OUT/final/result.mpz" | jq -r 'select(.feasible == false) |
        "The winner is not within the limits: see `feasible` and `violation` in the report; other"
        + " limits, more epochs or more candidates may help."')
    for file in "$OUT"/{front,hypervolume}.svg; do
        [ ! -e "$file" ] || shown+=", $file"
    done
    cat <<END

The winner has $what ($split split).${fits:+
$fits}
  report    $shown
  network   $OUT/final/trained.mpz, its thresholds $OUT/final/result.mpz
${has_test:+  time      $OUT/final/times.txt
}  next      eenn-report --view=exits $OUT/final/result.mpz
END
}

# Thresholds and limits anew for the designs and trainings that are there.
retune() {
    local it missing=0 key design last good
    last_iteration
    for design in "$OUT"/it-*/*.design; do
        it=${design%/*} it=${it##*/it-}
        ((10#$it <= 10#${last#it-})) || continue        # of a longer search
        read -r _ _ key <"$design"
        [ "$key" = rejected ] || [ -e "$OUT/trained/$key.mpz" ] || missing=$((missing + 1))
    done
    [ "$missing" = 0 ] || refuse "$OUT: $missing trainings are missing and cannot be tuned again; make all trains them"
    for it in $(numbers_of "$OUT"/it-*); do
        stage candidates IT="$it" KEEP_TRAININGS=1
        [ "it-$it" != "$last" ] || break
    done
    count_good "$last/archive.mpz"
    if [ "$good" = 0 ]; then
        finish
        return
    fi
    [ -n "$dry" ] || mkdir -p "$OUT/tmp/final"
    stage winner LAST="$last" final="$OUT/tmp/final"
    if [ -e "$OUT/final/trained.mpz" ] && cmp -s "$OUT/tmp/final/key" "$OUT/final/key"; then
        finish
    else
        report ''
        warn "$OUT: this winner is not trained yet: $(eenn-report --line "$OUT/tmp/final/winner.mpz"); make finish with these settings trains it"
    fi
}

prune() {
    local file kept key design text n=0
    declare -A used=()
    for design in "$OUT"/it-*/*.design; do
        read -r _ _ key <"$design"
        used[$key]=yes
    done
    text_of "$OUT/params/supernet"
    key_of "${text%$'\n'}"
    for file in "$OUT"/{trained/*,checkpoints/*-*,supernet/*-*}.mpz; do
        kept=${file##*/} kept=${kept%.mpz}
        [[ -z ${used[$kept]-} && $file != "$OUT/supernet/$key"-* ]] || continue
        [ -n "$dry" ] || rm -f "$file" "${file%.mpz}.report"
        n=$((n + 1))
    done
    warn "$OUT: ${dry:+would have }removed $n files of trainings that the search does not use"
}

# ---- all together ----

main() {
    plain_numbers
    # Where preflight does not say it.
    if [[ $dry || $target != @(all|supernet|search) ]]; then
        [ -z "$faults" ] || refuse "${faults%$'\n'}"
        [ -z "$odd" ] || refuse "$odd=${!odd}: not a whole number"
    fi
    case $target in
    supernet) [ -n "$SUPERNET" ] || refuse 'SUPERNET is empty: there is no supernet to train' ;;
    finish | retune | prune) [ -e "$OUT/params/last" ] || refuse "$OUT: there is no search in this folder yet" ;;
    esac
    folder
    params
    first_designs
    case $target in
    all | search) compare ;;
    supernet) compare supernet ;;
    finish) compare tune pick place final final-tune final-limits reference ;;
    retune) compare tune pick final-tune final-limits reference ;;
    esac
    case $target in retune | prune) ;; *) announce ;; esac
    working $((N_START + N_ITER * K))
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
    settle
    [ -n "$dry" ] || [ -z "$concluded" ] || conclude
}

concluded='' has_test=
main
