/* SPDX-License-Identifier: MIT
 * Depthwise convolution, image by image through padded buffers. */
#include <string.h>

#include "libcommon/nn/real/flow.h"
#include "libcommon/nn/real/ops.h"

/* A zeroed padded buffer: the loads write its inside only, so that its border
 * stays zero for all images of the shard. */
static real *padded(const struct engine *g, int worker, int which, size_t n)
{
    real *buffer = scratch_of(g, worker, which);

    memset(buffer, 0, n * sizeof *buffer);
    return buffer;
}

void depthwise_forward(const struct engine *g, struct node *n, int shard,
                       int worker)
{
    struct value v = value_of(g, n->in[0].from);
    size_t last = shard_first(g, shard + 1), size = n->rows * n->c;
    real *in = padded(g, worker, 0, dw_buffer(&n->dw));

    for (size_t i = shard_first(g, shard); i < last; i++) {
        value_load_padded(g, &v, i, &n->dw, in);
        g->k->dw_forward(&n->dw, in, n->weight.value, n->y + i * size);
        norm_count(g, n, shard, i * n->rows, n->rows);
    }
}

static void load_dy(const struct engine *g, const struct node *n, size_t image,
                    real *buffer)
{
    size_t at = image * n->rows * n->c, step = dw_grad_step(&n->dw);
    size_t h = (size_t)n->win.oh, w = (size_t)n->win.ow;
    real *to = buffer + dw_grad_inside(&n->dw);
    const struct tail plain = { 0 };

    if (n->norm)
        g->k->norm_pad(h, w, n->c, n->d + at, n->y + at, n->norm->a,
                       n->norm->b, n->norm->s, to, step);
    else
        g->k->tail_pad(&plain, h, w, n->c, n->d + at, to, step);
}

static void depthwise_input(const struct engine *g, const struct node *n,
                            int shard, int worker, size_t image,
                            const real *dy)
{
    const struct edge *e = &n->in[0];
    size_t rows = (size_t)n->win.h * (size_t)n->win.w;

    if (e->from == NET_IMAGE)
        return;
    real *dx = e->first ? g->nodes[e->from].d + image * rows * n->c
                        : scratch_of(g, worker, 2);
    g->k->dw_backward(&n->dw, dy, n->weight.value, dx);
    grad_put(g, e, shard, image * rows, rows, dx);
}

void depthwise_backward(const struct engine *g, struct node *n, int shard,
                        int worker)
{
    struct value v = value_of(g, n->in[0].from);
    size_t last = shard_first(g, shard + 1);
    real *in = padded(g, worker, 0, dw_buffer(&n->dw));
    real *dy = padded(g, worker, 1, dw_grad_buffer(&n->dw));
    real *dw = grad_block(g, &n->weight, shard);

    for (size_t i = shard_first(g, shard); i < last; i++) {
        value_load_padded(g, &v, i, &n->dw, in);
        load_dy(g, n, i, dy);
        g->k->dw_weight(&n->dw, in, dy, dw);
        depthwise_input(g, n, shard, worker, i, dy);
    }
}
