/* SPDX-License-Identifier: MIT
 * Inside of the engine: each operator is a row of a table.
 *
 * A struct node_op says everything the engine knows of one way to run a layer's
 * op.  Rows stand at the end of op_X.c; the list below says which ops they are
 * for.  plan.c gives a node the first row of its layer's op that fits; these
 * files read its members (others read `view`, too):
 *
 *     node_op.c   fits
 *     plan.c      weights, reads_any_shape, reads_no_factors, drops_act, view,
 *                 factors, passes_map_on, hands_gradient_on, batch_wide,
 *                 images_are_rows, shares_columns
 *     params.c    weights, vectors
 *     layout.c    own_memory
 *     chunks.c    splits_images, geometry, scratch
 *     pack.c      packing
 *     run.c       forward, backward, batch_wide, merge, adds_to_blocks
 *     grad.c      finish
 *
 * A new operator is a new op_X.c and a line in NODE_OPS. */
#ifndef NN_ENGINE_NODE_OP_H
#define NN_ENGINE_NODE_OP_H

#include "libcommon/nn/engine/node.h"

struct engine_memory;
struct engine_pass;
struct engine_plan;

/* X(op, row) stands for a row node_op_ROW of an op.  Rows are tried in this
 * order; the last row of an op fits any node. */
#define NODE_OPS(X)              \
    X(OP_CONV, depthwise)        \
    X(OP_CONV, pointwise)        \
    X(OP_CONV, direct)           \
    X(OP_CONV, winograd)         \
    X(OP_CONV, im2col)           \
    X(OP_LINEAR, linear)         \
    X(OP_NORM, copy)             \
    X(OP_ACT, act_again)         \
    X(OP_ACT, act)               \
    X(OP_ACT, copy)              \
    X(OP_SE, se)                 \
    X(OP_MAXPOOL, maxpool)       \
    X(OP_AVGPOOL, avgpool)       \
    X(OP_GLOBALPOOL, globalpool) \
    X(OP_ADD, add)               \
    X(OP_FLATTEN, flatten)       \
    X(OP_WIDEN, widen)           \
    X(OP_CONCAT, concat)         \
    X(OP_MUL, gate)              \
    X(OP_MUL, mul)

/* A node_fn does part `shard` of one step of a node's work, in thread `worker`.
 * For forward and backward the part is a shard of the batch; for batch_wide it
 * is a part of the weights' gradients, over the whole batch. */
typedef void node_fn(const struct engine_pass *p, const struct plan_node *n,
                     int shard, int worker);

/* Returns the size, in reals, of a scratch array that each worker has; n->chunk
 * is set by then.  An op_X.c names its arrays by an enum, for scratch_of.  Arrays
 * of different operators that have the same number share memory. */
typedef size_t scratch_size_fn(const struct engine_plan *plan,
                               const struct plan_node *n);

/* This says how the rows of a node are cut into chunks (chunks.c). */
struct node_geometry {
    size_t row_size;   /* reals that a row of a chunk touches */
    size_t line;       /* rows that stay in one chunk */
    size_t image_rows; /* rows of an image; n->rows but for Winograd's,
                        * which are tiles */
    size_t images;     /* most images of a shard */
    size_t budget;     /* bytes that a chunk may touch */
    bool whole_images; /* as many images as fit, not equal chunks */
};

/* This says how an operator's weights are packed one phase ahead (pack.h). */
struct node_packing {
    bool (*wanted)(const struct engine_pass *p, const struct plan_node *n,
                   bool forward);
    void (*part)(const struct engine_pass *p, const struct plan_node *n,
                 bool forward, int shard, real *to);
    size_t (*size)(const struct engine_plan *plan, const struct plan_node *n);
    bool also_unpacked; /* where it is not wanted the weights are read as
                         * they stand */
};

struct node_op {
    const char *name; /* for debuggers */
    bool (*fits)(const struct engine_plan *plan, const struct plan_node *n);
    /* NULL: always.  n has its layer, inputs, window */

    /* Fills the shard's rows of y (of a view: its factors) and adds y to the
     * sums of batch norm; NULL: there is nothing to compute. */
    node_fn *forward;
    /* Adds to the shard's gradient blocks and to the d of the node's inputs.
     * When it is called, d is finished and the coefficients of dy are set. */
    node_fn *backward;
    /* Computes, after backward of all shards, part `shard` of the gradients of
     * the weights that are batch_wide; NULL: no weight can be.  Unless the node
     * is a view this reads its input's value, which has no epilogue pending. */
    node_fn *batch_wide;
    /* Computes, after backward of all shards and in one thread, the gradients
     * of vectors.  May be NULL. */
    void (*merge)(const struct engine_pass *p, const struct plan_node *n);
    /* Computes from `rows` complete rows of d the gradients of the arrays that
     * forward fills; only views have this.  NULL: grad_finish takes d back
     * through the activation. */
    void (*finish)(const struct engine_pass *p, const struct plan_node *n,
                   size_t first, size_t rows);

    /* These name the layer's parameter slots that the operator itself reads:
     * matrices (or depthwise kernels), and vectors other than the epilogue's
     * bias and batch norm.  The layer must have each of them: a slot that may be
     * missing (graph/op.h) is bias, or the operator asks for it itself. */
    const char *weights[NODE_WEIGHTS];
    const char *vectors[NODE_VECTORS];
    bool images_are_rows; /* the weights' matmul has a row for each image, not
                           * for each pixel */
    bool shares_columns;  /* shards may share its columns (multiply.h) */
    bool adds_to_blocks;  /* backward adds to gradient blocks; others write */
    const struct node_packing *packing; /* or NULL */

    bool reads_any_shape;   /* inputs may be stored in another shape than the
                             * layer's (behind a flatten) */
    bool reads_no_factors;  /* inputs may have no factors pending */
    bool drops_act;         /* the layer's activation changes nothing */
    bool view;              /* stores no value: its epilogue goes on top of its
                             * input's */
    bool factors;           /* of a view: forward fills n->factors */
    bool passes_map_on;     /* of a view: forward need not load input 0 */
    bool hands_gradient_on; /* backward gives dy to its inputs as it is, or
                             * scaled in place: one can share d with the node */
    bool splits_images;     /* a chunk may end inside an image */
    /* Changes *geo where the operator differs from the default; or NULL. */
    void (*geometry)(const struct engine_plan *plan, const struct plan_node *n,
                     struct node_geometry *geo);
    scratch_size_fn *scratch[NODE_SCRATCH]; /* up to the first NULL */
    /* Takes memory for n->own and n->factors; or NULL. */
    void (*own_memory)(const struct engine_plan *plan, struct plan_node *n,
                       struct engine_memory *m);
};

#define NODE_OP_DECLARE(op, row) extern const struct node_op node_op_##row;
NODE_OPS(NODE_OP_DECLARE)
#undef NODE_OP_DECLARE

/* Returns the first row of the node's op that fits. */
const struct node_op *node_op_choose(const struct engine_plan *plan,
                                     const struct plan_node *n);

static inline bool node_is_view(const struct plan_node *n)
{
    return n->op->view;
}

/* Returns how many rows an image has in the matmul with the node's weights. */
static inline size_t node_matmul_rows(const struct plan_node *n)
{
    return n->op->images_are_rows ? 1 : n->rows;
}

#endif
