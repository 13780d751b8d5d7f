/* SPDX-License-Identifier: MIT
 * The volume that a set of points dominates, up to a reference point: exact,
 * for any number of objectives. */
#ifndef SEARCH_HYPERVOLUME_H
#define SEARCH_HYPERVOLUME_H

#include <stddef.h>

/* f: (n, m) row-major, minimised; ref: (m).  Points that are not better than
 * the reference in every objective dominate nothing; dominated and repeated
 * points do no harm.  m = 2 is a sweep, m = 3 one that carries the staircase of
 * the first two objectives along, O(n log n) but for moving its steps; beyond,
 * each point's own share is cut out of the next lower dimension (While,
 * Bradstreet, Barone 2012). */
double hypervolume(const double *f, size_t n, size_t m, const double *ref);

#endif
