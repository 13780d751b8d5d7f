/* SPDX-License-Identifier: MIT */
#include "libcommon/stats/binomial.h"

#include <math.h>
#include <stdbool.h>

double binomial_log_tail(uint64_t k, uint64_t n, double p)
{
    double all = (double)n;
    bool upper = (double)k >= all * p; /* 1 - the other tail is exact then */
    double from = (double)k + upper, term = 1, sum = 1, odds, at;

    if (k >= n || p <= 0)
        return 0;
    if (p >= 1)
        return -INFINITY;
    odds = p / (1 - p);
    /* The terms of the tail as multiples of its first one: each follows from the
     * one before, and they shrink, since the tail leads away from the mean. */
    for (double i = from; term > 1e-17 * sum && (upper ? i < all : i > 0);
         i += upper ? 1 : -1) {
        term *= upper ? (all - i) / (i + 1) * odds : i / (all - i + 1) / odds;
        sum += term;
    }
    at = lgamma(all + 1) - lgamma(from + 1) - lgamma(all - from + 1) +
         from * log(p) + (all - from) * log1p(-p) + log(sum);
    return upper ? log1p(-fmin(exp(at), 1)) : fmin(at, 0);
}

double binomial_upper(uint64_t k, uint64_t n, double confidence)
{
    double low = 0, high = 1, rare = log1p(-confidence);

    if (k >= n)
        return 1;
    for (int i = 0; i < 200; i++) {
        double mid = low + (high - low) / 2;

        if (mid <= low || mid >= high)
            break;
        *(binomial_log_tail(k, n, mid) >= rare ? &low : &high) = mid;
    }
    return low;
}

/* Returns whether n samples are enough. */
static bool enough(double n, double share, double limit, double confidence)
{
    double k = ceil(share * n - 1e-6); /* share may be a rounded k / n */

    return binomial_log_tail((uint64_t)fmax(k, 0), (uint64_t)n, limit) <=
           log1p(-confidence);
}

/* More samples are not always better, since whole ones are counted; but twice as
 * many are, so the search doubles, then bisects. */
uint64_t binomial_samples(double share, double limit, double confidence)
{
    double low = 0, high = 1;

    if (!(share < limit))
        return 0;
    for (; high <= 1e12 && !enough(high, share, limit, confidence); high *= 2)
        low = high;
    if (high > 1e12)
        return 0;
    while (high - low > 1) {
        double mid = floor((low + high) / 2);

        *(enough(mid, share, limit, confidence) ? &high : &low) = mid;
    }
    return (uint64_t)high;
}
