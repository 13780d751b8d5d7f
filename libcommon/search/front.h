/* SPDX-License-Identifier: MIT
 * Fronts of points in any number of objectives.  Points are rows of f, (n, m)
 * row-major; every objective is minimised and finite.  Equal points do not
 * dominate each other and share a front. */
#ifndef SEARCH_FRONT_H
#define SEARCH_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No worse anywhere, better somewhere. */
bool front_dominates(const double *a, const double *b, size_t m);

/* rank[i] = number of the front that point i is in, from 0.  Returns how many
 * fronts there are.  O(n log n) for m <= 2; for m = 3 a staircase per front,
 * O(n log^2 n) unless fronts are very large; beyond, efficient sort by binary
 * search over the fronts (Zhang et al. 2015), O(m n^2) at worst. */
size_t front_sort(const double *f, size_t n, size_t m, uint32_t *rank);

/* The same under limits (Deb 2000): a point that keeps them (violation 0) comes
 * before those that do not, and these one after the other by their violation
 * (n), equal ones together, whatever their f. */
size_t front_sort_limited(const double *f, const double *violation, size_t n,
                          size_t m, uint32_t *rank);

/* Crowding distance of NSGA-II of each member of one front, distance[k] for
 * the point member[k]: the mean over objectives of the gap between its two
 * neighbours in units of the front's range; INFINITY at both ends.  Among
 * equal values the order of member decides, as in DEAP. */
void front_crowding(const double *f, size_t m, const uint32_t *member,
                    size_t n, double *distance);

/* The same for every front of a ranking: distance (n). */
void front_crowding_all(const double *f, size_t n, size_t m,
                        const uint32_t *rank, double *distance);

#endif
