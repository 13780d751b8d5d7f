/* SPDX-License-Identifier: MIT
 * Inside of the engine: what each kind of node does for one shard. */
#ifndef NN_ENGINE_OPS_H
#define NN_ENGINE_OPS_H

#include "libcommon/nn/engine/node.h"

struct engine;

typedef void op_fn(const struct engine *g, struct plan_node *n, int shard,
                   int worker);

/* forward fills the shard's rows of y (of a view: its factors) and collects
 * them for batch norm.  backward finds d finished and the coefficients of dy
 * ready; it adds to the shard's gradient blocks and to its inputs' d. */
struct node_op {
    op_fn *forward;         /* NULL: nothing to compute */
    op_fn *backward;
    op_fn *batch_wide;      /* after backward of all shards: part `shard` of the
                             * weight gradients that are made over the whole
                             * batch, or NULL */
};
const struct node_op *op_of(const struct plan_node *n);

op_fn matmul_forward, matmul_backward, im2col_forward, im2col_backward,
      direct_forward, direct_backward, winograd_forward, winograd_backward,
      depthwise_forward, depthwise_backward, pool_forward, pool_backward,
      globalpool_forward, globalpool_backward, add_forward, add_backward,
      widen_forward, widen_backward, se_forward, se_backward, view_backward;

op_fn matmul_batch_wide, se_batch_wide;

/* All shards done: the gradients of an SE's biases. */
void se_merge(const struct engine *g, struct plan_node *n);

#endif
