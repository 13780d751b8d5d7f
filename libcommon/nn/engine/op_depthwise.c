/* SPDX-License-Identifier: MIT
 * Depthwise convolution, chunks of whole images. */
#include "libcommon/nn/engine/ops.h"

#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/norm.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/engine/value.h"

/* Images [i, end) of a shard that ends at last. */
static size_t chunk_end(const struct plan_node *n, size_t i, size_t last)
{
    size_t end = i + n->chunk / n->rows;

    return end < last ? end : last;
}

void depthwise_forward(const struct engine *g, struct plan_node *n, int shard,
                       int worker)
{
    struct value v = value_of(g, n->in[0].from);
    size_t last = shard_first(g, shard + 1);

    for (size_t i = shard_first(g, shard), end; i < last; i = end) {
        end = chunk_end(n, i, last);
        const real *in = value_load(g, &v, i * v.rows, end * v.rows,
                                    scratch_of(g, worker, 0));
        g->k->dw_forward(&n->win, end - i, in, n->weight.value,
                         n->y + i * n->rows * n->c);
        norm_collect(g, n, shard, i * n->rows, (end - i) * n->rows);
    }
}

static void depthwise_input(const struct engine *g, const struct plan_node *n,
                            int shard, int worker, size_t first, size_t images,
                            const real *dy)
{
    const struct plan_edge *e = &n->in[0];
    size_t rows = (size_t)n->win.h * (size_t)n->win.w;

    if (!e->grad)
        return;
    real *dx = e->first ? g->nodes[e->from].d + first * rows * n->c
                        : scratch_of(g, worker, 2);
    g->k->dw_backward(&n->win, images, dy, n->weight.value, dx);
    grad_put(g, e, shard, first * rows, images * rows, dx);
}

void depthwise_backward(const struct engine *g, struct plan_node *n, int shard,
                        int worker)
{
    struct value v = value_of(g, n->in[0].from);
    size_t last = shard_first(g, shard + 1);
    real *dw = grad_block(g, &n->weight, shard);

    for (size_t i = shard_first(g, shard), end; i < last; i = end) {
        end = chunk_end(n, i, last);
        const real *in = value_load(g, &v, i * v.rows, end * v.rows,
                                    scratch_of(g, worker, 0));
        const real *dy = grad_dy(g, n, i * n->rows, (end - i) * n->rows,
                                 scratch_of(g, worker, 1));
        g->k->dw_weight(&n->win, end - i, in, dy, dw);
        depthwise_input(g, n, shard, worker, i, end - i, dy);
    }
}
