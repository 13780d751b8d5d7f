#!/bin/bash
# SPDX-License-Identifier: MIT
# What an augmentation has found, of the files in OUT:
#
#   augment-report.sh report      the report, on stdout
#   augment-report.sh sentence    what came out, in a sentence or two
#   augment-report.sh figures PLANS ROLE    see there
#
# TAKE (tuned or chosen) and TEST (yes, or nothing without a test split) are as in
# augment-stages.mk, RUNS the runs on the test split besides the plan's, FINETUNE the
# epochs of fine-tuning, MINIMISE what was made small, COSTS measured ones, DATA the
# data set, of the environment.
set -eu -o pipefail
export LC_ALL=C
: "${OUT:?}"
final=$OUT/final

section() {     # section TITLE
    printf '\n%s:\n' "$1"
}

# figures PLANS ROLE: mean latency, energy and MACs of the best one of that role, its
# processors, and how many of it there are; nothing if there is none.  A base that its
# processor cannot hold is none while another one, or a partition, fits.
figures() {
    stream-dump -r "$1" | jq -rs --arg role "$2" --arg by "${MINIMISE:-latency}" '
        def fits: all(.stores[]; (.memory_limit == null or .memory <= .memory_limit) and
            (.storage_limit == null or .storage <= .storage_limit));
        map(select(.role == $role or $role == "base" and .role == "partition")) |
        select(any(.role == $role)) | map(select(.role == $role)) as $all |
        min_by([(fits | not), .role != $role, .[$by] // 0, .latency]) | ($all | length) as $n |
        "\(.latency) \(.energy // "-") \(.macs) \([.segments[].processor] | join("+")) \($n)"'
}

# What the plan took in its run on the test split: its latency, energy and MACs.
measured() {
    local latency energy macs
    latency=$(sed -n 's/.*on the platform of the plan: .*latency \([^ ]*\) s.*/\1/p' "$final/times.txt")
    energy=$(sed -n 's/.*on the platform of the plan: .* energy \([^ ]*\) J.*/\1/p' "$final/times.txt")
    macs=$(eenn-report --format=json "$final/test.mpz" | jq '.networks[0].macs')
    echo "${latency:--} ${energy:--} $macs"
}

# ---- on the validation split ----

taken() {
    if [ "$FINETUNE" = 0 ]; then
        echo 'There was no fine-tuning: the backbone is that of the base.'
    elif [ ! -s "$OUT/exits" ]; then
        echo 'No exit pays on this platform within the limits: the plan is the base.'
    elif [ "$TAKE" = tuned ]; then
        echo "Backbone and exits were fine-tuned together; epochs: $FINETUNE.  Thresholds were searched again."
    elif [[ $(stream-dump -r --first "$OUT/tuned.mpz") == *'"status":"failed"'* ]]; then
        stream-dump -r --first "$OUT/tuned.mpz" |
            jq -r '"Fine-tuning failed, and the plan is that of before it: \(.reason)."'
    else
        echo "Fine-tuning did not pay: before it the plan was better by what it was searched for."
    fi
}

# picked CONDITION: the plans that were found and meet it.
picked() {
    stream-dump -r "$OUT/plans.mpz" | jq -rs "to_entries[] | select(.value | $1) | .key" |
        while read -r n; do stream-pick --index="$n" "$OUT/plans.mpz"; done
}

# ---- on the test split ----

# Lines NAME LATENCY ENERGY MACS, in the order of the runs.
costs() {
    local name latency energy macs
    for name in $RUNS; do
        if [ "$name" = static ]; then
            read -r latency energy macs _ < <(figures "$OUT/static-plans.mpz" base)
            [ -z "${COSTS-}" ] || latency=- energy=-
        else
            read -r latency energy macs _ < <(figures "$OUT/plans.mpz" base)
        fi
        echo "$name $latency $energy $macs"
    done
    echo "plan $(measured)"
}

# The table of differences under the names that the runs have here, and what they take.
tests() {
    local name traces=()
    for name in $RUNS; do
        traces+=("$final/$name-test.mpz")
    done
    cat "${traces[@]}" "$final/test.mpz" | eenn-report --view=differences --wide --no-legend - |
        awk -v costs="$(costs)" '
            function milli(x) {return x == "-" ? x : sprintf("%.4g", 1000 * x)}
            function row(name, accuracy, difference, latency, energy, cost) {
                printf("%-11s%19s%25s%9s%9s%9s\n", name, accuracy, difference, latency, energy, cost)}
            NR == 1 {print; next}
            NR == 2 {
                n = split(costs, line, "\n")
                row("network", "acc %", "difference", "ms", "mJ", "cost M")
                next}
            {
                split(line[NR - 2], v, " ")
                difference = $4
                if ($5 ~ /^\(/) {difference = difference " " $5; if ($6 == "to") difference = difference " to " $7}
                row(v[1], $2 " " $3, difference, milli(v[2]), milli(v[3]), sprintf("%.3f", v[4] / 1e6))}'
    echo '  difference: accuracy less that of the base, in points, on the same samples (in
    brackets: 95 % interval)
  ms, mJ: mean latency and energy of a sample on the platform, of networks without
    exits on the processors that are best for them; - is not known
  cost M: mean cost of a sample in millions of MACs'
}

# How right each exit is in each class, of the samples that left there.
classes() {
    local exit
    eenn-report --view=classes --no-legend "$final/test.mpz"
    for exit in $(eenn-report --view=exits --format=tsv "$final/test.mpz" |
            awk -F '\t' 'NR == 1 {for (i = 1; i <= NF; i++) at[$i] = i; next}
                $at["left"] > 0 {print $at["exit"]}'); do
        printf '\n'
        eenn-report --view=classes --exit="$exit" --no-legend "$final/test.mpz" | sed '/^$/,$d'
    done
}

report() {
    stream-dump -r "$OUT/platform.mpz" | jq -r '"Platform \(.name), \(.processors | map(.name) | join(", "))"'
    section 'On validation: the base on each processor, divided without exits, and with exits'
    # The base on each processor and divided, and the best plan.
    picked '.role != "plan" or .rank == 0' | eenn-report --view=table -
    echo
    taken
    [ "$TAKE" != tuned ] || eenn-report --view=table --no-legend "$final/plan.mpz"
    section 'The plan'
    eenn-report --view=plan "$final/plan.mpz"
    if stream-dump -r "$final/plan.mpz" | jq -e '.guarantee.confidence' >/dev/null; then
        section 'Its limits on unseen data'
        eenn-report --view=guarantees "$final/plan.mpz"
    fi
    if [ -n "$TEST" ]; then
        section 'On the test split, once'
        tests
        section 'The plan on the test split, really stopping'
        eenn-report "$final/test.mpz"
        section 'Classes on the test split: all samples, then those that left at each exit'
        classes
    fi
    section "Accuracy against ${MINIMISE//_/ } on the split $(stream-dump -r "$OUT/plan.mpz" | jq -r .split): the front of all plans"
    if stream-dump -r "$OUT/plans.mpz" | jq -se 'any(.pareto)' >/dev/null; then
        echo 'Plans without a rank need not keep the limits on accuracy.'
        picked '.pareto' | eenn-report --view=table --no-legend -
    else
        echo 'none: no plan keeps the limits'
    fi
}

# ---- in a sentence ----

sentence() {
    local latency macs base_latency base_macs where said
    if [ ! -s "$OUT/exits" ]; then
        echo 'No exit pays on this platform within the limits: the best plan is the network without exits.'
        return
    fi
    read -r base_latency _ base_macs where _ < <(figures "$OUT/plans.mpz" base)
    if [ -e "$final/times.txt" ] && [ -e "$final/test.mpz" ]; then
        read -r latency _ macs < <(measured)
        said=$(cat "$final/base-test.mpz" "$final/test.mpz" | eenn-report --view=differences --no-legend - |
            awk 'NR == 4 {gsub(/[()]/, ""); d = $4; low = $5; high = $7
                if ($6 != "to") {split($5, v, "-"); low = v[1]; high = v[2]}
                printf("%s %% (%s) on the test split, %s points (%s to %s) from the base", $2, $3, d, low, high)}')
    else
        read -r latency _ macs _ < <(figures "$final/plan.mpz" plan)
        said=$(stream-dump -r "$final/plan.mpz" | jq -r '"\(.accuracy * 1000 | round / 10) % on the split \(.split)"')
    fi
    awk -v l="$latency" -v bl="$base_latency" -v m="$macs" -v bm="$base_macs" -v said="$said" -v where="$where" '
        function change(a, b,   s) {s = (1 - a / b) * 100
            return sprintf("%.1f %% %s", s < 0 ? -s : s, s < 0 ? "more" : "less")}
        BEGIN {printf("The plan has %s.\n" \
            "A sample takes %.4g ms on average, %s than without exits on %s, and\n" \
            "%.3g M MACs, %s.\n", said, 1000 * l, change(l, bl), where (where ~ /[+]/ ? "" : " alone"), m / 1e6, change(m, bm))}'
    # What makes good figures worthless, or a part of the plan.
    local why='does it need more EPOCHS, or another rate (TRAIN_FLAGS)?'
    [ -z "${MODEL-}" ] || why='are samples normalised as those that it was trained on (IMPORT_FLAGS)?'
    stream-dump -r "$OUT/plans.mpz" | jq -rs --arg why "$why" \
        --argjson classes "$(stream-dump --first -r "$DATA" | jq '.classes | length')" '
        map(select(.role == "base"))[0] | select(.accuracy * $classes < 1.5) |
        "The base has \(.accuracy * 1000 | round / 10) % on the split \(.split), hardly more than guessing has:\n\($why)"'
    stream-dump -r "$final/plan.mpz" | jq -r '.segments | length as $n |
        (map(.exit and .threshold == 0) | index(true) // $n) as $i | select($i < $n - 1) |
        "Every sample leaves at \(.[$i].to): what stands behind it never runs."'
    stream-dump -r "$final/plan.mpz" | jq -r '
        if .guarantee.confidence and (.guarantee.certified | not) then
            "Its limits are not certified: see the report for how many samples of the split cal it takes."
        elif .feasible == false then
            "It is not within the limits, which no plan is: see the report; other limits, more epochs or\n" +
            "another platform may help."
        else empty end'
}

"$@"
