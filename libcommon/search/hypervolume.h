/* SPDX-License-Identifier: MIT
 * The volume that a set of points dominates, up to a reference point: exact,
 * for any number of objectives. */
#ifndef SEARCH_HYPERVOLUME_H
#define SEARCH_HYPERVOLUME_H

#include <stddef.h>

/* Returns the volume between the points f, (n, m) row-major and minimised, and
 * the reference point ref (m).  A point counts only if it is better than the
 * reference in every objective; dominated and repeated points change nothing.
 * Two objectives take a sweep; three take a sweep that keeps the staircase of
 * the first two, in O(n log n) apart from moving its steps.  For larger m each
 * point's own share comes from a hypervolume in one dimension less (While,
 * Bradstreet, Barone 2012). */
double hypervolume(const double *f, size_t n, size_t m, const double *ref);

#endif
