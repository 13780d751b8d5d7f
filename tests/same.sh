#!/bin/sh
# SPDX-License-Identifier: MIT
# Are the results of two builds the same?  Each command below runs with both;
# the records of every stream that comes out must be equal to the last bit, and
# so must the text.
#
#     same.sh OLDBIN NEWBIN [GROUP...]    folders of tools; all groups, or some:
#         sample nets train recipes frozen shards zoo ofa kernels tune search
#         run streams chain
#
# The old build makes the inputs, once, and both sides read them: a difference
# of one stage is not carried into the next, and old streams are seen to be
# read by the new tools.  (The group chain is the exception: a whole search,
# each side on its own.)  The old tools read nothing of the new side's, because
# its streams may be of a later minor version.  It is the new stream-cmp that
# compares; headers, which hold versions and command lines, and trailers do not
# count, nor does what NEWS says has changed: the recipe id of supernets, keys that
# have a successor, keys of this version's minors that old tools do not write, the
# columns on limits of eenn-report --view=exits, the last one of --view=log, and its text,
# Markdown and drawings.
# Both sides choose proposals by spread and winners by trade-off, which are the only
# ways that there were once, and thresholds under a limit on the cost.
#
#   CACHE=FOLDER      inputs and what the old side made stay there for the next
#                     run, as long as old build and list are the same
#   KEEP=FOLDER       what ran last stays there, for a look
#
# A line for each command, "ok GROUP: WHAT" or "not ok GROUP: WHAT"; under the
# latter the command and the first difference.  Status 1 when there is any, 2
# when the call is wrong.
#
# What the list is worth shows when one constant of a build is changed.
# Commands stand in single quotes, and groups are called by their names.
# shellcheck disable=SC2016,SC2317
set -u
LC_ALL=C
export LC_ALL
unset KERNELS MAKEFLAGS MFLAGS MAKELEVEL BIN
all="sample nets train recipes frozen shards zoo ofa kernels tune search run \
streams chain"

usage() {
    echo "same.sh: $1" >&2
    echo 'Usage: same.sh OLDBIN NEWBIN [GROUP...]' >&2
    exit 2
}
[ $# -ge 2 ] || usage 'two folders of tools are needed'
for folder in "$1" "$2"; do
    [ -x "$folder/stream-cmp" ] || usage "there is no stream-cmp in '$folder'"
done
OLD=$(CDPATH='' cd -- "$1" && pwd)
NEW=$(CDPATH='' cd -- "$2" && pwd)
shift 2
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $all
for group; do
    case " $all " in
    *" $group "*) ;;
    *) usage "there is no group '$group'; there are: $all" ;;
    esac
done
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
export TOP
if [ -n "${KEEP:-}" ]; then
    mkdir -p "$KEEP" && T=$(CDPATH='' cd -- "$KEEP" && pwd) || exit 2
    rm -rf "$T/in" "$T/old" "$T/new"
else
    T=$(mktemp -d "${TMPDIR:-/tmp}/nachos-same.XXXXXX") || exit 2
    trap 'rm -rf "$T"' EXIT
