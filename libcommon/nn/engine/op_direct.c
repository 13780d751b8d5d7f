/* SPDX-License-Identifier: MIT
 * Dense convolution of the network's image, which has few channels and no
 * gradient: straight from the padded image (kern.h).  An image at a time, large
 * ones some lines at a time. */
#include "libcommon/nn/engine/ops.h"

#include <string.h>

#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/norm.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/engine/value.h"

/* Scratch arrays by use. */
enum { INPUT, DY, WEIGHTS };

/* Some lines of an image's outputs. */
struct piece {
    const real *x;          /* what the first window sees first */
    size_t step;
    size_t lines, row, rows;        /* rows of the whole batch */
    struct prefetch *prefetch;
};

/* What a pass does with a piece; w (taps, cout): the weights or their
 * gradient. */
typedef void piece_fn(const struct engine *g, struct plan_node *n, int shard,
                      int worker, const struct piece *p, real *w);

static struct frame node_frame(const struct plan_node *n)
{
    const struct window *w = &n->win;

    return (struct frame){ (size_t)(w->h + 2 * w->ph),
                           (size_t)(w->w + 2 * w->pw), (size_t)w->ph,
                           (size_t)w->pw, (size_t)w->h, (size_t)w->w,
                           (size_t)w->c };
}

static void each_piece(const struct engine *g, struct plan_node *n, int shard,
                       int worker, piece_fn *fn, real *w)
{
    const struct frame frame = node_frame(n);
    struct value v = value_of(g, n->in[0].from);
    real *in = scratch_of(g, worker, INPUT);
    size_t last = shard_first(g, shard + 1), ow = (size_t)n->win.ow;
    struct piece p = { .step = frame_step(&frame) };

    frame_clear(&frame, in);
    for (size_t image = shard_first(g, shard); image < last; image++) {
        size_t next = image + 1 < last ? image + 2 : last;
        value_load_padded(g, &v, image, &frame, in);
        value_prefetch(g, &v, worker, (image + 1) * v.rows, next * v.rows);
        p.prefetch = prefetch_first(g, worker);
        for (size_t r = 0; r < n->rows; r += p.rows) {
            p.rows = n->rows - r < n->chunk ? n->rows - r : n->chunk;
            p.row = image * n->rows + r;
            p.lines = p.rows / ow;
            p.x = in + r / ow * (size_t)n->win.sh * p.step;
            fn(g, n, shard, worker, &p, w);
        }
    }
}

/* b (columns, rows) = a (rows, columns), transposed. */
static void transpose(size_t rows, size_t columns, const real *a, real *b)
{
    for (size_t i = 0; i < columns; i++)
        for (size_t r = 0; r < rows; r++)
            *b++ = a[r * columns + i];
}

static void forward(const struct engine *g, struct plan_node *n, int shard,
                    int worker, const struct piece *p, real *w)
{
    (void)worker;
    g->k->direct(&n->win, p->lines, n->c, p->x, p->step, w,
                 n->y + p->row * n->c, p->prefetch);
    norm_collect(g, n, shard, p->row, p->rows);
}

void direct_forward(const struct engine *g, struct plan_node *n, int shard,
                    int worker)
{
    real *w = scratch_of(g, worker, WEIGHTS);

    transpose(n->c, n->weight.in, n->weight.value, w);
    each_piece(g, n, shard, worker, forward, w);
}

static void backward(const struct engine *g, struct plan_node *n, int shard,
                     int worker, const struct piece *p, real *dw)
{
    const real *dy = grad_dy(g, n, p->row, p->rows, scratch_of(g, worker, DY));

    (void)shard;
    g->k->direct_weight(&n->win, p->lines, n->c, p->x, p->step, dy, dw,
                        p->prefetch);
}

void direct_backward(const struct engine *g, struct plan_node *n, int shard,
                     int worker)
{
    real *dw = scratch_of(g, worker, WEIGHTS);

    memset(dw, 0, n->c * n->weight.in * sizeof *dw);
    each_piece(g, n, shard, worker, backward, dw);
    transpose(n->weight.in, n->c, dw, grad_block(g, &n->weight, shard));
}
