/* SPDX-License-Identifier: MIT
 * Plain statistics in double.  A figure that does not exist (the correlation of
 * a constant, the mean of no values) is NAN. */
#ifndef STATS_STATS_H
#define STATS_STATS_H

#include <stddef.h>

double stats_mean(const double *v, size_t n);
double stats_std_all(const double *v, size_t n); /* population, n */
double stats_rmse(const double *a, const double *b, size_t n);

/* Set rank to the ranks of v, from 1; equal values share the mean of theirs. */
void stats_ranks(const double *v, size_t n, double *rank);

/* Returns the value that a standard normal variable stays below with
 * probability p, 0 < p < 1. */
double stats_normal_quantile(double p);

/* Set score to the normal scores of v: the normal quantile of (rank - 1/2) / n.
 * Equal values have equal scores. */
void stats_normal_scores(const double *v, size_t n, double *score);

/* Set *low and *high to the ends of Wilson's score interval, which holds the true
 * share with probability 0.95 when p is the share found in n samples:
 *     (p + z^2/2n +- z sqrt(p (1 - p) / n + z^2/4n^2)) / (1 + z^2/n),
 * z = 1.959964; NAN for no samples or when p or n is NAN. */
void stats_wilson(double p, double n, double *low, double *high);

/* Set *low and *high to the ends of Tango's score interval for the difference of two
 * shares that are found in the same n samples: something is seen in `only_a` of them
 * by the first alone, in `only_b` by the second alone, in the others by both or by
 * neither.  It holds the true difference, first minus second, with probability 0.95:
 * all d with |only_a - only_b - n d| <= z sqrt(n (2 q(d) + d (1 - d))), z = 1.959964,
 * where q(d) is the most likely probability of `only_b` if the difference is d.  NAN
 * for no samples.  (T. Tango, Statistics in Medicine 17, 1998.) */
void stats_paired(double only_a, double only_b, double n, double *low,
                  double *high);

double stats_spearman(const double *a, const double *b, size_t n);

/* Returns Kendall's tau-b, which corrects for ties, in O(n log n). */
double stats_kendall(const double *a, const double *b, size_t n);

#endif
