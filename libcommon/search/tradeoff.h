/* SPDX-License-Identifier: MIT
 * Which point of a front gives most for what it costs (D16). */
#ifndef SEARCH_TRADEOFF_H
#define SEARCH_TRADEOFF_H

#include <stddef.h>

#define TRADEOFF_RADIUS 0.125
#define TRADEOFF_NEIGHBOURS 4

/* f: (n, m) row-major, minimised, mutually non-dominated.  Every objective is
 * scaled to [0, 1] over the set.  mu[i] is the least, over the neighbours of
 * point i, of (sum of what gets worse) / (sum of what gets better) when moving
 * there: high = leaving i costs much for little.  Neighbours are the points
 * within TRADEOFF_RADIUS and in any case the min(4, n - 1) nearest; points
 * equal to i are none.  1 where there is no neighbour. */
void tradeoff(const double *f, size_t n, size_t m, double *mu);

#endif
