/* SPDX-License-Identifier: MIT
 * Inside of the engine: a net's layers lowered to nodes, and who keeps what.
 *
 * Values.  A node that computes keeps y, what its op gave.  Batch norm, bias,
 * activation and the factor of squeeze-and-excite are pending: a `value` is
 * stored numbers and the epilogue still to be applied.  A consumer loads it chunk
 * by chunk into scratch memory just before its own product, while the chunk is
 * in cache (value_load).  OP_ACT, OP_SE and OP_FLATTEN compute nothing that
 * would have to be stored: they are views, epilogues over their input's numbers.
 * A value with an epilogue and several consumers is kept (z): the first consumer
 * loads it there instead of into scratch.
 *
 * Gradients run the other way.  d of a node is d loss / d value while its
 * consumers add to it; the last of them (edge.last) turns it, in the same
 * chunk, into the gradient in front of the activation and adds up the sums
 * batch norm and bias need (grad_finish).  A producer reads dy = a d + b y + s
 * chunk by chunk when its own turn comes (grad_dy).  A view that is the only
 * consumer of its input shares d with it.
 *
 * What is wanted next and lies far away, mostly weights, is prefetched on the way by
 * products (prefetch.c).
 *
 * Everything runs per shard of the batch; what crosses shards (batch-norm
 * sums, gradient blocks of the weights) is merged in shard order. */
#ifndef NN_ENGINE_PLAN_H
#define NN_ENGINE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/arena.h"
#include "libcommon/base/err.h"
#include "libcommon/base/pool.h"
#include "libcommon/base/reserve.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/graph/cost.h"
#include "libcommon/nn/graph/net.h"
#include "libcommon/nn/kern/kern.h"
#include "libcommon/nn/kern/real.h"

enum node_kind {
    NODE_PRODUCT,           /* 1x1 convolution, linear: one matrix product */
    NODE_CONV,              /* dense convolution by patches */
    NODE_DIRECT,            /* the same without them, of few inputs */
    NODE_WINOGRAD,          /* the same by fewer multiplications */
    NODE_DEPTHWISE,
    NODE_MAXPOOL,
    NODE_AVGPOOL,
    NODE_GLOBALPOOL,
    NODE_ADD,
    NODE_COPY,              /* y = input: norm that stands alone */
    NODE_WIDEN,
    NODE_SE,                /* views from here on */
    NODE_ACT,
    NODE_FLATTEN,
};

#define PLAN_MAX_SHARDS 64

/* An input of a node. */
struct edge {
    int from;               /* node, or NET_IMAGE */
    bool grad;              /* in backward: d of `from` is wanted */
    bool first;             /* in backward: writes d of `from`, does not add */
    bool last;              /* in backward: finishes d of `from` */
};

/* Batch norm: parameters, the epilogue they amount to, backward coefficients. */
struct norm {
    real *gamma, *beta, *mean, *var;        /* (c) of the engine's params */
    real *dgamma, *dbeta;
    real *scale, *shift;                    /* (c) epilogue: scale y + shift */
    double *batch_mean, *batch_rstd;        /* (c) of the last forward */
    real *a, *b, *s;                        /* (c) dy = a d + b y + s */
    double *cal_mean, *cal_var;             /* (c) sums of a calibration */
};

/* A weight matrix (out, in) or depthwise kernel.  grad is the engine's; while
 * shards run, each has its block in struct engine.blocks at `block`. */
struct weight {
    real *value, *grad;
    size_t n;
    size_t out, in;         /* of a matrix; patches count as inputs */
    size_t block;
    bool whole;             /* gradient made over the whole batch at once,
                             * straight into grad: no blocks */
    const real *packed;     /* laid out for the phase in progress, or NULL
                             * (pack.c) */
};

struct se {
    int64_t mid;
    struct weight reduce, expand;
    real *reduce_bias, *expand_bias;
    real *dreduce_bias, *dexpand_bias;
    real *pool;             /* (n, c) mean of the input */
    real *hidden_pre, *hidden;              /* (n, mid) */
    real *mul_pre, *mul;    /* (n, c) */
    real *dmul, *dpool;     /* (n, c) */
    real *dhidden;          /* (n, mid) */
    double *sums;           /* (shards, 2 * (c + mid)) bias gradients */
};

