/* SPDX-License-Identifier: MIT */
#include "libcommon/search/tradeoff.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "libcommon/base/mem.h"
#include "libcommon/stats/sort.h"

void tradeoff(const double *f, size_t n, size_t m, double *mu)
{
    double *x = xcalloc(n, m * sizeof *x), *d = xcalloc(n, sizeof *d);
    uint32_t *order = xcalloc(n, sizeof *order);

    for (size_t j = 0; j < m; j++) { /* each objective from 0 to 1 */
        double low = INFINITY, high = -INFINITY;

        for (size_t i = 0; i < n; i++) {
            low = fmin(low, f[i * m + j]);
            high = fmax(high, f[i * m + j]);
        }
        for (size_t i = 0; i < n; i++)
            x[i * m + j] = high > low ? (f[i * m + j] - low) / (high - low) : 0;
    }
    for (size_t i = 0; i < n; i++) {
        double best = INFINITY;
        size_t seen = 0;

        for (size_t k = 0; k < n; k++) {
            double sum = 0;

            for (size_t j = 0; j < m; j++) {
                double gap = x[i * m + j] - x[k * m + j];

                sum += gap * gap;
            }
            d[k] = sqrt(sum);
        }
        sort_values(d, n, order);
        for (size_t k = 0; k < n; k++) {
            const double *to = x + order[k] * m;
            double loss = 0, gain = 0; /* of moving there from i */

            if (d[order[k]] == 0)
                continue; /* i itself, or a point equal to it */
            if (seen >= TRADEOFF_NEIGHBOURS && d[order[k]] > TRADEOFF_RADIUS)
                break;
            for (size_t j = 0; j < m; j++) {
                loss += fmax(0, to[j] - x[i * m + j]);
                gain += fmax(0, x[i * m + j] - to[j]);
            }
            best = fmin(best, gain > 0 ? loss / gain : INFINITY);
            seen++;
        }
        mu[i] = isinf(best) ? 1 : best;
    }
    free(x);
    free(d);
    free(order);
}
