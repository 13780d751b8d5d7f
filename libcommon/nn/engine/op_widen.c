/* SPDX-License-Identifier: MIT
 * Channels in the middle of more, which are zero: image by image. */
#include "libcommon/nn/engine/ops.h"

#include <string.h>

#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/engine/value.h"

static size_t channels_of(const struct plan_node *n)
{
    return (size_t)n->layer->in.v[2];
}

static size_t zeros_before(const struct plan_node *n)
{
    return (n->c - channels_of(n)) / 2;
}

void widen_forward(const struct engine *g, struct plan_node *n, int shard,
                   int worker)
{
    struct value v = value_of(g, n->in[0].from);
    size_t last = shard_first(g, shard + 1), c = channels_of(n);

    for (size_t i = shard_first(g, shard); i < last; i++) {
        const real *x = value_load(g, &v, i * n->rows, (i + 1) * n->rows,
                                   scratch_of(g, worker, 0));
        real *y = n->y + i * n->rows * n->c;
        memset(y, 0, n->rows * n->c * sizeof *y);
        y += zeros_before(n);
        for (size_t r = 0; r < n->rows; r++)
            memcpy(y + r * n->c, x + r * c, c * sizeof *y);
    }
}

void widen_backward(const struct engine *g, struct plan_node *n, int shard,
                    int worker)
{
    const struct plan_edge *e = &n->in[0];
    size_t last = shard_first(g, shard + 1), c = channels_of(n);
    real *dx = scratch_of(g, worker, 0);

    if (!e->grad)
        return;
    for (size_t i = shard_first(g, shard); i < last; i++) {
        const real *dy = grad_dy(g, n, i * n->rows, n->rows,
                                 scratch_of(g, worker, 1)) + zeros_before(n);
        for (size_t r = 0; r < n->rows; r++)
            memcpy(dx + r * c, dy + r * n->c, c * sizeof *dx);
        grad_put(g, e, shard, i * n->rows, n->rows, dx);
    }
}
