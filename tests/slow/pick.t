#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317
# Searches of tables whose fronts are known (tests/bench/bench_pick.c): the
# default choice of the next designs finds 0.999 of the hypervolume in the mean
# and 0.998 at least, with and without the smallest and the largest design among
# the first; it is no worse than the rule of old on any table, and random designs
# stay far behind.  SEEDS=2 is for a quick look.
# shellcheck source=tests/lib.sh
. "${TOP:?}/tests/lib.sh"

for table in separable interacting cliff trained; do
    for rule in random spread mixed+ranks; do
        expect 0 "searches of table $table, rule $rule" \
            "${BENCH_BIN:?}/bench_pick" "${SEEDS:-10}" $table $rule
        cat "$OUT" >>shares
    done
done
sed 's/^/# /' shares

short() { # short RULE TABLE: where RULE misses the wanted shares
    awk -v rule="$1" -v table="$2" '$1 == table && $3 == rule {
        n++
        if ($4 < 0.999 || $5 < 0.998)
            print
    } END { if (n != 2) print "ran " n " times" }' shares
}
worse() { # worse TABLE: where the default is worse than the rule of old
    awk -v table="$1" '$1 == table { mean[$2, $3] = $4; start[$2] }
        END { for (s in start)
            if (!(mean[s, "mixed+ranks"] >= mean[s, "spread"] - 0.001))
                print s }' shares
}
for table in separable interacting cliff; do
    holds "0.999 (0.998) on table $table" \
        test -z "$(short mixed+ranks $table)"
    holds "random designs do not find as much on table $table" \
        test "$(short random $table | wc -l)" -eq 2
done
for table in separable interacting cliff trained; do
    holds "no worse than the spread rule on table $table" \
        test -z "$(worse $table)"
done
finish
