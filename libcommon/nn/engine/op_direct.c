/* SPDX-License-Identifier: MIT
 * A dense convolution of the network's image, which has few channels and no
 * gradient, reads the padded image itself (kern.h).  It does one image at a
 * time, or some lines of a large one. */
#include "libcommon/nn/engine/node_op.h"

#include <string.h>

#include "libcommon/nn/engine/chunks.h"
#include "libcommon/nn/engine/frame.h"
#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/norm.h"
#include "libcommon/nn/engine/pass.h"
#include "libcommon/nn/engine/value.h"

enum { INPUT, DY, WEIGHTS }; /* scratch */

/* The direct kernel is faster than im2col if a window sees at most this many
 * numbers; the largest measured is 5x5 of three colours. */
#define MOST_NUMBERS 75

static bool fits(const struct engine_plan *plan, const struct plan_node *n)
{
    (void)plan;
    return n->in[0].from == NET_IMAGE &&
           n->win.kh * n->win.kw * n->win.c <= MOST_NUMBERS;
}

/* A block is some lines of an image's outputs. */
struct line_block {
    const real *x; /* the first number that the first window sees */
    size_t step;
    size_t lines, row, rows; /* rows of the batch */
    struct prefetch *prefetch;
};

/* A block_fn runs forward or backward on a block; w (numbers of a window, cout)
 * holds the weights or their gradient. */
typedef void block_fn(const struct engine_pass *p, const struct plan_node *n,
                      int shard, int worker, const struct line_block *b,
                      real *w);

static void each_block(const struct engine_pass *p, const struct plan_node *n,
                       int shard, int worker, block_fn *fn, real *w)
{
    const struct window *win = &n->win;
    const struct frame frame = {
        direct_lines(win), direct_columns(win), (size_t)win->ph,
        (size_t)win->pw,   (size_t)win->h,      (size_t)win->w,
        (size_t)win->c,
    };
    struct value v = value_of(p, n->in[0].from);
    real *in = scratch_of(p, worker, INPUT);
    size_t last = shard_first(p, shard + 1), ow = (size_t)win->ow;
    struct line_block b = {.step = frame_step(&frame)};

    frame_clear(&frame, in);
    for (size_t image = shard_first(p, shard); image < last; image++) {
        size_t next = image + 1 < last ? image + 2 : last;
        frame_load(p, &v, image, &frame, in);
        value_prefetch(p, &v, worker, (image + 1) * v.rows, next * v.rows);
        b.prefetch = prefetch_first(p, worker);
        for (size_t r = 0; r < n->rows; r += b.rows) {
            b.rows = n->rows - r < n->chunk ? n->rows - r : n->chunk;
            b.row = image * n->rows + r;
            b.lines = b.rows / ow;
            b.x = in + r / ow * (size_t)win->sh * b.step;
            fn(p, n, shard, worker, &b, w);
        }
    }
}

/* Writes the transpose of a (rows, columns) to b (columns, rows). */
static void transpose(size_t rows, size_t columns, const real *a, real *b)
{
    for (size_t i = 0; i < columns; i++)
        for (size_t r = 0; r < rows; r++)
            *b++ = a[r * columns + i];
}

static void forward_block(const struct engine_pass *p,
                          const struct plan_node *n, int shard, int worker,
                          const struct line_block *b, real *w)
{
    (void)worker;
    p->k->direct(&n->win, b->lines, n->c, b->x, b->step, w,
                 n->y + b->row * n->c, b->prefetch);
    norm_collect(p, n, shard, b->row, b->rows);
}

static void forward(const struct engine_pass *p, const struct plan_node *n,
                    int shard, int worker)
{
    real *w = scratch_of(p, worker, WEIGHTS);

    transpose(n->c, n->weights[0].in, n->weights[0].value, w);
    each_block(p, n, shard, worker, forward_block, w);
}

static void backward_block(const struct engine_pass *p,
                           const struct plan_node *n, int shard, int worker,
                           const struct line_block *b, real *dw)
{
    const real *dy = grad_dy(p, n, b->row, b->rows, scratch_of(p, worker, DY));

    (void)shard;
    p->k->direct_weight(&n->win, b->lines, n->c, b->x, b->step, dy, dw,
                        b->prefetch);
}

static void backward(const struct engine_pass *p, const struct plan_node *n,
                     int shard, int worker)
{
    real *dw = scratch_of(p, worker, WEIGHTS);

    memset(dw, 0, n->c * n->weights[0].in * sizeof *dw);
    each_block(p, n, shard, worker, backward_block, dw);
    transpose(n->weights[0].in, n->c, dw, grad_block(p, &n->weights[0], shard));
}

static void geometry(const struct engine_plan *plan, const struct plan_node *n,
                     struct node_geometry *geo)
{
    (void)plan;
    geo->images = 1;
    geo->line = (size_t)n->win.ow;
}

static size_t input_size(const struct engine_plan *plan,
                         const struct plan_node *n)
{
    (void)plan;
    return direct_buffer(&n->win);
}

static size_t weights_size(const struct engine_plan *plan,
                           const struct plan_node *n)
{
    (void)plan;
    return n->weights[0].n;
}

const struct node_op node_op_direct = {
    .name = "direct",
    .fits = fits,
    .forward = forward,
    .backward = backward,
    .weights = {"weight"},
    .geometry = geometry,
    .scratch =
        {
            [INPUT] = input_size,
            [DY] = chunks_output_size,
            [WEIGHTS] = weights_size,
        },
};
