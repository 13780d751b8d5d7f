/* SPDX-License-Identifier: MIT */
#include "libcommon/stats/stats.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/stats/sort.h"

double stats_mean(const double *v, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += v[i];
    return n ? sum / (double)n : NAN;
}

static double squares(const double *v, size_t n)
{
    double mean = stats_mean(v, n), sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (v[i] - mean) * (v[i] - mean);
    return sum;
}

double stats_std_all(const double *v, size_t n)
{
    return n ? sqrt(squares(v, n) / (double)n) : NAN;
}

double stats_rmse(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return n ? sqrt(sum / (double)n) : NAN;
}

void stats_ranks(const double *v, size_t n, double *rank)
{
    uint32_t *order = xcalloc(n, sizeof *order);

    sort_values(v, n, order);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i; j < n && v[order[j]] == v[order[i]]; j++)
            ;
        for (size_t k = i; k < j; k++)
            rank[order[k]] = (double)(i + j + 1) / 2;
    }
    free(order);
}

/* The distribution function is convex below 0, so Newton's steps from 0 down come
 * nearer to the quantile and never pass it, but for rounding, which ends
 * them. */
double stats_normal_quantile(double p)
{
    static const double root_half = 0.70710678118654752440;
    static const double root_two_pi = 2.50662827463100050242;
    double tail = p < 0.5 ? p : 1 - p, z = 0;

    for (;;) {
        double excess = erfc(-z * root_half) / 2 - tail;
        double next = z - excess * root_two_pi * exp(z * z / 2);

        if (!(next < z))
            return p < 0.5 ? z : -z;
        z = next;
    }
}

void stats_normal_scores(const double *v, size_t n, double *score)
{
    stats_ranks(v, n, score);
    for (size_t i = 0; i < n; i++)
        score[i] = stats_normal_quantile((score[i] - 0.5) / (double)n);
}

/* Rounding may carry a perfect correlation a last digit beyond 1. */
static double clip(double r)
{
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

void stats_wilson(double p, double n, double *low, double *high)
{
    const double z = 1.959963984540054; /* the normal quantile of 0.975 */
    double share = z * z / n, middle = (p + share / 2) / (1 + share);
    double reach = z * sqrt(p * (1 - p) / n + share / n / 4) / (1 + share);

    *low = !(n > 0) ? NAN : p > 0 ? middle - reach : p; /* 0 and 1 exactly */
    *high = !(n > 0) ? NAN : p < 1 ? middle + reach : p;
}

/* Returns by how much the statistic of Tango's test of the difference d exceeds
 * zero: it falls as d grows. */
static double paired_score(double only_a, double only_b, double n, double d)
{
    double a = 2 * n, b = -only_a - only_b + (2 * n - only_a + only_b) * d,
           c = -only_b * d * (1 - d);
    double q = (sqrt(fmax(b * b - 4 * a * c, 0)) - b) / (2 * a);
    double variance = n * (2 * q + d * (1 - d));
    double off = only_a - only_b - n * d;

    if (variance <= 0)
        return off > 0 ? INFINITY : off < 0 ? -INFINITY : 0;
    return off / sqrt(variance);
}

void stats_paired(double only_a, double only_b, double n, double *low,
                  double *high)
{
    const double z = 1.959963984540054; /* the normal quantile of 0.975 */
    double *const ends[2] = {low, high};

    *low = *high = NAN;
    if (!(n > 0))
        return;
    for (int k = 0; k < 2; k++) {
        double wanted = k ? -z : z, from = -1, to = 1;

        for (int i = 0; i < 60; i++) {
            double d = (from + to) / 2;

            if (paired_score(only_a, only_b, n, d) > wanted)
                from = d;
            else
                to = d;
        }
        *ends[k] = (from + to) / 2;
    }
}

double stats_spearman(const double *a, const double *b, size_t n)
{
    double *x = xcalloc(n, 2 * sizeof *x), *y = x + n;
    double mx, my, xx, yy, xy = 0;

    stats_ranks(a, n, x);
    stats_ranks(b, n, y);
    mx = stats_mean(x, n);
    my = stats_mean(y, n);
    xx = squares(x, n);
    yy = squares(y, n);
    for (size_t i = 0; i < n; i++)
        xy += (x[i] - mx) * (y[i] - my);
    free(x);
    return xx > 0 && yy > 0 ? clip(xy / sqrt(xx) / sqrt(yy)) : NAN;
}

/* Returns how many pairs share a value, in a v whose equal values are
 * adjacent. */
static double tied_pairs(const double *v, size_t n)
{
    double pairs = 0;

    for (size_t i = 0, j; i < n; i = j) {
        for (j = i; j < n && v[j] == v[i]; j++)
            ;
        pairs += (double)(j - i) * (double)(j - i - 1) / 2;
    }
    return pairs;
}

/* Returns the number of pairs out of order; merge sort counts them, so v is
 * sorted. */
static double inversions(double *v, double *spare, size_t n)
{
    size_t half = n / 2, i = 0, j = half, k = 0;
    double count;

    if (n < 2)
        return 0;
    count = inversions(v, spare, half) + inversions(v + half, spare, n - half);
    while (i < half && j < n)
        if (v[j] < v[i]) {
            count += (double)(half - i);
            spare[k++] = v[j++];
        } else
            spare[k++] = v[i++];
    memcpy(spare + k, v + i, (half - i) * sizeof *v);
    memcpy(v, spare, (k + half - i) * sizeof *v);
    return count;
}

/* Knight's method sorts the pairs by (a, b); the pairs that are then out of
 * order in b are the discordant ones. */
double stats_kendall(const double *a, const double *b, size_t n)
{
    double *pairs = xcalloc(n, 5 * sizeof *pairs);
    double *x = pairs + 2 * n, *y = x + n, *spare = y + n;
    uint32_t *order = xcalloc(n, sizeof *order);
    double all = (double)n * ((double)n - 1) / 2, both = 0, xt, yt, swaps;

    for (size_t i = 0; i < n; i++) {
        pairs[2 * i] = a[i];
        pairs[2 * i + 1] = b[i];
    }
    sort_identity(order, n);
    sort_rows(pairs, 2, 2, order, n);
    for (size_t i = 0; i < n; i++) {
        x[i] = a[order[i]];
        y[i] = b[order[i]];
    }
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i; j < n && x[j] == x[i] && y[j] == y[i]; j++)
            ;
        both += (double)(j - i) * (double)(j - i - 1) / 2;
    }
    xt = tied_pairs(x, n);
    swaps = inversions(y, spare, n);
    yt = tied_pairs(y, n);
    free(pairs);
    free(order);
    if (n < 2 || all <= xt || all <= yt)
        return NAN;
    return clip((all - xt - yt + both - 2 * swaps) / sqrt(all - xt) /
                sqrt(all - yt));
}
