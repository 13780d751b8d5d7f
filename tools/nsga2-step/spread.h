/* SPDX-License-Identifier: MIT
 * The choice of candidates to measure: those that best fill the gaps along a
 * line, found by exact optimisation instead of the genetic algorithm that
 * MSuNAS runs. */
#ifndef NSGA2_STEP_SPREAD_H
#define NSGA2_STEP_SPREAD_H

#include <stddef.h>
#include <stdint.h>

/* Of more candidates than this, or than k if that is more, only the first ones
 * are looked at. */
#define SPREAD_MAX 256

/* Choose exactly k of the n values so that the standard deviation of the gaps
 * between neighbours in the sorted union of fixed (n_fixed) and chosen values
 * is least; 1 <= k <= n.  chosen (k) receives their indices, by ascending
 * value.  Equal arguments give equal choices.
 *
 * The gaps add up to the range, and there are n_fixed + k - 1 of them.  Once
 * the first and the last point are settled, the least deviation is therefore
 * the least sum of squares.  That is a shortest path over the sorted points
 * that passes every fixed one and k others. */
void spread_choose(const double *fixed, size_t n_fixed, const double *value,
                   size_t n, size_t k, uint32_t *chosen);

#endif
