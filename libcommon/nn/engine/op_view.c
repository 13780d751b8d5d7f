/* SPDX-License-Identifier: MIT
 * These views compute nothing.  An activation that stands alone goes into the
 * epilogue of its input; a flatten gives the same numbers another shape. */
#include "libcommon/nn/engine/node_op.h"

#include "libcommon/nn/engine/chunks.h"
#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/pass.h"

static void backward(const struct engine_pass *p, const struct plan_node *n,
                     int shard, int worker)
{
    size_t last = shard_first(p, shard + 1) * n->base_rows;

    (void)worker;
    for (size_t r = shard_first(p, shard) * n->base_rows, end; r < last;
         r = end) {
        end = chunk_end(n, r, last);
        grad_put(p, &n->in[0], shard, r, end - r, n->d + r * n->base_c);
    }
}

/* Returns true when the input's epilogue ends with the same activation, which
 * changes nothing if applied again. */
static bool act_repeats(const struct engine_plan *plan,
                        const struct plan_node *n)
{
    int from = n->in[0].from;

    return from != NET_IMAGE && !plan->nodes[from].pending_factors &&
           plan->nodes[from].pending_act == n->act &&
           net_acts[n->act].idempotent;
}

const struct node_op node_op_act_again = {
    .name = "act again",
    .fits = act_repeats,
    .backward = backward,
    .reads_any_shape = true,
    .drops_act = true,
    .view = true,
    .hands_gradient_on = true,
};

/* Returns true when the input's epilogue has room for an activation. */
static bool act_fits(const struct engine_plan *plan, const struct plan_node *n)
{
    int from = n->in[0].from;

    return from == NET_IMAGE || !(plan->nodes[from].pending_factors ||
                                  plan->nodes[from].pending_act);
}

const struct node_op node_op_act = {
    .name = "act",
    .fits = act_fits,
    .backward = backward,
    .reads_any_shape = true,
    .view = true,
    .hands_gradient_on = true,
};

const struct node_op node_op_flatten = {
    .name = "flatten",
    .backward = backward,
    .reads_any_shape = true,
    .view = true,
    .hands_gradient_on = true,
};