fi
trap 'exit 1' HUP INT TERM
cache=
[ -z "${CACHE:-}" ] || {
    mkdir -p "$CACHE" && cache=$(CDPATH='' cd -- "$CACHE" && pwd) || exit 2
    cache=$cache/$(cat "$0" "$OLD"/* "$TOP"/tests/formats/valid/* | cksum | tr ' ' -)
}
IN=${cache:-$T}/in
export IN
mkdir -p "$IN" || exit 2
tests=0 differ=0

# ---- running and comparing ----

# side old|new COMMAND: in an empty folder; what it says is beside it.
side() {
    case $1 in old) tools=$OLD ;; *) tools=$NEW ;; esac
    rm -rf "${T:?}/$1"
    mkdir "$T/$1"
    (cd "$T/$1" && PATH=$tools:$PATH exec sh -euc "$2" \
        >"$T/$1.out" 2>"$T/$1.err" </dev/null)
}

# The old side, or what the cache has of it.  What goes there gets its name when
# it is whole, because others may use the folder, too.
old_side() {
    at=$cache/$(printf %s "$1" | cksum | tr ' ' -).tar
    if [ -n "$cache" ] && [ -f "$at" ]; then
        rm -rf "${T:?}/old"
        tar -C "$T" -xf "$at"
    else
        side old "$1" || return
        [ -z "$cache" ] || {
            tar -C "$T" -cf "$at.$$" old old.out && mv "$at.$$" "$at"
        }
    fi
}

# What may differ, as jq names it, and a stream without it, in FILE.plain; keys
# of earlier minors become those in their place.
differs='select(.type == "weights").recipe, select(.status == "failed").reason'
present='def limit(name; sense): if . == null then [] else
        [{name: name} + {(sense): .}] end;
    if .type == "result" then
        (if .cost == "paper" then "macs_paper" else "macs" end) as $cost |
        (.limits // ((.min_accuracy | limit("accuracy"; "min")) +
            (.max_macs | limit($cost; "max")))) as $limits |
        del(.min_accuracy, .max_macs, .cost, .limits) |
        if $limits == [] then . else .limits = $limits end
    elif .type == "arch" and .predicted_accuracy then
        .predicted = [{name: "accuracy", value: .predicted_accuracy},
            {name: "macs", value: .predicted_macs}] |
        del(.predicted_accuracy, .predicted_macs)
    else . end |
    if .type == "result" then
        del(.samples, .dataset, .min_class_accuracy, .balanced_accuracy, .lost_answers,
            .disagreement, .guarantee)
    elif .type == "trace" then del(.names, .dataset, .class_names)
    elif .type == "dataset" then del(.resize, .crop, .flip)
    elif .type == "trained" or .type == "weights" then del(.input)
    else . end'
plain() {
    "$NEW/stream-dump" "$1" | jq -c "($differs) = (\"0\" * 32) | $present" |
        "$NEW/stream-load" -o "$1.plain"
}

# The first difference of two files, on stdout; status 1 if there is one.
compare() {
    case $1 in
    *.mpz)
        "$NEW/stream-cmp" "$1" "$2" >"$T/diff" 2>&1 && return
        plain "$1" && plain "$2" &&
            "$NEW/stream-cmp" "$1.plain" "$2.plain" >"$T/diff" 2>&1 && return
        sed 's/^.* differ: //' "$T/diff" ;;
    *)
        diff "$1" "$2" | cut -c1-160 | head -n 2 >"$T/diff"
        cat "$T/diff"
        [ ! -s "$T/diff" ] && return ;;
    esac
    return 1
}

failed() {  # failed SIDE STATUS
    [ "$2" -eq 0 ] || echo "$1: status $2:" \
        "$(tail -n 1 "$T/$1.err" | cut -c1-300)" >>"$T/why"
}

# judge STATUS STATUS: what is wrong with the two sides, into $T/why.
judge() {
    : >"$T/why"
    failed old "$1"
    failed new "$2"
    [ ! -s "$T/why" ] || return
    for s in old new; do
        (cd "$T/$s" && find . -type f | sort) >"$T/$s.list"
    done
    { echo out; cat "$T/old.list"; } >"$T/list"
    diff "$T/old.list" "$T/new.list" | grep '^[<>]' >"$T/why" && return
    [ -s "$T/old.list" ] || [ -s "$T/old.out" ] || echo 'no output' >"$T/why"
    while read -r f; do
        case $f in
        out) a=$T/old.out b=$T/new.out ;;
        *) a=$T/old/${f#./} b=$T/new/${f#./} ;;
        esac
        said=$(compare "$a" "$b") || echo "${f#./}: $said" >>"$T/why"
    done <"$T/list"
}

# both WHAT COMMAND: stdout and all files it leaves are compared.
both() {
    tests=$((tests + 1))
    old_side "$2" &
    pid=$!
    side new "$2"
    new=$?
    wait $pid
    judge $? $new
    if [ ! -s "$T/why" ]; then
        echo "ok $group: $1"
        return
    fi
    differ=$((differ + 1))
    echo "not ok $group: $1"
    printf '%s\n' "$2" | sed 's/^/#   $ /'
    sed -n '1,4s/^/#   /p; 5s/.*/#   and more/p' "$T/why"
}

# input FILE COMMAND: an input, made by the old tools when first asked for.
input() {
    [ ! -e "$IN/$1" ] || return 0
    (cd "$IN" && PATH=$OLD:$PATH exec sh -euc "$2" >"$T/in.err" 2>&1) || {
        echo "same.sh: no input $1: $(tail -n 1 "$T/in.err")" >&2
        exit 2
    }
}

# ---- inputs ----

SPACE=ofa-mbv3:width=0.35,res=16,classes=3,exits
BIG=ofa-mbv3:width=1,res=32,classes=10,exits=4
# As choices: depth, four kernels, four expand ratios for each stage; exits.
MIDDLE=0010010000100012001201020101012010200100021001111
export SPACE BIG MIDDLE

data() {
    input d.mpz 'data-synth -q -n 132 --val=40 --test=30 --classes=3 --size=16 -o d.mpz'
    input d10.mpz 'data-synth -q -n 70 --val=20 --test=20 -o d10.mpz'
}

nets() {
    data
    input net.mpz 'ofa-sample -n 1 --seed=1 --space=$SPACE=4 | eec-place -o net.mpz'
    input two.mpz 'ofa-sample -n 2 --corners --seed=2 --space=$SPACE=2 | eec-place -o two.mpz'
    input paper.mpz 'ofa-sample -n 1 --seed=3 --space=$SPACE=4 |
        eec-place --mac-rule=paper --pool-rule=legacy -o paper.mpz'
    input big.mpz 'ofa-sample --space=$BIG $MIDDLE | eec-place -o big.mpz'
}

# Recordings of three classes: noise by a formula, and where it is loud.
recordings() {  # recordings FILE H W C
    input "$1" "jq -nc --argjson h $2 --argjson w $3 --argjson c $4 '
        def images(\$n): {dtype: \"u8\", shape: [\$n, \$h, \$w, \$c], values:
            [range(\$n) as \$i | range(\$h * \$w * \$c) |
             (. * 37 + \$i * 101 + . * . % 61) % 64 + 128 *
             (if (. * 3 / (\$h * \$w * \$c) | floor) == \$i % 3 then 1 else 0 end)]};
        def chunk(\$s; \$n): {type: \"chunk\", split: \$s, images: images(\$n),
            labels: {dtype: \"i32\", shape: [\$n], values: [range(\$n) | . % 3]}};
        {type: \"dataset\", name: \"recordings\", shape: [\$h, \$w, \$c],
         classes: [\"a\", \"b\", \"c\"], splits: [\"train\", \"val\", \"test\"],
         samples: [48, 12, 12], mean: [range(\$c) | 0.4],
         std: [range(\$c) | 0.25]},
        chunk(\"train\"; 48), chunk(\"val\"; 12), chunk(\"test\"; 12)' |
        stream-load -k dataset -o $1"
}

trained() {
    nets
    input trained.mpz 'cat net.mpz two.mpz | eenn-train -q --recipe=paper -d d.mpz \
        --recipe=scratch -e 2/2/1 -b 16 -o trained.mpz'
    input big-trained.mpz 'eenn-train -q --recipe=paper -d d10.mpz --recipe=scratch \
        -e 1/1 -b 16 big.mpz -o big-trained.mpz'
}

super() {
    data
    input list.tsv 'cat >list.tsv.$$ <<END
phase epochs warmup lr subnets largest distil s?.depth s?.k? s?.e?
full 2 0 0.1 1 0 0 4 7 6
kernel 2 1 0.02 1 0.5 1 4 3,5,7 6
narrow 2 0 0.01 2 0 1 2,3,4 3,5,7 4,6
all 1 0 0.01 2 0.2 1 2,3,4 3,5,7 3,4,6
END
        mv list.tsv.$$ list.tsv'
    for n in 1 2 3; do
        input super$n.mpz "ofa-train -q -d d.mpz -p list.tsv -b 22 \
            --calibrate=40 --measure=1 --space=\$SPACE=2 --until=$n -o super$n.mpz"
    done
}

# Measured designs, with figures that follow from genes.
archive() {
    input archive.mpz 'ofa-sample --space=$BIG -n 60 --corners --seed=5 |
        stream-dump -r | jq -c "(.genome | length) as \$n | .genome as \$g |
        {type: \"result\", summary: {arch: .id, space, genome, origin},
         status: \"ok\",
         accuracy: (0.3 + ([range(\$n) | \$g[.] * (. % 7 + 1)] | add) / (\$n * 16)),
         macs: (1000000 + ([range(\$n) | \$g[.] * \$g[.] * (. % 5 + 1)] | add) * 20000)}" |
        stream-load -k result -o archive.mpz'
    for target in accuracy macs; do
        input $target.mpz "surrogate-fit --target=$target --trees=50 archive.mpz -o $target.mpz"
    done
}

# ---- groups ----

group_sample() {
    both 'images' 'data-synth -n 40 --val=10 --test=10 --seed=7 -o a.mpz
        data-synth -n 40 --val=10 --test=10 --seed=7 -j2 -o b.mpz; cmp a.mpz b.mpz
        data-synth -n 20 --val=4 --test=4 --classes=4 --size=24 --difficulty=1 -o c.mpz'
    both 'designs' 'ofa-sample -n 20 --corners -o a.mpz
        ofa-sample -n 20 --seed=3 --space=$BIG -o b.mpz
        ofa-sample --info --space=$BIG'
}

group_nets() {
    input designs.mpz 'ofa-sample -n 12 --corners --space=$BIG -o designs.mpz'
    both 'networks' 'eec-place $IN/designs.mpz -o net.mpz'
    both 'by the rules of the paper' 'eec-place --mac-rule=paper \
        --pool-rule=legacy $IN/designs.mpz -o net.mpz'
    both 'with limits' 'eec-place --max-params=2e6 --max-peak-bytes=400000 \
        --rejects=rejects.mpz $IN/designs.mpz -o net.mpz'
    both 'by hand' 'for n in resnet20 alexnet mobilenetv1 ds-cnn ds-cnn-1d; do
            net-zoo $n -o $n.mpz; done
        net-zoo resnet20 --width=0.5 --res=24 --classes=4 -o other.mpz
        for n in resnet20 alexnet mobilenetv1 ds-cnn ds-cnn-1d; do # not the words
            net-zoo --list | cut -c 1-45 | grep "^$n "; done'
}

# train WHAT NET OPTION...: shorthand.
train() {
    what=$1 net=$2
    shift 2
    both "$what" "eenn-train -q --recipe=paper -d \$IN/d.mpz $* \$IN/$net.mpz -o out.mpz"
}

group_train() {
    nets
    train 'all three phases' net -b 16 -e 1/2/2
    train 'several networks' two -b 20 -e 1/1/1
    train 'as the paper counts' paper -b 20 -e 1/1/1 --max-macs=1000
    train 'a limit on the cost' net -b 16 -e 0/2/1 --max-macs=1e5 --w-cost=20
    train '--clip-norm' net -b 16 -e 1/1/1 --clip-norm=0.5
    train 'distillation' net -b 16 -e 1/1/1 --distil=1 --distil-temperature=3
    train 'samples of the confidences' net -b 16 -e 0/1/1 --sample-exits
    train 'weighted losses' net -b 16 -e 0/1/1 --acc-loss=weighted
    train 'joint losses, no confidence loss' net -b 16 -e 0/1/1 \
        --acc-loss=joint --no-confidence-loss
    train 'schedules' net -b 16 -e 1/2 --schedule=step --step-epochs=1 \
        --warmup=0.5 --nesterov --decay-all --label-smoothing=0.1
    train 'a constant rate' net -b 16 -e 1/2/1 --schedule=constant \
        --lr-scale-heads=2 --keep=best-final --momentum=0.5
    train 'some of the images' net -b 16 -e 1/1/1 --train-images=70 \
        --no-flip --crop-pad=2 --keep=last --seed=9 --support-share=0.3
    train 'another split, no weights' net -b 16 -e 1/1 --split=test --weights=none
    train 'a failure' net -e 1/1 --lr=1e6
    train 'no epochs' net -e 0/0
    both 'a wide one' 'eenn-train -q --recipe=paper -d $IN/d10.mpz -b 16 -e 1/1/1 $IN/big.mpz -o out.mpz'
}

group_recipes() {
    nets
    super
    for r in paper scratch inherited final; do
        train "$r" net --recipe=$r -e 1/1/1
    done
    train 'from a supernet' two --recipe=inherited --init-weights='$IN/super2.mpz'
    train 'the same, as cut' two --recipe=inherited -e 0/1/0 \
        --init-weights='$IN/super2.mpz' --recalibrate=0
    trained
    train 'from a trained one' two --recipe=final -e 0/1/1 \
        --init-weights='$IN/trained.mpz'
    both 'from a file' 'printf "batch=16\nlr=0.03\nkeep=last\n" >r
        eenn-train -q --recipe=paper -d $IN/d.mpz --recipe=r -e 1/1 $IN/net.mpz -o out.mpz
        eenn-train --list-recipes'
}

group_frozen() {
    nets
    train 'features once' net -b 16 -e 1/2/1 --backbone=frozen
    train 'features in a file' net -b 16 -e 1/2/1 --backbone=frozen \
        --cache-memory=0
    train 'features each time' net -b 16 -e 1/2/1 --backbone=frozen \
        --no-cache-features
    train 'a recipe' two --recipe=scratch -e 1/1/1 --backbone=frozen
    both '-j1 is -j2, in memory as in a file' 'for o in "-j1" "-j2" \
            "-j2 --cache-memory=0"; do
        eenn-train -q --recipe=paper -d $IN/d.mpz -b 16 -e 1/1/1 --backbone=frozen $o \
            $IN/net.mpz -o out.mpz
        [ ! -e one.mpz ] || cmp one.mpz out.mpz
        mv out.mpz one.mpz; done'
}

group_shards() {
    nets
    for n in 1 2 3 4; do
        both "--shards=$n, -j1 is -j2" "for j in 1 2; do
            eenn-train -q --recipe=paper -d \$IN/d.mpz -b 20 -e 1/1/1 --shards=$n -j\$j \
                \$IN/net.mpz -o j\$j.mpz; done; cmp j1.mpz j2.mpz"
    done
    both 'a wide one, -j2' 'eenn-train -q --recipe=paper -d $IN/d10.mpz -b 16 -e 1/1/1 -j2 \
        $IN/big.mpz -o out.mpz'
}

# zoo NAME DATA OPTION...
zoo() {
    name=$1 set=$2
    shift 2
    input "$name-net.mpz" "net-zoo $name $* --classes=3 -o $name-net.mpz"
    both "$name" "for s in 1 4; do
        eenn-train -q --recipe=paper -d \$IN/$set --recipe=scratch -e 1/0 -b 16 --shards=\$s \
            \$IN/$name-net.mpz -o \$s.mpz; done
        eenn-run -d \$IN/$set --batch=7 4.mpz -o run.mpz"
}

group_zoo() {
    input z.mpz 'data-synth -q -n 34 --val=8 --test=8 --classes=3 -o z.mpz'
    recordings words.mpz 49 10 1
    recordings wave.mpz 490 1 1
    zoo resnet20 z.mpz
    zoo alexnet z.mpz
    zoo mobilenetv1 z.mpz --res=32 --width=0.5
    zoo ds-cnn words.mpz
    zoo ds-cnn-1d wave.mpz --input=490x1x1
    input tiny.mpz 'jq -nc "def chunk(\$s; \$n): {type: \"chunk\", split: \$s,
            images: {dtype: \"u8\", shape: [\$n, 4, 4, 1],
                     values: [range(\$n * 16) | . * . * 7 % 251]},
            labels: {dtype: \"i32\", shape: [\$n], values: [range(\$n) | . % 2]}};
        {type: \"dataset\", name: \"tiny\", shape: [4, 4, 1],
         classes: [\"a\", \"b\"], splits: [\"train\", \"val\", \"test\"],
         samples: [24, 6, 6], mean: [0.5], std: [0.25]}, chunk(\"train\"; 24),
        chunk(\"val\"; 6), chunk(\"test\"; 6)" | stream-load -k dataset -o tiny.mpz'
    both 'odd widths' 'eenn-train -q --recipe=paper -d $IN/tiny.mpz -b 8 -e 2/0 \
        "$TOP/tests/formats/valid/net-widen.mpz" -o out.mpz'
}

# ofa WHAT OPTION...: shorthand.
ofa() {
    what=$1
    shift
    both "$what" "ofa-train -q -d \$IN/d.mpz -p \$IN/list.tsv -b 22 \
        --calibrate=40 --measure=1 $* -o out.mpz"
}

group_ofa() {
    super
    ofa 'all phases' --space='$SPACE=2'
    ofa 'two shards, -j2' --space='$SPACE=4' --shards=2 -j2
    ofa 'other settings' --space='$SPACE=2' --scale=0.5 --seed=4 --momentum=0.8 \
        --weight-decay=1e-3 --label-smoothing=0 --no-flip --crop-pad=0 \
        --train-images=90 --shards=1
    ofa 'within the first phase, goes on' '$IN/super1.mpz' --until=2
    ofa 'from the end of a phase' --teacher='$IN/super2.mpz' '$IN/super2.mpz' \
        --until=3
    ofa 'within a later one, to the end' --teacher='$IN/super2.mpz' '$IN/super3.mpz'
    both 'pieces are the whole, -j1 is -j2' 'go() {
            ofa-train -q -d $IN/d.mpz -p $IN/list.tsv -b 22 --calibrate=40 --measure=1 "$@"
        }
        go --until=4 --space=$SPACE=2 -o whole.mpz
        go --until=4 --space=$SPACE=2 -j2 -o threads.mpz; cmp whole.mpz threads.mpz
        go --until=1 --space=$SPACE=2 -o 1.mpz
        go --until=2 1.mpz -o 2.mpz
        go --until=4 --teacher=2.mpz 2.mpz -o 4.mpz; stream-cmp 4.mpz whole.mpz'
    both 'wide' 'ofa-train -q -d $IN/d10.mpz -p $IN/list.tsv -b 24 --calibrate=20 \
        --measure=0 --space=$BIG --until=3 -o out.mpz'
    both 'the plan' 'ofa-train -p $IN/list.tsv --plan --scale=0.3 --space=$SPACE=2'
}

group_kernels() {
    trained
    super
    input z.mpz 'data-synth -q -n 34 --val=8 --test=8 --classes=3 -o z.mpz'
    input half-net.mpz 'net-zoo resnet20 --width=0.5 --classes=3 -o half-net.mpz'
    for k in scalar avx2 avx512; do
        KERNELS=$k "$NEW/eenn-train" --version -v >/dev/null 2>&1 || continue
        both "$k: training" "KERNELS=$k eenn-train -q --recipe=paper -d \$IN/d.mpz -b 20 \
            -e 1/1/1 \$IN/net.mpz -o out.mpz"
        both "$k: a frozen backbone" "KERNELS=$k eenn-train -q --recipe=paper -d \$IN/d.mpz \
            -b 20 -e 1/1 --backbone=frozen \$IN/net.mpz -o out.mpz"
        both "$k: another net" "KERNELS=$k eenn-train -q --recipe=paper -d \$IN/z.mpz -b 16 \
            -e 1/0 \$IN/half-net.mpz -o out.mpz"
        both "$k: a supernet" "KERNELS=$k ofa-train -q -d \$IN/d.mpz -b 22 \
            -p \$IN/list.tsv --calibrate=20 --measure=0 --until=3 \
            --teacher=\$IN/super2.mpz \$IN/super2.mpz -o out.mpz"
        both "$k: running" "KERNELS=$k eenn-run -d \$IN/d.mpz --batch=8 \
            \$IN/trained.mpz -o out.mpz
            KERNELS=$k eenn-run -d \$IN/d10.mpz \$IN/big-trained.mpz -o big.mpz"
    done
}

group_tune() {
    trained
    in='$IN/trained.mpz $IN/big-trained.mpz'
    macs=$("$OLD/stream-dump" -r "$IN/net.mpz" | jq '.exits[-1].gamma / 2 | floor')
    for rule in cumulative eq8 max-softmax margin entropy best; do
        both "rule $rule" "for m in auto grid descent exact; do
            thresh-tune --rule=$rule --method=\$m --max-macs=$macs \
                --min-accuracy=0.3 $in -o \$m.mpz; done
            thresh-tune --rule=$rule --temperature=fit --grid-step=0.05 \
                --max-macs=1e12 $in -o fit.mpz"
    done
    both 'paper' "thresh-tune --method=grid --cost=paper --first-floor=0.7 \
        --max-macs=$macs $in -o out.mpz"
    both 'little work' "thresh-tune -q --max-work=100 --max-macs=$macs $in -o out.mpz"
    both 'what nobody meets' "thresh-tune --max-macs=1000 --min-accuracy=0.99 $in -o out.mpz"
    both 'a trace' 'for f in trace-whole trace-plain trace-two; do
        thresh-tune "$TOP/tests/formats/valid/$f.mpz" -o $f.mpz; done'
}

group_search() {
    archive
    for m in rbf gp cart mlp auto; do
        both "surrogate $m" "surrogate-fit --target=accuracy --model=$m \
            --trees=40 --folds=4 \$IN/archive.mpz -o accuracy.mpz
            surrogate-fit --target=macs --model=$m --trees=40 --folds=4 \
            --seed=8 \$IN/archive.mpz -o macs.mpz"
    done
    step='nsga2-step --accuracy=$IN/accuracy.mpz --macs=$IN/macs.mpz $IN/archive.mpz'
    step="$step \$(nsga2-step --help | sed -n 's/.*--pick=.*/--pick=spread/p')"
    both 'a step' "$step -o out.mpz"
    both 'with limits' "$step -k 5 --max-macs=2.2e6 --min-accuracy=0.35 --seed=3 \
        --iteration=4 -o out.mpz"
    both 'with a penalty' "$step --limits=penalty --penalty=3 --max-macs=2.2e6 \
        --pop=30 --generations=7 -o out.mpz"
    both 'fronts' 'pareto-select --all-fronts $IN/archive.mpz -o all.mpz
        by=$(pareto-select --help | sed -n "s/.*--by=.*/--by=tradeoff/p")
        pareto-select --max-macs=2.5e6 -k 3 $by $IN/archive.mpz -o best.mpz
        pareto-select --hypervolume --ref-macs=9e6 $IN/archive.mpz'
}

group_run() {
    trained
    input result.mpz 'thresh-tune trained.mpz -o result.mpz'
    input margin.mpz 'thresh-tune --rule=margin --temperature=fit trained.mpz -o margin.mpz'
    input big-result.mpz 'thresh-tune big-trained.mpz -o big-result.mpz'
    run='eenn-run -d $IN/d.mpz'
    both 'every exit' "$run \$IN/trained.mpz -o out.mpz
        $run --batch=7 --split=val \$IN/trained.mpz -o few.mpz"
    for p in result margin; do
        both "stopping by $p" "for b in 1 7 128; do
            $run --policy=\$IN/$p.mpz --batch=\$b \$IN/trained.mpz -o \$b.mpz; done"
    done
    both 'a wide one' 'for b in 1 16; do eenn-run -d $IN/d10.mpz --batch=$b \
        --policy=$IN/big-result.mpz $IN/big-trained.mpz -o $b.mpz; done'
    both '-j1 is -j2, with the baseline' "for j in 1 2; do
        $run -q --policy=\$IN/result.mpz --batch=5 -j\$j --baseline \
            --repeat=2 \$IN/trained.mpz -o \$j.mpz; done; cmp 1.mpz 2.mpz"
    both 'reports' 'for f in tsv json; do
            eenn-report --format=$f $IN/result.mpz; done
        eenn-report --view=log --format=tsv $IN/trained.mpz | cut -f 1-15
        eenn-report --view=exits --format=tsv $IN/result.mpz | cut -f 1-11'
}

group_streams() {
    trained
    super
    archive
    both 'old streams are read' 'for f in $IN/*.mpz; do
        stream-check $f | sed "s|.*/||"; stream-pick --index=0 $f -o ${f##*/}; done'
    both 'and shown' 'for f in net two paper trained super2 super3 archive \
            accuracy d; do stream-dump -r $IN/$f.mpz; done'
    both 'and copied' 'for f in trained super2 super3; do
        stream-dump $IN/$f.mpz | stream-load -o $f.mpz; done'
    input corpus 'cd "$TOP/tests/formats/valid"; for f in *.mpz; do
        ! stream-check -q $f || echo $f; done >$IN/corpus'
    both 'what the old side can read of the corpus' 'while read -r f; do
        stream-dump -r --values "$TOP/tests/formats/valid/$f"; done <$IN/corpus'
    both 'reports' 'eenn-report --view=subnets --format=tsv $IN/super2.mpz
        eenn-report --view=pairs --format=tsv $IN/accuracy.mpz
        eenn-report --view=front --format=tsv $IN/archive.mpz
        eenn-report --format=tsv $IN/trained.mpz | cut -f 1-15'
}

# A search from beginning to end, each side with what it made itself; the ids of
# what is trained from a supernet follow from the supernet's.  Designs and results
# have origins, and so had networks and trainings.  Files that only one of two
# layouts of OUT has do not count.
group_chain() {
    differs="$differs, select(.summary).summary.recipe, (select(.type == \"trained\")
        .recipe[] | select(.name == \"init-weights\").value)"
    present="$present | if .type == \"net\" then .origin.iteration = null |
            .origin.slot = null
        elif .type == \"result\" then . else del(.summary?.origin) end"
    both 'a search' 'data-synth -q -n 150 --val=45 --test=45 --classes=3 --size=16 -o data.mpz
        printf "%s\n" \
            "phase epochs warmup lr subnets largest distil s?.depth s?.k? s?.e?" \
            "full 1 0 0.1 1 0 0 4 7 6" "all 1 0 0.02 2 0.2 1 2,3,4 3,5,7 3,4,6" >list
        mk=${PATH%%:*}/../../../pipelines/search.mk  # of the same tree, if there is one
        [ -e "$mk" ] || mk=$TOP/pipelines/search.mk
        make -f "$mk" BIN="${PATH%%:*}" DATA=data.mpz \
            OUT=run SPACE=$SPACE=4 SUPERNET=list SUPERNET_FLAGS="--batch=32 \
            --measure=1" N_START=9 N_ITER=2 K=2 EPOCHS=0/1/1 TRAIN_FLAGS="\
            --recipe=inherited --batch=16" FINAL_EPOCHS=0/2/1 \
            FINAL_FLAGS="--recipe=final --batch=16" MAX_MACS=3e5 \
            FIT_FLAGS="--model=auto --trees=30" STEP_FLAGS="$(nsga2-step --help |
                sed -n "s/.*--pick=.*/--pick=spread/p")" \
            PICK_FLAGS="$(pareto-select --help |
                sed -n "s/.*--by=.*/--by=tradeoff/p")" >log
        sed -i "s/^macs=//" run/reference
        cd run
        rm -rf ../log checkpoints lock log params tmp trained
        for file in supernet/*-*.mpz; do
            [ ! -e "$file" ] || mv "$file" "supernet/${file##*-}"
        done
        rm -f it-*/nets.mpz it-*/rejects.mpz final/key final/origin final/times.txt
        find . \( -name "*.report" -o -name "*.design" -o -name "*.mk" -o -name "*.svg" \
            -o -name "*.txt" \) -exec rm {} +'
}

for group; do
    "group_$group"
done
echo "1..$tests"
[ "$differ" -eq 0 ] || echo "# $differ of $tests differ"
[ "$differ" -eq 0 ]
