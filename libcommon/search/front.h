/* SPDX-License-Identifier: MIT
 * Fronts of points in any number of objectives.  Points are rows of f, (n, m)
 * row-major; every objective is minimised and finite.  Equal points do not
 * dominate each other and share a front. */
#ifndef SEARCH_FRONT_H
#define SEARCH_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns true when a is no worse than b in every objective and better in at
 * least one. */
bool front_dominates(const double *a, const double *b, size_t m);

/* Set rank[i] to the number, from 0, of the front that point i is in.  Returns
 * how many fronts there are.  The time is O(n log n) for m <= 2.  For m = 3
 * each front keeps a staircase, and the time is O(n log^2 n) unless fronts are
 * very large.  For larger m this is the efficient non-dominated sort with
 * binary search over the fronts (Zhang et al. 2015), O(m n^2) at worst. */
size_t front_sort(const double *f, size_t n, size_t m, uint32_t *rank);

/* Do the same under limits (Deb 2000).  The points that keep the limits
 * (violation 0) are sorted into fronts and come before the others.  The others
 * follow by ascending violation (n), whatever their f; those of equal violation
 * share a front. */
size_t front_sort_limited(const double *f, const double *violation, size_t n,
                          size_t m, uint32_t *rank);

/* Set distance[k] to the crowding distance of NSGA-II of the point member[k]
 * among the n points of one front.  It is the mean over the objectives of the
 * gap between the point's two neighbours, in units of the front's range, and
 * INFINITY at both ends of an objective.  Among equal values the order of
 * member decides, as in DEAP. */
void front_crowding(const double *f, size_t m, const uint32_t *member, size_t n,
                    double *distance);

/* Do the same for every front of a ranking.  distance: (n). */
void front_crowding_all(const double *f, size_t n, size_t m,
                        const uint32_t *rank, double *distance);

#endif
