/* SPDX-License-Identifier: MIT
 * Minimum of a smooth function within bounds: L-BFGS with projection and
 * backtracking.  The search is deterministic, and its work is bounded. */
#ifndef STATS_MINIMISE_H
#define STATS_MINIMISE_H

#include <stddef.h>

struct minimise {
    size_t n;
    const double *low, *high; /* (n) */
    size_t iterations;        /* at most */
    double tolerance;         /* ends when an iteration gains at most
                                     * this times max(1, |value|) */
    /* Returns the value and sets grad (n); a value that is not finite excludes
     * x. */
    double (*f)(void *ctx, const double *x, double *grad);
    void *ctx;
};

/* Clamp x (n) to the bounds and move it to where f is smaller.  Returns f at
 * the new x, which is not finite only if f at the start is not.  f is called at
 * most 1 + 20 * iterations times. */
double minimise(const struct minimise *m, double *x);

#endif
