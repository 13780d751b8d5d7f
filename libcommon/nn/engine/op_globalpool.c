/* SPDX-License-Identifier: MIT
 * Global average pooling, image by image. */
#include "libcommon/nn/engine/node_op.h"

#include "libcommon/nn/engine/chunks.h"
#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/norm.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/engine/value.h"

enum { INPUT, DY, DINPUT };     /* scratch */

static void forward(const struct engine *g, struct plan_node *n, int shard,
                    int worker)
{
    struct value v = value_of(g, n->in[0].from);
    size_t last = shard_first(g, shard + 1);

    for (size_t i = shard_first(g, shard); i < last; i++) {
        value_mean(g, &v, i, scratch_of(g, worker, INPUT), n->y + i * n->c);
        norm_collect(g, n, shard, i, 1);
    }
}

static void backward(const struct engine *g, struct plan_node *n, int shard,
                     int worker)
{
    const struct plan_edge *e = &n->in[0];
    size_t last = shard_first(g, shard + 1);

    if (!e->grad)
        return;
    const struct plan_node *from = &g->nodes[e->from];
    size_t rows = from->base_rows;
    for (size_t i = shard_first(g, shard); i < last; i++) {
        const real *dy = grad_dy(g, n, i, 1, scratch_of(g, worker, DY));
        real *dx = e->first ? from->d + i * rows * n->c
                            : scratch_of(g, worker, DINPUT);
        g->k->spread(rows, n->c, dy, dx);
        grad_put(g, e, shard, i * rows, rows, dx);
    }
}

const struct node_op node_op_globalpool = {
    .name = "globalpool",
    .forward = forward,
    .backward = backward,
    .scratch = {
        [INPUT] = {"input", chunks_image_size},
        [DY] = {"dy", chunks_output_image_size},
        [DINPUT] = {"dinput", chunks_image_size},
    },
};
