#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Frozen values for test_base.c: the beta distribution by scipy.stats.beta.
#   tests/reference/beta.py >tests/unit/beta_ref.h
from scipy import stats

SHAPES = [(0.001, 0.001), (0.2, 0.2), (0.4, 2.5), (1, 1), (1, 3), (2.5, 0.4),
          (8, 8), (100, 0.5)]
SHARES = [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98]

print("""/* SPDX-License-Identifier: MIT
 * Made by tests/reference/beta.py. */

/* Shapes, the first moments (excess: kurtosis less 3), and P(X <= x) at some x. */
static const struct {
    double a, b, mean, var, excess;
    struct {
        double x, p;
    } cdf[%d];
} ref_beta[] = {""" % len(SHARES))
for a, b in SHAPES:
    mean, var, excess = (float(v) for v in stats.beta.stats(a, b, moments='mvk'))
    points = []
    for share in SHARES:    # where a share lies below, or, at an end, near it
        x = min(max(float(stats.beta.ppf(share, a, b)), 1e-6), 1 - 1e-6)
        points.append('{%.17g, %.17g}' % (x, float(stats.beta.cdf(x, a, b))))
    print('    {%g, %g, %.17g, %.17g, %.17g,\n     {%s}},'
          % (a, b, mean, var, excess, ',\n      '.join(points)))
print('};')
