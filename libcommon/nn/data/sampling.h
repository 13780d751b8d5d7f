/* SPDX-License-Identifier: MIT
 * A stratified choice takes a part of a labelled set that keeps the classes'
 * shares; a balanced one takes equally many samples of each class.  Both are
 * deterministic: (seed, purpose, draw) and the samples of a class decide the
 * order in which these are taken. */
#ifndef NN_DATA_SAMPLING_H
#define NN_DATA_SAMPLING_H

#include <stddef.h>
#include <stdint.h>

/* Choose `want` of the n samples (n < 2^32, want <= n), whose labels are within
 * 0..classes-1.  Each class gives its share, rounded by the largest-remainder
 * method (ties to the lower class).  Set chosen[0..want) to the indices,
 * ascending. */
void stratified_pick(const int32_t *labels, size_t n, size_t classes,
                     size_t want, uint64_t seed, const char *purpose,
                     uint64_t draw, uint32_t *chosen);

/* Choose a part to be cut off from the n samples.  Each class gives its share of
 * `want`, as for stratified_pick, but every class of more than `keep` samples
 * gives one at least, and none gives so many that fewer than `keep` are left;
 * classes of up to `keep` give nothing.  `chosen` has room for n.  Returns how
 * many were chosen. */
size_t stratified_cut(const int32_t *labels, size_t n, size_t classes,
                      size_t want, size_t keep, uint64_t seed,
                      const char *purpose, uint64_t draw, uint32_t *chosen);

/* Choose `each` samples of every class, or all of a class that has fewer, and
 * set `chosen`, which has room for classes * each, to their indices, ascending.
 * Returns how many were chosen. */
size_t balanced_pick(const int32_t *labels, size_t n, size_t classes,
                     size_t each, uint64_t seed, const char *purpose,
                     uint64_t draw, uint32_t *chosen);

#endif
