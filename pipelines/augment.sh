#!/bin/bash
# SPDX-License-Identifier: MIT
# augment.sh TARGET MAKEFLAGS: the order in which augment.mk's stages are made.
# augment.mk calls it for each of its targets and exports the settings:
#
#   all     everything, to the report
#   prune   removes trainings and checkpoints of other settings
#
# Which exits are fine-tuned is not known before the plan is, so that each stage is a
# make of its own.
export LC_ALL=C
layout='augment 1'
what=augmentation check=augment-preflight.sh checked=all
made=(trained checkpoints final)
# shellcheck source=pipelines/driver.sh
. "${0%/*}/driver.sh"

# The files that are made, in $folders and $files; others that lie in OUT are not its
# business.
places() {
    folders=("$OUT"/{params,trained,final,checkpoints}/)
    files=("$OUT"/{net,platform,base,candidates,branches,plans,plan,chosen}.mpz
        "$OUT"/{tuned,tuned-plans,tuned-plan,tuned-base,static.net,static,static-plans}.mpz
        "$OUT"/{plan,curve}.svg "$OUT"/{exits,report.txt})
    [[ $DATA != "$OUT"/* ]] || files+=("$DATA")
}

# ---- what is going to be done ----

# Sets the keys of all trainings that are known: those behind the plan follow from the
# exits of the plan that is there.
keys() {
    local text
    key_of "${param[net]}" "${param[base]}"
    keyed[base]=$key
    key_of "${keyed[base]}" "${param[augment]}" "${param[branches]}"
    keyed[branches]=$key
    key_of "${keyed[base]}" "${param[finetune]}"
    keyed[tuned-base]=$key
    text_of "$OUT/exits"
    exits=$text
    key_of "${keyed[branches]}" "${param[finetune]}" "$exits"
    keyed[tuned]=$key
}

there() {       # there TRAINING
    [ -e "$OUT/trained/$1-${keyed[$1]}.mpz" ]
}

# Before work begins: which parameters are others, and what is to be trained.
announce() {
    local change text todo=() name
    change=$(changes)
    for name in "${order[@]}"; do
        there "$name" || todo+=("${called[$name]}")
    done
    [ ${#todo[@]} -gt 0 ] || [ -n "$change" ] || return 0
    printf -v text ', %s' "${todo[@]}"
    text="training: ${text#, }"
    [ ${#todo[@]} -gt 0 ] || text='nothing to train'
    [[ ${#todo[@]} -gt 0 || ! $change || $FINETUNE = 0 ]] || text+=', unless the plan gets other exits'
    warn "$OUT: ${change:+$change; }$text"
}

# ---- stages ----

# step NAME [STAGE VARIABLE=VALUE..]: one of the steps that progress.sh and status.sh
# count; it makes that stage.
step() {
    if [ -z "$dry" ]; then
        if_changed "$OUT/params/stages" "$done_steps ${#steps[@]} $1"
        cp "$OUT/params/stages" "$OUT/tmp/stages"
    fi
    done_steps=$((done_steps + 1))
    [ $# = 1 ] || stage "${@:2}"
    [ -n "$dry" ] || warnings
}

# What the tools of this step warned of.
warnings() {
    local file text
    for file in "$OUT"/log/*; do
        [ "$file" -nt "$OUT/tmp/stages" ] || continue
        text_of "$file"
        warn "${text%$'\n'}"
    done
}

# training NAME STAGE: one of the trainings; says what came out when it is a new one,
# and sets $failure to why it failed, if it did: nothing can be done without the base
# and the branches, all others are left out then.
training() {
    local fresh=
    there "$1" || fresh=yes
    set_param "$1-key" "${keyed[$1]}"
    step "${called[$1]}" "$2" KEY="${keyed[$1]}"
    failure=$(stream-dump -r --first "$OUT/$1.mpz" | jq -r 'select(.status == "failed").reason') || exit
    [ -z "$failure" ] || failed+=" $1"
    case ${failure:+$1} in
    '') [[ ! $fresh || $dry ]] || say "$1  $(validated "$OUT/$1.mpz")" ;;
    base | branches) refuse "$OUT: the training of ${called[$1]} failed: $failure (${flags_of[$1]})" ;;
    *) [[ ! $fresh || $dry ]] || warn "$1  is left out, as its training failed: $failure (${flags_of[$1]})" ;;
    esac
}

# Accuracies on the validation split in the epoch that was kept, of branches in that of
# each, if it was trained here.
validated() {
    stream-dump -r "$1" | jq -rs '.[0] | . as {$best_epoch, $branches} | (.log // []) as $log |
        def at($epoch): $log | map(select(.epoch == $epoch).val_accuracy)[0] // [];
        (if $branches then [$branches | to_entries[] | at(.value.best_epoch)[.key]] + ($log[-1].val_accuracy[-1:])
         else at($best_epoch) end) |
        if . == [] then "imported" else "\(map(if . then . * 1000 | round / 10 else "-" end | tostring) | join(", ")) %" +
            (if length > 1 then ", by exit" else "" end) + " (val)" end'
}

# Sets $taken to the network that is better by its plan on the split that thresholds
# come from: within the limits, then by what is made small.
take() {
    local better
    taken=chosen
    [[ $FINETUNE != 0 && $exits && " $failed " != *' tuned '* ]] || return 0
    better=$(stream-dump -r "$OUT/tuned-plan.mpz" "$OUT/plan.mpz" | jq -rs --arg by "$MINIMISE" '
        def rank: [if .feasible then 0 else 1 end, .violation // 0, .[$by] // 0];
        map(rank) | if .[0] <= .[1] then "tuned" else "chosen" end') || exit
    taken=$better
}

static() {
    [ "$STATIC" != no ] || return 0
    stage static-net
    key_of "${keyed[base]}" "$(stream-dump -r "$OUT/static.net.mpz" | jq -r .net)"
    keyed[static]=$key
    training static static
}

report() {
    local draw=''
    ! command -v gnuplot >/dev/null || draw=yes
    set_param reported "taken=$taken test=$has_test runs=${runs[*]} failed=$failed"
    step report report TAKE="$taken" TEST="$has_test" RUNS="${runs[*]}" DRAW="$draw"
}

all() {
    training base base
    training branches branches
    step plan map
    keys
    if [ "$FINETUNE" != 0 ] && [ -n "$exits" ]; then
        training tuned tune
        [ -n "$failure" ] || stage tune-plan
    fi
    if [ "$FINETUNE" != 0 ]; then
        training tuned-base tune-base
        [ -n "$failure" ] || runs+=(tuned-base)
    fi
    take
    set_param taken "$taken confidence=$CONFIDENCE"
    stage take TAKE="$taken"
    if [ "$STATIC" != no ]; then
        static
        [ -n "$failure" ] || runs+=(static)
    fi
    [ -z "$has_test" ] || step test test RUNS="${runs[*]}"
    report
    stop_drawing
    [ -n "$dry" ] || { if_changed "$OUT/params/stages" "$done_steps $done_steps"; cat "$OUT/report.txt"; }
    concluded=yes
}

prune() {
    local file name n=0
    for file in "$OUT"/{trained,checkpoints}/*-*.mpz; do
        name=${file##*/} name=${name%.mpz}
        text_of "$OUT/params/${name%-*}-key"
        [ "$text" != "${name##*-}"$'\n' ] || continue
        [ -n "$dry" ] || rm -f "$file"
        n=$((n + 1))
    done
    warn "$OUT: ${dry:+would have }removed $n files of trainings of other settings"
}

# ---- all together ----

# What came out, in a sentence, where it is, and what may come next.
conclude() {
    local file shown=$OUT/report.txt
    for file in "$OUT"/{plan,curve}.svg; do
        [ ! -e "$file" ] || shown+=", $file"
    done
    cat <<END

$("$here/augment-report.sh" sentence)
  report    $shown
  network   $OUT/final/trained.mpz, its plan $OUT/final/plan.mpz
${has_test:+  time      $OUT/final/times.txt
}  next      eenn-report --view=plan $OUT/final/plan.mpz
END
}

declare -A keyed=() called=([base]='the base' [branches]='the branches'
    [tuned]='the chosen exits and the backbone' [tuned-base]='the base for as long' [static]='the static network')
declare -A flags_of=([base]=TRAIN_FLAGS [branches]=BRANCH_FLAGS [tuned]=FINETUNE_FLAGS
    [tuned-base]=FINETUNE_FLAGS [static]=TRAIN_FLAGS)
order=(base branches) steps=(base branches plan report) done_steps=0
[ "$FINETUNE" = 0 ] || order+=(tuned tuned-base)
steps+=("${order[@]:2}")
[ "$STATIC" = no ] || steps+=(static)

main() {
    [[ ! $dry || -z $faults ]] || refuse "${faults%%$'\n'*}"
    [[ $target != prune || -e $OUT/params/base-key ]] ||
        refuse "$OUT: there is no augmentation in this folder yet"
    folder
    params
    find_test
    [ -z "$has_test" ] || steps+=(test)
    compare
    keys
    [ "$target" = prune ] || announce
    working 0
    "$target"
    settle
    [ -n "$dry" ] || [ -z "$concluded" ] || conclude
}

concluded='' has_test='' runs=(base) taken='' exits='' failure='' failed=''
main
