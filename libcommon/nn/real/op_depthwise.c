/* SPDX-License-Identifier: MIT
 * Depthwise convolution, image by image through padded buffers. */
#include <string.h>

#include "libcommon/nn/real/flow.h"
#include "libcommon/nn/real/ops.h"

/* An image (h, w, c) inside a buffer (bh, bw, c). */
struct frame {
    size_t bh, bw, top, left, h, w, c;
};

static void clear(real *from, real *to)
{
    if (to > from)
        memset(from, 0, (size_t)(to - from) * sizeof *from);
}

/* A padded buffer with its border zeroed: the loads write its inside only, so
 * that the border stays zero for all images of the shard. */
static real *framed(const struct engine *g, int worker, int which,
                    const struct frame *f)
{
    real *buffer = scratch_of(g, worker, which), *end = buffer +
        f->bh * f->bw * f->c, *at = buffer;

    for (size_t y = 0; y < f->h; y++) {
        real *row = buffer + ((f->top + y) * f->bw + f->left) * f->c;
        clear(at, row);
        at = row + f->w * f->c;
    }
    clear(at, end);
    return buffer;
}

static real *input_buffer(const struct engine *g, const struct node *n,
                          int worker)
{
    const struct dw *d = &n->dw;
    const struct frame f = { (size_t)d->bh, (size_t)d->bw, (size_t)d->top,
                             (size_t)d->left, (size_t)d->win.h,
                             (size_t)d->win.w, n->c };

    return framed(g, worker, 0, &f);
}

static real *gradient_buffer(const struct engine *g, const struct node *n,
                             int worker)
{
    const struct dw *d = &n->dw;
    const struct frame f = { (size_t)d->dbh, (size_t)d->dbw, (size_t)d->dtop,
                             (size_t)d->dleft, (size_t)d->win.oh,
                             (size_t)d->win.ow, n->c };

    return framed(g, worker, 1, &f);
}

void depthwise_forward(const struct engine *g, struct node *n, int shard,
                       int worker)
{
    struct value v = value_of(g, n->in[0].from);
    size_t last = shard_first(g, shard + 1), size = n->rows * n->c;
    real *in = input_buffer(g, n, worker);

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
    real *in = input_buffer(g, n, worker);
    real *dy = gradient_buffer(g, n, worker);
    real *dw = grad_block(g, &n->weight, shard);

    for (size_t i = shard_first(g, shard); i < last; i++) {
        value_load_padded(g, &v, i, &n->dw, in);
        load_dy(g, n, i, dy);
        g->k->dw_weight(&n->dw, in, dy, dw);
        depthwise_input(g, n, shard, worker, i, dy);
    }
}
