/* SPDX-License-Identifier: MIT
 * Stable sorting of indices by the rows they stand for. */
#ifndef STATS_SORT_H
#define STATS_SORT_H

#include <stddef.h>
#include <stdint.h>

/* Reorder index[0..n-1] so that rows f + index * stride ascend, compared by
 * their first `keys` numbers.  Equal rows keep the order they came in. */
void sort_rows(const double *f, size_t stride, size_t keys, uint32_t *index,
               size_t n);

/* Set index to the argsort of v: 0..n-1 in ascending order of v. */
void sort_values(const double *v, size_t n, uint32_t *index);

void sort_identity(uint32_t *index, size_t n);

#endif
