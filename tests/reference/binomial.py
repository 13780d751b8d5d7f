#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Frozen values for test_binomial.c: binomial tails by scipy.stats.binom, and
# the one-sided bounds of Clopper and Pearson as quantiles of the beta
# distribution, by scipy.stats.beta.  Tails too small for a double are sums of
# whole numbers.
#   tests/reference/binomial.py >tests/unit/binomial_ref.h
import math
from fractions import Fraction

from scipy import stats

TAILS = [(0, 1, 0.5), (0, 299, 0.01), (0, 298, 0.01), (3, 10, 0.3),
         (9, 10, 0.3), (7, 10, 0.3), (5, 1000, 0.01), (10, 1000, 0.01),
         (25, 1000, 0.01), (1500, 5000, 0.35), (1700, 5000, 0.35),
         (1750, 5000, 0.35), (1900, 5000, 0.35), (100, 5000, 0.35),
         (0, 5000, 0.9), (4999, 5000, 0.9), (12, 100000, 1e-4),
         (2, 100000, 1e-4), (49000, 100000, 0.5), (1, 2, 1e-12),
         (60, 100, 1 - 1e-9)]
BOUNDS = [(0, 1, 0.95), (0, 299, 0.95), (0, 5000, 0.95), (1, 5000, 0.95),
          (3, 10, 0.9), (9, 10, 0.95), (10, 10, 0.95), (50, 5000, 0.99),
          (1500, 5000, 0.95), (1500, 5000, 0.5), (4999, 5000, 0.95),
          (123, 100000, 0.999), (2, 4, 1e-6), (2, 4, 1 - 1e-9)]



def log_tail(k, n, p):
    value = float(stats.binom.logcdf(k, n, p))
    if math.isfinite(value):
        return value
    a, d = Fraction(p).numerator, Fraction(p).denominator
    total = sum(math.comb(n, j) * a ** j * (d - a) ** (n - j)
                for j in range(k + 1))
    return math.log(total) - n * math.log(d)


print("""/* SPDX-License-Identifier: MIT
 * Made by tests/reference/binomial.py. */
#include <stdint.h>

/* ln P(X <= k) */
static const struct {
    uint64_t k, n;
    double p, log_tail;
} ref_tails[] = {""")
for k, n, p in TAILS:
    print(f"    {{ {k}, {n}, {p!r}, {log_tail(k, n, p)!r} }},")
print("""};

/* Clopper and Pearson, each bound with the whole confidence */
static const struct {
    uint64_t k, n;
    double confidence, lower, upper;
} ref_bounds[] = {""")
for k, n, c in BOUNDS:
    low = float(stats.beta.ppf(1 - c, k, n - k + 1)) if k else 0.0
    up = float(stats.beta.ppf(c, k + 1, n - k)) if k < n else 1.0
    print(f"    {{ {k}, {n}, {c!r}, {low!r}, {up!r} }},")
print("};")
