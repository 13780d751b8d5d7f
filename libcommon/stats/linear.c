/* SPDX-License-Identifier: MIT */
#include "libcommon/stats/linear.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

bool linear_solve(double *restrict a, size_t n, double *b)
{
    double largest = 0, tiny;

    for (size_t i = 0; i < n * n; i++)
        largest = fmax(largest, fabs(a[i]));
    tiny = largest * (double)n * DBL_EPSILON;
    for (size_t k = 0; k < n; k++) {
        const double *restrict pivot = a + k * n;
        size_t best = k;

        for (size_t i = k + 1; i < n; i++)
            if (fabs(a[i * n + k]) > fabs(a[best * n + k]))
                best = i;
        if (!(fabs(a[best * n + k]) > tiny))
            return false;
        if (best != k) {
            double t = b[k];

            b[k] = b[best];
            b[best] = t;
            for (size_t j = 0; j < n; j++) {
                t = a[k * n + j];
                a[k * n + j] = a[best * n + j];
                a[best * n + j] = t;
            }
        }
        for (size_t i = k + 1; i < n; i++) {
            double *restrict row = a + i * n, factor = row[k] / pivot[k];

            if (factor == 0)
                continue;
            for (size_t j = k + 1; j < n; j++)
                row[j] -= factor * pivot[j];
            b[i] -= factor * b[k];
        }
    }

    for (size_t i = n; i-- > 0;) { /* the rows are a triangle now */
        for (size_t j = i + 1; j < n; j++)
            b[i] -= a[i * n + j] * b[j];
        b[i] /= a[i * n + i];
    }
    return true;
}

static double norm(const double *v, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += v[i] * v[i];
    return sqrt(sum);
}

bool linear_dependent(const double *a, size_t rows, size_t columns)
{
    double *q; /* (columns, rows): orthonormal so far */
    bool dependent = columns > rows;

    q = dependent ? NULL : xcalloc(columns, rows * sizeof *q);
    for (size_t j = 0; j < columns && !dependent; j++) {
        double *v = q + j * rows, before, after;

        for (size_t i = 0; i < rows; i++)
            v[i] = a[i * columns + j];
        before = norm(v, rows);
        /* Take off what lies along the earlier ones, each twice, because one
         * Gram-Schmidt step is not enough in floating point. */
        for (size_t k = 0; k < 2 * j; k++) {
            const double *unit = q + k / 2 * rows;
            double dot = 0;

            for (size_t i = 0; i < rows; i++)
                dot += v[i] * unit[i];
            for (size_t i = 0; i < rows; i++)
                v[i] -= dot * unit[i];
        }
        after = norm(v, rows);
        dependent = !(after > 1e-9 * before);
        for (size_t i = 0; i < rows && !dependent; i++)
            v[i] /= after;
    }
    free(q);
    return dependent;
}
