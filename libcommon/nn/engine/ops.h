/* SPDX-License-Identifier: MIT
 * Inside of the engine: what each kind of node does for one shard.
 *
 * forward fills the shard's rows of y (of a view: its factors) and counts them
 * for batch norm.  backward finds d finished and the coefficients of dy
 * ready; it adds to the shard's gradient blocks and to its inputs' d. */
#ifndef NN_ENGINE_OPS_H
#define NN_ENGINE_OPS_H

#include "libcommon/nn/engine/plan.h"

typedef void op_fn(const struct engine *g, struct node *n, int shard,
                   int worker);

struct op {
    op_fn *forward;         /* NULL: nothing to compute */
    op_fn *backward;
    op_fn *whole;           /* after it: part `shard` of the weight gradients
                             * that are made over the whole batch, or NULL */
};
const struct op *op_of(const struct node *n);

op_fn product_forward, product_backward, conv_forward, conv_backward,
      direct_forward, direct_backward, winograd_forward, winograd_backward,
      depthwise_forward, depthwise_backward, pool_forward, pool_backward, globalpool_forward,
      globalpool_backward, add_forward, add_backward, widen_forward,
      widen_backward, se_forward, se_backward, view_backward;

op_fn product_whole, se_whole;

/* All shards done: the gradients of an SE's biases. */
void se_merge(const struct engine *g, struct node *n);

#endif
