/* SPDX-License-Identifier: MIT
 * A stratified choice takes a part of a labelled set that keeps the classes'
 * shares.  It is deterministic: which samples of a class are taken depends on
 * (seed, purpose, draw) and on that class's samples alone. */
#ifndef NN_DATA_SAMPLING_H
#define NN_DATA_SAMPLING_H

#include <stddef.h>
#include <stdint.h>

/* Choose `want` of the n samples (n < 2^32, want <= n); labels are within
 * 0..classes-1.  Each class gives its share, rounded by largest remainder (ties
 * to the lower class).  chosen[want] gets the indices in ascending order. */
void stratified_pick(const int32_t *labels, size_t n, size_t classes,
                     size_t want, uint64_t seed, const char *purpose,
                     uint64_t draw, uint32_t *chosen);

/* Choose the same number from every class, `each`, or all where a class has
 * fewer; chosen has room for classes * each.  Returns how many were chosen. */
size_t balanced_pick(const int32_t *labels, size_t n, size_t classes,
                     size_t each, uint64_t seed, const char *purpose,
                     uint64_t draw, uint32_t *chosen);

#endif
