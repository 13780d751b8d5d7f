/* SPDX-License-Identifier: MIT
 * Inside of the engine: nodes, what a net's layers are lowered to (plan.h).
 * This header holds the structs alone.  plan.h makes nodes; params.h, layout.h
 * and chunks.h complete them while the engine is made.  From then on they are
 * constant, and so are the pointers to their arrays; the operators (node_op.h)
 * run them.
 *
 * Shapes.  n counts images, (rows, c) are a node's pixels and channels; arrays
 * are (n * rows, c) row-major, which is NHWC. */
#ifndef NN_ENGINE_NODE_H
#define NN_ENGINE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/nn/graph/net.h"
#include "libcommon/nn/kern/kern.h"
#include "libcommon/nn/kern/real.h"

struct node_op;

enum {
    NODE_WEIGHTS = 2, /* most matrices of an operator */
    NODE_VECTORS = 2, /* most vectors beside bias and batch norm */
    NODE_SCRATCH = 6, /* most scratch arrays */
};

/* An edge is an input of a node. */
struct plan_edge {
    int from;   /* node, or NET_IMAGE */
    bool grad;  /* backward: the gradient of `from` is wanted */
    bool first; /* backward: this edge writes it, others add */
    bool last;  /* backward: this edge finishes it (grad.h) */
};

/* These are the arrays of a batch norm: parameters, the epilogue that they
 * amount to, and backward coefficients (norm.h). */
struct norm {
    real *gamma, *beta, *mean, *var; /* (c) of the engine's params */
    real *dgamma, *dbeta;
    real *scale, *shift;             /* (c) epilogue: scale y + shift */
    double *batch_mean, *batch_rstd; /* (c) of the last forward */
    real *a, *b, *s;                 /* (c) dy = a d + b y + s */
    double *cal_mean, *cal_var;      /* (c) sums of a calibration */
};

/* A weight is a matrix (out, in) or a depthwise kernel.  Each of several shards
 * has a gradient block, at `block` of its array in engine_buffers.blocks; grad,
 * which is the engine's, gets their sum. */
struct weight {
    real *value, *grad;
    size_t n;
    int id;         /* number among the plan's */
    size_t out, in; /* of a matrix; a window's numbers are inputs */
    size_t block;
    bool batch_wide; /* the gradient is made over the whole batch at
                             * once, straight into grad: there are no blocks */
};

/* A node_vector is a parameter of an operator that is neither a weight nor part
 * of the epilogue: a bias inside of squeeze-and-excite. */
struct node_vector {
    real *value, *grad; /* (n) */
    size_t n;
};

struct plan_node {
    const struct layer *layer;
    const struct node_op *op; /* how it runs (node_op.h) */
    struct plan_edge *in;
    size_t n_in;
    size_t rows, c;           /* of the value, per image: pixels, channels */
    size_t base_rows, base_c; /* the same of the stored numbers behind it */
    int act;                  /* own activation */
    bool pending_factors; /* its epilogue has factors per image and channel */
    int pending_act;      /* activation in its epilogue, of whichever node */
    bool has_norm;        /* batch norm is part of its epilogue */
    bool live;            /* an exit depends on it */
    int head;             /* index of the exit whose head it is of, or -1 */
    bool frozen;          /* it is the same in every step (engine.h) */
    bool tap;             /* it is, and what is not, or the loss, reads it */
    bool learns;          /* it, or one that it reads, has parameters that
                             * are trained: it has a turn in backward */
    int uses;             /* edges from it, the loss not counted */
    int last_use;         /* last node that reads its stored numbers */
    int shared_in;        /* input that shares its d with this node, or -1 */
    int exit;             /* index of the exit whose output it is, or -1 */

    bool materialised; /* its first reader stores its value in z */
    real *y;           /* (n * rows, c); NULL for views */
    real *z;           /* y with its epilogue done; NULL if not stored */
    real *d;           /* (n * rows, c) gradient */
    size_t chunk;      /* output rows (Winograd: tiles) done at a time */
    bool by_columns;   /* a matmul of few rows with many weights: shards
                             * share its columns, not its rows */

    struct norm *norm;  /* or NULL */
    real *bias, *dbias; /* or NULL */
    double *sums;       /* (shards, 2, c) where norm or bias needs them */
    struct weight weights[NODE_WEIGHTS];      /* n_weights, in the order */
    size_t n_weights;                         /* of the row's slots */
    struct node_vector vectors[NODE_VECTORS]; /* n_vectors, likewise */
    size_t n_vectors;
    struct window win; /* of convolutions and pools */
    real *factors;     /* (n, c) of a view whose row says so, or NULL */
    void *own;         /* what the row's own_memory has taken */
};

#endif
