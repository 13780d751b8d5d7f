#!/bin/sh
# SPDX-License-Identifier: MIT
# Lengths of functions and files, against what the house aims at (functions:
# median 15, 95 % within 60, none over 100; main 60; files 500).
set -eu
cd "$(dirname -- "$0")/.."
command -v ctags >/dev/null || { echo 'stat: needs universal-ctags' >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

functions() {   # functions FOLDER...: LENGTH NAME FILE
    find "$@" -name '*.c' -type f 2>/dev/null | sort |
        ctags -L - -f - --languages=C --kinds-C=f --fields=+ne |
        awk -F '\t' '!/^!/ {
            line = end = 0
            for (i = 4; i <= NF; i++) {
                if ($i ~ /^line:/) line = substr($i, 6)
                if ($i ~ /^end:/) end = substr($i, 5)
            }
            if (end) print end - line + 1, $1, $2
        }' | sort -n
}

quantiles() {   # quantiles NAME <sorted numbers in column 1
    awk -v name="$1" '{ v[NR] = $1; s += $1; over60 += $1 > 60
                        over100 += $1 > 100 }
        function q(p,  i) { i = int(p * (NR - 1) + 1.5); return v[i] }
        END { if (NR) printf "%-22s %6d %7d %5d %5d %5d %6d %6d\n", name, NR,
              q(0.5), q(0.9), q(0.95), v[NR], over60, over100 }'
}

printf '%-22s %6s %7s %5s %5s %5s %6s %6s\n' \
    functions n median p90 p95 max '>60' '>100'
for d in libcommon formats tools tests; do
    functions "$d" | quantiles "$d"
done
functions libcommon formats tools >"$work/all"
quantiles 'all but tests' <"$work/all"
grep ' main ' "$work/all" | quantiles 'main' || :

echo
printf '%-22s %6s %7s %5s %5s %5s\n' files n median p90 p95 max
for d in libcommon formats tools tests; do
    find "$d" -name '*.[ch]' -type f -exec grep -c '' {} + 2>/dev/null |
        sed 's/.*://' | sort -n | quantiles "$d" | cut -c -55
done

echo
echo 'longest functions:'
sort -rn "$work/all" | head -n 8 | while read -r n name file; do
    printf '  %4d  %s  %s\n' "$n" "$name" "$file"
done
awk '$1 > 100 { print "over 100 lines: " $2 " in " $3 }
     $2 == "main" && $1 > 60 { print "main over 60 lines: " $3 }' "$work/all"
