#!/bin/bash
# SPDX-License-Identifier: MIT
# What headline.mk has come to, of the files in OUT:
#
#   headline-report.sh report     OUT/headline.txt and OUT/headline.md, all figures
#   headline-report.sh check      status 0 if the winner has what is promised: accuracy
#                                 and mean MACs on the test split, hours of CPU
#
# CURVE, SECOND_SEED, ACCURACY, MACS_AT_MOST and CPU_HOURS are headline.mk's.
set -eu -o pipefail
export LC_ALL=C
: "${OUT:?}" "${CURVE?}" "${SECOND_SEED?}" "${ACCURACY?}" "${MACS_AT_MOST?}" "${CPU_HOURS?}"
here=${0%/*}
# shellcheck source=pipelines/common.sh
. "$here/common.sh"

# ---- figures ----

# accuracy FILE: percent and interval of a result or a run, as `84.10 (83.4-84.8)'; of a
# line that has two the first one is that with early exits.
accuracy() {
    eenn-report --no-legend "$1" 2>/dev/null | grep -oE '[0-9.]+ \([0-9.]+-[0-9.]+\)' |
        awk 'NR == 1' | grep . || echo -
}

# first FILE: of a result or a run, accuracy, macs and final_macs.
first() {
    eenn-report --format=json "$1" 2>/dev/null |
        jq -r '(.networks // .results)[0] | "\(.accuracy // "-") \(.macs // "-") \(.final_macs // "-")"' ||
        echo '- - -'
}

# row NAME FOLDER [from]: a line of the table, with tabs; `from': its candidates have
# their weights from the supernet in OUT, `same': it is the winner of OUT again.
row() {
    local dir=$OUT/$2 val='' test='' macs='' final='' supernet=0 search=0 rest=0 shared=0
    [ ! -e "$dir/final/result.mpz" ] || {
        val=$(accuracy "$dir/final/result.mpz")
        read -r _ macs final <<<"$(first "$dir/final/result.mpz")"
    }
    [ ! -e "$dir/final/test.mpz" ] || {
        test=$(accuracy "$dir/final/test.mpz")
        read -r _ macs _ <<<"$(first "$dir/final/test.mpz")"
    }
    [ "${3-}" = same ] || read -r supernet search rest <<<"$(cpu_spent "$dir")"
    [ "${3-}" != from ] || read -r shared _ <<<"$(cpu_spent "$OUT")"
    # A supernet of one's own counts in place of the shared one.
    awk -v name="$1" -v val="${val:--}" -v test="${test:--}" -v macs="${macs:--}" \
        -v final="${final:--}" -v own="$supernet" -v shared="$shared" -v search="$search" -v rest="$rest" '
        function million(x) {return x == "-" ? x : sprintf("%.3f", x / 1e6)}
        function hours(x) {return x > 0 ? sprintf("%.2f", x / 3600) : "-"}
        BEGIN {
            supernet = own > 0 ? own : search > 0 ? shared : 0
            printf "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", name, val, test, million(macs),
                million(final), hours(supernet), hours(search), hours(rest),
                hours(supernet + search + rest)}' </dev/null
}

rows() {
    local macs in_millions
    printf '%s\n' 'network	val %	test %	cost M	final M	supernet h	search h	training h	sum h'
    row 'the winner' .
    row "seed $SECOND_SEED" "seed-$SECOND_SEED" from
    row 'picked by hand' hand
    row 'random search' random from
    row ResNet-8 resnet8
    row 'like MobileNetV2' mobilenetv2
    for macs in $CURVE; do
        in_millions=$(awk -v m="$macs" 'BEGIN {printf "%g M", m / 1e6}')
        row "searched for $in_millions" "curve-$macs" from
        row "winner, tuned for $in_millions" "retuned-$macs" same
    done
}

legend() {
    cat <<'END'
val %, test %: accuracy with early exits (in brackets: 95 % interval)
cost M: mean cost of a sample in millions of MACs, all heads that ran counted (test split)
final M: cost of the final exit alone
h: hours of CPU, summed from the reports of the tools; a supernet that is shared counts
  in each row; - is not there, has failed, or took nothing of its own
END
}

# Columns as wide as they need be.
as_text() {
    awk -F '\t' '
        {for (i = 1; i <= NF; i++) {cell[NR, i] = $i; if (length($i) > w[i]) w[i] = length($i)}}
        END {
            for (r = 1; r <= NR; r++) {
                line = sprintf("%-*s", w[1], cell[r, 1])
                for (i = 2; i <= NF; i++) line = line sprintf("  %*s", w[i], cell[r, i])
                print line}}'
    legend | sed 's/^/  /'
}

as_markdown() {
    awk -F '\t' '
        {line = "|"; for (i = 1; i <= NF; i++) line = line " " $i " |"; print line}
        NR == 1 {line = "|---|"; for (i = 2; i <= NF; i++) line = line "---:|"; print line}'
    echo
    legend
}

report() {
    local table
    [ -d "$OUT" ] || { echo "headline: there is no folder $OUT" >&2; exit 2; }
    table=$(rows)
    as_text <<<"$table" >"$OUT/.headline.txt.$$"
    as_markdown <<<"$table" >"$OUT/.headline.md.$$"
    mv -T "$OUT/.headline.txt.$$" "$OUT/headline.txt"
    mv -T "$OUT/.headline.md.$$" "$OUT/headline.md"
    cat "$OUT/headline.txt"
}

# ---- what is promised ----

# held NAME FIGURE SIGN BOUND FACTOR UNIT: a line; status 1 if it does not hold.
held() {
    awk -v name="$1" -v is="$2" -v sign="$3" -v bound="$4" -v f="$5" -v unit="$6" 'BEGIN {
        if (bound ~ /%$/) bound /= 100
        suffix = substr(bound, length(bound))
        if (suffix == "k" || suffix == "M") bound *= suffix == "k" ? 1e3 : 1e6
        ok = is != "-" && (sign == ">=" ? is >= bound + 0 : is <= bound + 0)
        printf "%-10s%s, promised %s %s %s: %s\n", name,
            is == "-" ? "-" : sprintf("%.4g %s", is * f, unit), sign, bound * f, unit,
            ok ? "holds" : "FAILS"
        exit !ok}' </dev/null
}

check() {
    local accuracy=- macs=- hours=- supernet search rest status=0
    [ ! -e "$OUT/final/test.mpz" ] || read -r accuracy macs _ <<<"$(first "$OUT/final/test.mpz")"
    read -r supernet search rest <<<"$(cpu_spent "$OUT")"
    hours=$(awk -v a="$supernet" -v b="$search" -v c="$rest" 'BEGIN {
        s = a + b + c
        print (s > 0 ? s / 3600 : "-")}' </dev/null)
    held accuracy "$accuracy" '>=' "$ACCURACY" 100 '% (test split)' || status=1
    held MACs "$macs" '<=' "$MACS_AT_MOST" 1e-6 'M on average (test split)' || status=1
    held CPU "$hours" '<=' "$CPU_HOURS" 1 'h of all tools' || status=1
    exit "$status"
}

case ${1-} in
report | check) "$1" ;;
*) echo 'headline-report.sh: usage: headline-report.sh report|check' >&2; exit 2 ;;
esac
