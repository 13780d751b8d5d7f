/* SPDX-License-Identifier: MIT
 * Dense convolution by im2col: the numbers that a window sees become a row of a
 * matrix, which a matmul multiplies with the weights.  Small images are done
 * several at a time, large ones some output lines at a time. */
#include "libcommon/nn/engine/node_op.h"

#include <string.h>

#include "libcommon/nn/engine/chunks.h"
#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/multiply.h"
#include "libcommon/nn/engine/norm.h"
#include "libcommon/nn/engine/pack.h"
#include "libcommon/nn/engine/pass.h"
#include "libcommon/nn/engine/value.h"

enum { INPUT, DY, COLUMNS, DCOLUMNS }; /* scratch */

/* These are the output lines [first, last) of an image. */
struct out_lines {
    size_t image;
    int first, last;
};

/* Returns how many numbers a window sees. */
static size_t window_size(const struct plan_node *n)
{
    return (size_t)n->win.kh * (size_t)n->win.kw * (size_t)n->win.c;
}

/* Returns the output lines of rows [r, end) that lie in the image of row r. */
static struct out_lines next_lines(const struct plan_node *n, size_t r,
                                   size_t end)
{
    size_t ow = (size_t)n->win.ow, image = r / n->rows;
    size_t stop = (image + 1) * n->rows;

    if (end < stop)
        stop = end;
    return (struct out_lines){image, (int)((r - image * n->rows) / ow),
                              (int)((stop - image * n->rows) / ow)};
}

static size_t lines_rows(const struct plan_node *n, const struct out_lines *l)
{
    return (size_t)(l->last - l->first) * (size_t)n->win.ow;
}

/* The input is loaded an image at a time; an image that is done in several
 * pieces is loaded once. */
struct image_input {
    struct value v;
    const real *x; /* of image `loaded`, NULL = none yet */
    size_t loaded;
};

static struct image_input input_of(const struct engine_pass *p,
                                   const struct plan_node *n)
{
    return (struct image_input){.v = value_of(p, n->in[0].from)};
}

/* Returns the im2col matrix (end - r, window_size) of rows [r, end) of y. */
static const real *load_columns(const struct engine_pass *p,
                                const struct plan_node *n,
                                struct image_input *s, size_t r, size_t end,
                                int worker)
{
    real *to = scratch_of(p, worker, COLUMNS);

    for (size_t at = r; at < end;) {
        struct out_lines l = next_lines(n, at, end);
        if (!s->x || s->loaded != l.image)
            s->x = value_load(p, &s->v, l.image * s->v.rows,
                              (l.image + 1) * s->v.rows,
                              scratch_of(p, worker, INPUT));
        s->loaded = l.image;
        p->k->im2col(&n->win, s->x, l.first, l.last,
                     to + (at - r) * window_size(n));
        at += lines_rows(n, &l);
    }
    return to;
}

static void forward(const struct engine_pass *p, const struct plan_node *n,
                    int shard, int worker)
{
    struct image_input s = input_of(p, n);
    size_t last = shard_first(p, shard + 1) * n->rows;

    for (size_t r = shard_first(p, shard) * n->rows, end; r < last; r = end) {
        end = chunk_end(n, r, last);
        const real *x = load_columns(p, n, &s, r, end, worker);
        multiply_forward(p, &n->weights[0], worker, end - r, x,
                         n->y + r * n->c);
        norm_collect(p, n, shard, r, end - r);
    }
}

/* Adds dx, the gradient of the im2col matrix, to the input's d. */
static void put_columns(const struct engine_pass *p, const struct plan_node *n,
                        int shard, size_t r, size_t end, const real *dx)
{
    const struct plan_edge *e = &n->in[0];
    const struct plan_node *from = &p->plan->nodes[e->from];
    size_t size = from->base_rows * from->base_c;

    for (size_t at = r; at < end;) {
        struct out_lines l = next_lines(n, at, end);
        real *d = from->d + l.image * size;
        if (e->first && l.first == 0)
            memset(d, 0, size * sizeof *d);
        p->k->col2im(&n->win, dx + (at - r) * window_size(n), l.first, l.last,
                     d);
        if (e->last && l.last == n->win.oh)
            grad_finish(p, e->from, shard, l.image * from->base_rows,
                        from->base_rows);
        at += lines_rows(n, &l);
    }
}

static void backward(const struct engine_pass *p, const struct plan_node *n,
                     int shard, int worker)
{
    struct image_input s = input_of(p, n);
    size_t first = shard_first(p, shard) * n->rows;
    size_t last = shard_first(p, shard + 1) * n->rows, k = window_size(n);
    real *dw = grad_block(p, &n->weights[0], shard);
    real *dx = scratch_of(p, worker, DCOLUMNS);

    for (size_t r = first, end; r < last; r = end) {
        end = chunk_end(n, r, last);
        const real *dy = grad_dy(p, n, r, end - r, scratch_of(p, worker, DY));
        const real *x = load_columns(p, n, &s, r, end, worker);
        p->k->gemm(true, false, n->c, k, end - r, dy, n->c, x, k, r > first, dw,
                   k, prefetch_first(p, worker));
        if (!n->in[0].grad)
            continue;
        multiply_backward(p, &n->weights[0], worker, end - r, dy, 0, dx);
        put_columns(p, n, shard, r, end, dx);
    }
}

static void geometry(const struct engine_plan *plan, const struct plan_node *n,
                     struct node_geometry *geo)
{
    (void)plan;
    geo->row_size = n->c + window_size(n);
    geo->line = (size_t)n->win.ow;
}

static size_t columns_size(const struct engine_plan *plan,
                           const struct plan_node *n)
{
    (void)plan;
    return n->chunk * window_size(n);
}

const struct node_op node_op_im2col = {
    .name = "im2col",
    .forward = forward,
    .backward = backward,
    .weights = {"weight"},
    .packing = &pack_matrices,
    .geometry = geometry,
    .scratch =
        {
            [INPUT] = chunks_image_size,
            [DY] = chunks_output_size,
            [COLUMNS] = columns_size,
            [DCOLUMNS] = columns_size,
        },
};
