#!/bin/sh
# SPDX-License-Identifier: MIT
# Lengths of functions and files, against what the house aims at (functions:
# median 15, 95 % within 60, none over 100; main 60; files 500), and the share
# of static functions that their file names only once beside the definition
# (at most half).
set -eu
export LC_ALL=C
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

# How often a file's code names each of its static functions beside the
# definition: COUNT NAME FILE.
static_uses() {     # static_uses FOLDER...
    find "$@" -name '*.c' -type f | sort >"$work/files"
    ctags -L "$work/files" -f - --languages=C --kinds-C=f --fields=+f |
        awk -F '\t' '$NF == "file:" { print $2, $1 }' >"$work/statics"
    # shellcheck disable=SC2016
    xargs awk '
        FILENAME == ARGV[1] { static[$1, $2] = 1; next }
        FNR == 1 { comment = 0 }
        {
            gsub(/"([^"\\]|\\.)*"/, "")
            if (comment && !sub(/^.*\*\//, "")) next
            comment = 0
            gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, " ")
            sub(/\/\/.*/, "")
            comment = sub(/\/\*.*/, "")
            n = split($0, word, /[^A-Za-z0-9_]+/)
            for (i = 1; i <= n; i++)
                if ((FILENAME, word[i]) in static)
                    uses[FILENAME, word[i]]++
        }
        END {
            for (key in uses) {
                split(key, part, SUBSEP)
                print uses[key] - 1, part[2], part[1]
            }
        }' "$work/statics" <"$work/files"
}

share() {   # share NAME <static_uses: those used once, of all, per cent
    awk -v name="$1" '{ once += $1 == 1 }
        END { if (NR) printf "%-22s %6d %7d %5.0f\n", name, NR, once,
                             100 * once / NR }'
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
printf '%-22s %6s %7s %5s\n' 'static functions' n 'one use' '%'
static_uses libcommon formats tools | sort -k3 >"$work/uses"
sed -E 's,[^ ]*$,& &,; s,[^/ ]*$,,' "$work/uses" | cut -d ' ' -f 4 | sort -u |
while read -r d; do
    grep -E " ${d}[^/]*\$" "$work/uses" | share "${d%/}"
done
share all <"$work/uses"

echo
echo 'longest functions:'
sort -rn "$work/all" | head -n 8 | while read -r n name file; do
    printf '  %4d  %s  %s\n' "$n" "$name" "$file"
done
awk '$1 > 100 { print "over 100 lines: " $2 " in " $3 }
     $2 == "main" && $1 > 60 { print "main over 60 lines: " $3 }' "$work/all"
