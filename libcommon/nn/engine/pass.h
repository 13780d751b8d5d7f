/* SPDX-License-Identifier: MIT
 * Inside of the engine: one pass over the plan.  It lives on the stack of the
 * public call (engine.c, segments.c) and is handed down to every operator.  Its
 * fields say what to compute on; results go to the plan's nodes and the
 * engine's buffers.
 *
 * What must survive from one call to the next, or from one phase to the next,
 * is in struct engine_flight, which the engine owns. */
#ifndef NN_ENGINE_PASS_H
#define NN_ENGINE_PASS_H

#include "libcommon/base/pool.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/engine/plan.h"
#include "libcommon/nn/engine/prefetch.h"

/* Nodes share these arrays. */
struct engine_buffers {
    real **blocks;                   /* (shards) gradients of sharded weights */
    real **scratch;                  /* (threads * NODE_SCRATCH) */
    struct prefetch_queue *prefetch; /* (threads) */
    real *image_copy; /* (batch, h, w, c), only with image_late */
};

struct engine_flight {
    const real **z;      /* (nodes) materialised values: the node's z or, of
                             * a tap, an array of the caller's; NULL: none */
    const real **packed; /* (weights) packed for the phase in progress, or
                             * NULL (pack.h) */
    real *packs[2];      /* packed weights of this phase and of the next */
    bool *rests;         /* (exits) nothing of the head runs but what is
                          * frozen (engine_rest) */
};

struct engine_pass {
    const struct engine_plan *plan;
    const struct kernels *k; /* the plan's */
    const struct engine_buffers *buffers;
    struct engine_flight *flight;
    struct pool *pool;
    const real *images;       /* (n, h, w, c), NULL if no node reads them */
    int n;                    /* images */
    bool batch_stats;         /* batch norm by statistics of the batch, not by
                             * running ones */
    bool update_running;      /* and updates those */
    bool calibrating;         /* or collects the batch's (engine.h) */
    engine_update_fn *update; /* takes finished gradients, or NULL */
    void *update_ctx;
};

/* Returns the first image of a shard.  It does not depend on the number of
 * threads. */
static inline size_t shard_first(const struct engine_pass *p, int shard)
{
    return (size_t)p->n * (size_t)shard / (size_t)p->plan->opts.shards;
}

/* Returns the worker's scratch array `slot` of the node's row (node_op.h). */
static inline real *scratch_of(const struct engine_pass *p, int worker,
                               int slot)
{
    return p->buffers->scratch[worker * NODE_SCRATCH + slot];
}

/* Returns true when the node is of a head that rests. */
static inline bool node_rests(const struct engine_pass *p,
                              const struct plan_node *n)
{
    return n->head >= 0 && !n->frozen && p->flight->rests[n->head];
}

/* Returns a shard's sums (2, c) of a node's norm or bias. */
static inline double *sums_of(const struct plan_node *n, int shard)
{
    return n->sums + (size_t)shard * 2 * n->c;
}

#endif
