/* SPDX-License-Identifier: MIT
 * Places arrays that live for a while in one block of memory: those whose lives
 * do not overlap may share addresses.
 *
 * Example:
 *     struct span v[] = {
 *         {.size = 64, .from = 0, .to = 2}, {.size = 32, .from = 2, .to = 3},
 *         {.size = 64, .from = 3, .to = 4},
 *     };
 *     size_t total = spans_pack(v, 3);        // 96, at offsets 0, 64 and 0
 *
 * The least total is hard to find (dynamic storage allocation is NP-hard).
 * This is first fit by decreasing size: each span in turn, the largest first
 * and of equals the first in the list, goes to the lowest offset where it
 * meets none of those already placed that are alive at the same time.
 *
 * The total is at least the most elements alive at once.  It is at most the
 * largest, over all spans, of the span's own size and twice the sizes of all
 * larger or equal ones that are alive at some time of its life: a gap that the
 * span leaves below one of these is smaller than the span.  The time is at most
 * of order n^3: each of n spans passes at most n others, each after a look at
 * n. */
#ifndef NN_GRAPH_SPANS_H
#define NN_GRAPH_SPANS_H

#include <stddef.h>

struct span {
    size_t size;   /* elements */
    int from, to;  /* steps in which it must exist, both included */
    size_t offset; /* result: where its first element lies */
};

/* Sets the offsets of n spans and returns the elements they need together. */
size_t spans_pack(struct span *v, size_t n);

#endif
