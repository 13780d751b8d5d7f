/* SPDX-License-Identifier: MIT
 * Which of the candidates to measure: those that fill the gaps along a line
 * (method.md 5.4), by exact optimisation instead of a genetic algorithm. */
#ifndef NSGA2_STEP_SPREAD_H
#define NSGA2_STEP_SPREAD_H

#include <stddef.h>
#include <stdint.h>

/* Above this many candidates the first ones only are looked at. */
#define SPREAD_MAX 256

/* Choose exactly k of the n values so that the standard deviation of the gaps
 * between neighbours in the sorted union of fixed (n_fixed) and chosen values
 * is least; 1 <= k <= n.  chosen (k): indices into value, by ascending value.
 * Deterministic.
 *
 * The gaps add up to the range, and there are n_fixed + k - 1 of them: once
 * the first and the last point are settled, least deviation means least sum
 * of squares, which is a shortest path over the points in order that passes
 * every fixed one and k others. */
void spread_choose(const double *fixed, size_t n_fixed, const double *value,
                   size_t n, size_t k, uint32_t *chosen);

#endif
