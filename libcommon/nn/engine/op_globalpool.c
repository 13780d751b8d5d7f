/* SPDX-License-Identifier: MIT
 * Global average pooling goes image by image. */
#include "libcommon/nn/engine/node_op.h"

#include "libcommon/nn/engine/chunks.h"
#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/pass.h"
#include "libcommon/nn/engine/value.h"

enum { INPUT, DY, DINPUT }; /* scratch */

static void forward(const struct engine_pass *p, const struct plan_node *n,
                    int shard, int worker)
{
    struct value v = value_of(p, n->in[0].from);
    size_t last = shard_first(p, shard + 1);

    for (size_t i = shard_first(p, shard); i < last; i++)
        value_mean(p, &v, i, scratch_of(p, worker, INPUT), n->y + i * n->c);
}

static void backward(const struct engine_pass *p, const struct plan_node *n,
                     int shard, int worker)
{
    const struct plan_edge *e = &n->in[0];
    size_t last = shard_first(p, shard + 1);

    if (!e->grad)
        return;
    const struct plan_node *from = &p->plan->nodes[e->from];
    size_t rows = from->base_rows;
    for (size_t i = shard_first(p, shard); i < last; i++) {
        const real *dy = grad_dy(p, n, i, 1, scratch_of(p, worker, DY));
        real *dx = e->first ? from->d + i * rows * n->c
                            : scratch_of(p, worker, DINPUT);
        p->k->spread(rows, n->c, dy, dx);
        grad_put(p, e, shard, i * rows, rows, dx);
    }
}

const struct node_op node_op_globalpool = {
    .name = "globalpool",
    .forward = forward,
    .backward = backward,
    .scratch =
        {
            [INPUT] = chunks_image_size,
            [DY] = chunks_output_image_size,
            [DINPUT] = chunks_image_size,
        },
};
