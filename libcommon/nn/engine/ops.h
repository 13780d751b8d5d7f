/* SPDX-License-Identifier: MIT
 * Inside of the engine: what each kind of node does for one shard.
 *
 * forward fills the shard's rows of y (of a view: its factors) and counts them
 * for batch norm.  backward finds d finished and the coefficients of dy
 * ready; it adds to the shard's gradient blocks and to its inputs' d. */
#ifndef NN_ENGINE_OPS_H
#define NN_ENGINE_OPS_H

#include "libcommon/nn/engine/plan.h"

#define op_of               REAL_NAME(op_of)
#define product_forward     REAL_NAME(product_forward)
#define product_backward    REAL_NAME(product_backward)
#define product_whole       REAL_NAME(product_whole)
#define conv_forward        REAL_NAME(conv_forward)
#define conv_backward       REAL_NAME(conv_backward)
#define depthwise_forward   REAL_NAME(depthwise_forward)
#define depthwise_backward  REAL_NAME(depthwise_backward)
#define winograd_forward    REAL_NAME(winograd_forward)
#define winograd_backward   REAL_NAME(winograd_backward)
#define direct_forward      REAL_NAME(direct_forward)
#define direct_backward     REAL_NAME(direct_backward)
#define pool_forward        REAL_NAME(pool_forward)
#define pool_backward       REAL_NAME(pool_backward)
#define globalpool_forward  REAL_NAME(globalpool_forward)
#define globalpool_backward REAL_NAME(globalpool_backward)
#define add_forward         REAL_NAME(add_forward)
#define add_backward        REAL_NAME(add_backward)
#define widen_forward       REAL_NAME(widen_forward)
#define widen_backward      REAL_NAME(widen_backward)
#define se_forward          REAL_NAME(se_forward)
#define se_backward         REAL_NAME(se_backward)
#define se_whole            REAL_NAME(se_whole)
#define se_merge            REAL_NAME(se_merge)
#define view_backward       REAL_NAME(view_backward)

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
