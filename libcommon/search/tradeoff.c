/* SPDX-License-Identifier: MIT */
#include "libcommon/search/tradeoff.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "libcommon/base/mem.h"
#include "libcommon/stats/sort.h"

static void scale(const double *f, size_t n, size_t m, double *out)
{
    for (size_t j = 0; j < m; j++) {
        double low = INFINITY, high = -INFINITY;

        for (size_t i = 0; i < n; i++) {
            low = fmin(low, f[i * m + j]);
            high = fmax(high, f[i * m + j]);
        }
        for (size_t i = 0; i < n; i++)
            out[i * m + j] = high > low ? (f[i * m + j] - low) / (high - low)
                                        : 0;
    }
}

static double distance(const double *a, const double *b, size_t m)
{
    double d = 0;

    for (size_t j = 0; j < m; j++)
        d += (a[j] - b[j]) * (a[j] - b[j]);
    return sqrt(d);
}

/* Loss over gain of moving from a to b. */
static double ratio(const double *a, const double *b, size_t m)
{
    double loss = 0, gain = 0;

    for (size_t j = 0; j < m; j++) {
        loss += fmax(0, b[j] - a[j]);
        gain += fmax(0, a[j] - b[j]);
    }
    return gain > 0 ? loss / gain : INFINITY;
}

void tradeoff(const double *f, size_t n, size_t m, double *mu)
{
    double *x = xcalloc(n, m * sizeof *x), *d = xcalloc(n, sizeof *d);
    uint32_t *order = xcalloc(n, sizeof *order);

    scale(f, n, m, x);
    for (size_t i = 0; i < n; i++) {
        double best = INFINITY;
        size_t seen = 0;

        for (size_t k = 0; k < n; k++)
            d[k] = distance(x + i * m, x + k * m, m);
        sort_values(d, n, order);
        for (size_t k = 0; k < n; k++) {
            if (d[order[k]] == 0)
                continue;   /* itself, or its equal */
            if (seen >= TRADEOFF_NEIGHBOURS && d[order[k]] > TRADEOFF_RADIUS)
                break;
            best = fmin(best, ratio(x + i * m, x + order[k] * m, m));
            seen++;
        }
        mu[i] = isinf(best) ? 1 : best;
    }
    free(x);
    free(d);
    free(order);
}
