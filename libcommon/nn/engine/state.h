/* SPDX-License-Identifier: MIT
 * Inside of the engine: struct engine itself (engine.h), made by engine.c. */
#ifndef NN_ENGINE_STATE_H
#define NN_ENGINE_STATE_H

#include "libcommon/base/arena.h"
#include "libcommon/base/pool.h"
#include "libcommon/base/reserve.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/engine/node.h"
#include "libcommon/nn/engine/prefetch.h"

#define ENGINE_MAX_SHARDS 64

/* A place where heads on a frozen backbone read: its value is materialised, or
 * given by the caller instead. */
struct plan_tap {
    int node;               /* or NET_IMAGE */
    size_t size;            /* reals per image */
    real *z;                /* the node's own; NULL where y is the value */
};

#define SCRATCH 6           /* scratch arrays of a worker */

struct engine_host {
    int threads;
    struct pool *pool;
    struct reserve memory;
};

struct engine {
    const struct net *net;
    struct engine_opts opts;
    const struct kernels *k;
    struct engine_host *host;
    struct pool *pool;      /* the host's */
    struct arena arena;     /* nodes, edges, norms, small arrays */

    struct plan_node *nodes;
    int n_nodes;
    int *node_of;           /* (layers) the node that has the layer's value */
    int *exit_node;         /* (exits) */
    int *exit_units;        /* (exits) */
    struct plan_tap *taps;  /* of a frozen backbone */
    int n_taps;
    bool image_late;        /* a segment after the first reads the image */
    real *image_copy;       /* then: (batch, h, w, c) */

    struct engine_param *params;
    size_t n_params;
    real *values, *grads;   /* all params, those that learn; on cache lines */
    size_t values_n, grads_n;
    engine_update_fn *update;   /* or NULL */
    void *update_ctx;
    real *packs[2];         /* packed weights: of this phase, of the next */
    real **blocks;          /* (shards) gradients of sharded weights */
    size_t scratch_n[SCRATCH];
    real **scratch;         /* (threads * SCRATCH) */
    struct prefetch_queue *prefetch;    /* (threads) */
    void **held;            /* taken from the host */
    size_t n_held, cap_held;

    /* the call in progress */
    const real *images;
    int n;                  /* images */
    bool batch_stats;
    bool update_running;
    bool calibrating;
    double cal_weight;      /* images seen */
    int segment;            /* last segment run */
    real **outs, **grads_out;               /* (exits) for the loss */
};

/* Images of a shard: the same split whatever the number of threads. */
static inline size_t shard_first(const struct engine *g, int shard)
{
    return (size_t)g->n * (size_t)shard / (size_t)g->opts.shards;
}

static inline real *scratch_of(const struct engine *g, int worker, int which)
{
    return g->scratch[worker * SCRATCH + which];
}

static inline double *sums_of(const struct plan_node *n, int shard)
{
    return n->sums + (size_t)shard * 2 * n->c;
}

#endif
