#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Frozen values for test_stats.c: the score interval of a paired difference, without
# its closed form.  The most likely probabilities under a difference are found
# numerically, by scipy.optimize.minimize_scalar of the likelihood, and the ends of the
# interval by scipy.optimize.brentq of the score statistic.
#   tests/reference/paired.py >tests/unit/paired_ref.h
import math

from scipy import optimize, stats

CASES = [(12, 2, 50), (0, 0, 20), (3, 0, 40), (0, 7, 1000), (25, 25, 2000),
         (140, 95, 10000), (1, 0, 1), (5, 9, 14), (30, 12, 4890)]
Z = float(stats.norm.ppf(0.975))


def likely(b, c, n, d):
    """The most likely probability of c under p(b) - p(c) = d."""
    low, high = max(0.0, -d), (1 - d) / 2

    def loss(q):
        parts = [(b, q + d), (c, q), (n - b - c, 1 - 2 * q - d)]
        return -sum(k * math.log(max(p, 1e-300)) for k, p in parts if k)

    if high <= low:
        return low
    # The minimum of a convex function, by its derivative where that changes sign.
    def slope(q):
        return -(b / max(q + d, 1e-300) + c / max(q, 1e-300)
                 - 2 * (n - b - c) / max(1 - 2 * q - d, 1e-300))
    found = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded",
                                     options={"xatol": 1e-13})
    q = found.x
    width = (high - low) * 1e-3
    lo, hi = max(low, q - width), min(high, q + width)
    if lo < hi and slope(lo) < 0 < slope(hi):
        q = optimize.brentq(slope, lo, hi, xtol=1e-16)
    return min((low, q, high), key=loss)


def score(b, c, n, d):
    q = likely(b, c, n, d)
    return (b - c - n * d) / math.sqrt(n * (2 * q + d * (1 - d)))


def interval(b, c, n):
    at = (b - c) / n
    eps = 1e-12
    low = -1.0 if at <= -1 else optimize.brentq(
        lambda d: score(b, c, n, d) - Z, -1 + eps, at - eps, xtol=1e-15)
    high = 1.0 if at >= 1 else optimize.brentq(
        lambda d: score(b, c, n, d) + Z, at + eps, 1 - eps, xtol=1e-15)
    return low, high


print("""/* SPDX-License-Identifier: MIT
 * Made by tests/reference/paired.py. */

static const struct {
    double only_a, only_b, n, low, high;
} ref_paired[] = {""")
for b, c, n in CASES:
    low, high = interval(b, c, n)
    print(f"    {{ {b}, {c}, {n}, {low!r}, {high!r} }},")
print("};")
