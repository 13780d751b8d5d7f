/* SPDX-License-Identifier: MIT
 * This operator pads the channels with zeros, half in front and half behind. */
#include "libcommon/nn/engine/node_op.h"

#include <string.h>

#include "libcommon/nn/engine/chunks.h"
#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/pass.h"
#include "libcommon/nn/engine/value.h"

enum { INPUT, DY }; /* scratch */

static size_t channels_of(const struct plan_node *n)
{
    return (size_t)n->layer->in.v[2];
}

static size_t zeros_before(const struct plan_node *n)
{
    return (n->c - channels_of(n)) / 2;
}

static void forward(const struct engine_pass *p, const struct plan_node *n,
                    int shard, int worker)
{
    struct value v = value_of(p, n->in[0].from);
    size_t last = shard_first(p, shard + 1), c = channels_of(n);

    for (size_t i = shard_first(p, shard); i < last; i++) {
        const real *x = value_load(p, &v, i * n->rows, (i + 1) * n->rows,
                                   scratch_of(p, worker, INPUT));
        real *y = n->y + i * n->rows * n->c;
        memset(y, 0, n->rows * n->c * sizeof *y);
        y += zeros_before(n);
        for (size_t r = 0; r < n->rows; r++)
            memcpy(y + r * n->c, x + r * c, c * sizeof *y);
    }
}

static void backward(const struct engine_pass *p, const struct plan_node *n,
                     int shard, int worker)
{
    const struct plan_edge *e = &n->in[0];
    size_t last = shard_first(p, shard + 1), c = channels_of(n);
    real *dx = scratch_of(p, worker, INPUT);

    if (!e->grad)
        return;
    for (size_t i = shard_first(p, shard); i < last; i++) {
        const real *dy = grad_dy(p, n, i * n->rows, n->rows,
                                 scratch_of(p, worker, DY)) +
                         zeros_before(n);
        for (size_t r = 0; r < n->rows; r++)
            memcpy(dx + r * c, dy + r * n->c, c * sizeof *dx);
        grad_put(p, e, shard, i * n->rows, n->rows, dx);
    }
}

const struct node_op node_op_widen = {
    .name = "widen",
    .forward = forward,
    .backward = backward,
    .scratch =
        {
            [INPUT] = chunks_image_size,
            [DY] = chunks_output_image_size,
        },
};
