/* SPDX-License-Identifier: MIT
 * Exact binomial tails and the bounds on a share that follow from them.  Tails
 * are logarithms, so that the order of two of them is known where both are too
 * small for a double.
 *
 * Example (uint64_t wrong, uint64_t samples):
 *     // Is the share of wrong answers 1 % at most, with 95 % confidence?  The
 *     // tail is then at most ln 0.05.
 *     return binomial_log_tail(wrong, samples, 0.01) <= -2.9957 &&
 *            binomial_upper(wrong, samples, 0.95) <= 0.01;
 */
#ifndef STATS_BINOMIAL_H
#define STATS_BINOMIAL_H

#include <stdint.h>

/* Returns ln P(X <= k), where X counts how often something of probability p
 * happens in n trials; 0 <= p <= 1.  -INFINITY where that cannot be: p = 1 and
 * k < n.  The error is about 1e-16 n relative to the probability. */
double binomial_log_tail(uint64_t k, uint64_t n, double p);

/* Returns the upper bound of Clopper and Pearson on the share of something that
 * happened k times in n, k <= n: the largest p of which k or fewer times is no
 * rarer than 1 - confidence.  1 for n = 0.  0 < confidence < 1.  The lower bound is
 * 1 - binomial_upper(n - k, n, confidence). */
double binomial_upper(uint64_t k, uint64_t n, double confidence);

/* Returns about how many samples it takes to know with the confidence that a
 * share is `limit` at most when it shows as `share` in them, rounded up to whole
 * samples; the fewest where share = 0.  0 when no number is enough, since share
 * >= limit, or only one above 1e12. */
uint64_t binomial_samples(double share, double limit, double confidence);

#endif
