/* SPDX-License-Identifier: MIT
 * Depthwise convolution, image by image through padded buffers. */
#include "libcommon/nn/real/flow.h"
#include "libcommon/nn/real/ops.h"

static struct frame input_frame(const struct node *n)
{
    const struct dw *d = &n->dw;

    return (struct frame){ (size_t)d->bh, (size_t)d->bw, (size_t)d->top,
                           (size_t)d->left, (size_t)d->win.h, (size_t)d->win.w,
                           n->c };
}

static struct frame gradient_frame(const struct node *n)
{
    const struct dw *d = &n->dw;

    return (struct frame){ (size_t)d->dbh, (size_t)d->dbw, (size_t)d->dtop,
                           (size_t)d->dleft, (size_t)d->win.oh,
                           (size_t)d->win.ow, n->c };
}

/* A padded buffer in scratch memory, its border zeroed. */
static real *framed(const struct engine *g, int worker, int which,
                    const struct frame *f)
{
    real *buffer = scratch_of(g, worker, which);

    frame_clear(f, buffer);
    return buffer;
}

void depthwise_forward(const struct engine *g, struct node *n, int shard,
                       int worker)
{
    struct value v = value_of(g, n->in[0].from);
    size_t last = shard_first(g, shard + 1), size = n->rows * n->c;
    const struct frame f = input_frame(n);
    real *in = framed(g, worker, 0, &f);

    for (size_t i = shard_first(g, shard); i < last; i++) {
        value_load_padded(g, &v, i, &f, in);
        g->k->dw_forward(&n->dw, in, n->weight.value, n->y + i * size);
        norm_count(g, n, shard, i * n->rows, n->rows);
    }
}

static void load_dy(const struct engine *g, const struct node *n, size_t image,
                    const struct frame *f, real *buffer)
{
    size_t at = image * n->rows * n->c;
    real *to = buffer + frame_inside(f);
    const struct tail plain = { 0 };

    if (n->norm)
        g->k->norm_pad(f->h, f->w, n->c, n->d + at, n->y + at, n->norm->a,
                       n->norm->b, n->norm->s, to, frame_step(f));
    else
        g->k->tail_pad(&plain, f->h, f->w, n->c, n->d + at, to, frame_step(f));
}

static void depthwise_input(const struct engine *g, const struct node *n,
                            int shard, int worker, size_t image,
                            const real *dy)
{
    const struct edge *e = &n->in[0];
    size_t rows = (size_t)n->win.h * (size_t)n->win.w;

    if (!e->grad)
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
    const struct frame f = input_frame(n), df = gradient_frame(n);
    real *in = framed(g, worker, 0, &f), *dy = framed(g, worker, 1, &df);
    real *dw = grad_block(g, &n->weight, shard);

    for (size_t i = shard_first(g, shard); i < last; i++) {
        value_load_padded(g, &v, i, &f, in);
        load_dy(g, n, i, &df, dy);
        g->k->dw_weight(&n->dw, in, dy, dw);
        depthwise_input(g, n, shard, worker, i, dy);
    }
}