struct node {
    const struct layer *layer;
    int kind;               /* enum node_kind */
    struct edge *in;
    size_t n_in;
    size_t rows, c;         /* of the value, per image: pixels, channels */
    size_t base_rows, base_c;   /* the same of the stored numbers behind it */
    int act;                /* own activation */
    bool pending_mul;       /* a view with the factor of an SE in its epilogue */
    int pending_act;        /* activation in its epilogue, of whichever node */
    bool live;              /* an exit depends on it */
    bool frozen;            /* of a backbone that does not learn */
    bool tap;               /* of it, what heads read */
    bool learns;            /* it, or one that it reads, has parameters that
                             * are trained: has a turn in backward */
    int uses;               /* edges from it, the loss not counted */
    int last_use;           /* last node that reads its stored numbers */
    int shared_in;          /* input that shares its d with this node, or -1 */
    int exit;               /* index of the exit whose output it is, or -1 */

    bool keep;              /* its value is kept in z */
    real *y;                /* (n * rows, c) NULL for views */
    real *z;                /* the same with its epilogue done, NULL if not kept */
    bool z_ready;
    real *d;                /* (n * rows, c) gradient */
    size_t chunk;           /* output rows (Winograd: tiles) done at a time */
    bool by_columns;        /* a product of few rows with many weights: shards
                             * share its columns, not its rows */

    struct norm *norm;      /* or NULL */
    real *bias, *dbias;     /* or NULL */
    double *sums;           /* (shards, 2, c) where norm or bias needs them */
    struct weight weight;
    struct window win;      /* conv, depthwise, pools */
    int32_t *arg;           /* maxpool's winners */
    struct se *se;
};

/* What heads on a frozen backbone read: its value is kept in full, or given by
 * the caller instead. */
struct tap {
    int node;               /* or NET_IMAGE */
    size_t size;            /* reals per image */
    real *z;                /* the node's own; NULL where y is the value */
};

#define SCRATCH 6           /* scratch arrays of a worker */

/* What a worker's products prefetch on the way (kern.h). */
#define PREFETCHES 2           /* weights of a node */
struct prefetch_queue {
    struct prefetch soon;      /* first of all */
    struct prefetch v[PREFETCHES];
    int at, n;              /* of v: the first that is left, end */
    char pad[64];           /* apart from another worker's */
};

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

    struct node *nodes;
    int n_nodes;
    int *node_of;           /* (layers) the node that has the layer's value */
    int *exit_node;         /* (exits) */
    int *exit_units;        /* (exits) */
    struct tap *taps;       /* of a frozen backbone */
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

/* Rows of stored numbers per chunk are chosen so that what a chunk touches
 * fits well into a second-level cache. */
#define CHUNK_BYTES (256 * 1024)

/* The same of depthwise convolution, which has little to do between its loads:
 * closer to the first level. */
#define DEPTHWISE_BYTES (64 * 1024)

/* Images of a shard: the same split whatever the number of threads. */
static inline size_t shard_first(const struct engine *g, int shard)
{
    return (size_t)g->n * (size_t)shard / (size_t)g->opts.shards;
}

static inline real *scratch_of(const struct engine *g, int worker, int which)
{
    return g->scratch[worker * SCRATCH + which];
}

static inline double *sums_of(const struct engine *g, const struct node *n,
                              int shard)
{
    (void)g;
    return n->sums + (size_t)shard * 2 * n->c;
}

/* Are the layer's parameters trained? */
static inline bool layer_learns(const struct engine *g, const struct layer *l)
{
    return !g->opts.frozen_backbone ||
           net_head_of(g->net, (size_t)(l - net_layer(g->net, 0))) >= 0;
}

static inline bool node_is_view(const struct node *n)
{
    return n->kind >= NODE_SE;
}

/* Lower g->net into g->nodes: kinds, edges, geometry, uses. */
void plan_build(struct engine *g);
/* Parameters: one allocation, pointers into the nodes. */
void plan_params(struct engine *g);
/* Everything else: values, gradients, sums, scratch. */
void plan_memory(struct engine *g);
/* A node's chunk, and its needs of scratch memory (g->scratch_n). */
void plan_chunk(struct engine *g, struct node *n);

/* n zeroed elements of that size, until engine_free. */
void *plan_zeroed(struct engine *g, size_t n, size_t size);

#endif
