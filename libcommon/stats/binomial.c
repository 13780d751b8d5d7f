/* SPDX-License-Identifier: MIT */
#include "libcommon/stats/binomial.h"

#include <math.h>
#include <stdbool.h>

/* Returns the sum of the terms of the binomial distribution from k downwards
 * or, with up, upwards, as a multiple of the term at k.  Each term follows from
 * the one before; they shrink, since k is on that side of the mean. */
static double terms_from(double k, double n, double p, bool up)
{
    double term = 1, sum = 1, odds = p / (1 - p);

    while (term > 1e-17 * sum && (up ? k < n : k > 0)) {
        term *= up ? (n - k) / (k + 1) * odds : k / (n - k + 1) / odds;
        sum += term;
        k += up ? 1 : -1;
    }
    return sum;
}

double binomial_log_tail(uint64_t k, uint64_t n, double p)
{
    double all = (double)n;
    bool upper = (double)k >= all * p; /* 1 - the other tail is exact then */
    double from = (double)k + upper, at;

    if (k >= n || p <= 0)
        return 0;
    if (p >= 1)
        return -INFINITY;
    at = lgamma(all + 1) - lgamma(from + 1) - lgamma(all - from + 1) +
         from * log(p) + (all - from) * log1p(-p) +
         log(terms_from(from, all, p, upper));
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

double binomial_lower(uint64_t k, uint64_t n, double confidence)
{
    return 1 - binomial_upper(n - k, n, confidence);
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
