/* SPDX-License-Identifier: MIT
 * How good a trade-off each point of a front is (D16). */
#ifndef SEARCH_TRADEOFF_H
#define SEARCH_TRADEOFF_H

#include <stddef.h>

#define TRADEOFF_RADIUS 0.125
#define TRADEOFF_NEIGHBOURS 4

/* Set mu[i] to the least, over the neighbours of point i, of (sum of what gets
 * worse) / (sum of what gets better) when moving from i to the neighbour; a
 * high value means that leaving i costs much for little.  mu[i] is 1 where i
 * has no neighbour.  f: (n, m) row-major, minimised, mutually non-dominated;
 * every objective is scaled to [0, 1] over the set.  The neighbours of i are
 * the points within TRADEOFF_RADIUS and in any case the TRADEOFF_NEIGHBOURS
 * nearest, as far as there are so many; points equal to i do not count. */
void tradeoff(const double *f, size_t n, size_t m, double *mu);

#endif
