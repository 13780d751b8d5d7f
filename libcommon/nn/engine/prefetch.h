/* SPDX-License-Identifier: MIT
 * Inside of the engine: data of the next chunk or phase that is not in cache,
 * mostly weights, is prefetched by the matmul that runs before it.  A kernel
 * gets one struct prefetch (kern.h) and moves it on as it computes.
 *
 * Each worker has a queue, which it fills at the beginning of a phase and in
 * front of each chunk:
 *
 * Example (const struct engine_pass *p, int worker, const real *w, size_t w_n,
 *          const real *x, size_t rows, size_t n, size_t ld):
 *     struct prefetch *f;
 *
 *     prefetch_clear(p, worker);
 *     prefetch_add(p, worker, w, w_n);            // what a later phase reads
 *
 *     prefetch_next(p, worker, x, rows, n, ld);   // what the next chunk reads
 *     f = prefetch_first(p, worker);              // the chunk's gemm takes it
 *
 * Nothing here can fail, and results do not depend on it. */
#ifndef NN_ENGINE_PREFETCH_H
#define NN_ENGINE_PREFETCH_H

#include "libcommon/nn/engine/node.h"
#include "libcommon/nn/kern/kern.h"
#include "libcommon/nn/kern/real.h"

struct engine_pass;

struct prefetch_queue {
    struct prefetch urgent;          /* what the next chunk reads */
    struct prefetch v[NODE_WEIGHTS]; /* what the next phase reads */
    int at, n;                       /* of v: the first that is left, end */
    char pad[64];                    /* keeps the queues of two workers apart */
};

/* Empties a worker's queue. */
void prefetch_clear(const struct engine_pass *p, int worker);

/* Appends n reals that a later phase reads; beyond NODE_WEIGHTS entries they are
 * left out. */
void prefetch_add(const struct engine_pass *p, int worker, const real *x,
                  size_t n);

/* Replaces the urgent entry by rows of n reals, `ld` apart, which the next
 * chunk reads; rows = 0 removes it. */
void prefetch_next(const struct engine_pass *p, int worker, const real *x,
                   size_t rows, size_t n, size_t ld);

/* Returns the first entry that is not used up, borrowed until the next call, or
 * NULL: the urgent entry, then the others in order. */
struct prefetch *prefetch_first(const struct engine_pass *p, int worker);

#endif
