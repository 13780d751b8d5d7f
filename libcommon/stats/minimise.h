/* SPDX-License-Identifier: MIT
 * Minimum of a smooth function within bounds: L-BFGS with projection and
 * backtracking.  Deterministic, and its work is bounded. */
#ifndef STATS_MINIMISE_H
#define STATS_MINIMISE_H

#include <stddef.h>

struct minimise {
    size_t n;
    const double *low, *high;       /* (n) */
    size_t iterations;              /* at most */
    double tolerance;               /* ends when an iteration gains less than
                                     * this share of the value */
    /* The value, and its gradient (n) into grad; a value that is not finite
     * says that x is out of the question. */
    double (*f)(void *ctx, const double *x, double *grad);
    void *ctx;
};

/* From x (n), which is clamped to the bounds, to a better one in its place.
 * Returns its value, which is not finite only if that at the start is not.  At
 * most 1 + 20 * iterations calls of f. */
double minimise(const struct minimise *m, double *x);

#endif
