/* SPDX-License-Identifier: MIT
 * Dense convolution: patches of the input become rows of a matrix, the rest is
 * a product.  Small images are done several at a time, large ones some output
 * lines at a time. */
#include "libcommon/nn/engine/ops.h"

#include <string.h>

#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/multiply.h"
#include "libcommon/nn/engine/norm.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/engine/value.h"

/* Output lines [first, last) of image, part of a chunk. */
struct lines {
    size_t image;
    int first, last;
};

static size_t patch_of(const struct plan_node *n)
{
    return n->weight.in;
}

/* Walks chunks of rows r..end as pieces that lie within one image. */
static struct lines next_lines(const struct plan_node *n, size_t r, size_t end)
{
    size_t ow = (size_t)n->win.ow, image = r / n->rows;
    size_t stop = (image + 1) * n->rows;

    if (end < stop)
        stop = end;
    return (struct lines){ image, (int)((r - image * n->rows) / ow),
                           (int)((stop - image * n->rows) / ow) };
}

static size_t lines_rows(const struct plan_node *n, const struct lines *l)
{
    return (size_t)(l->last - l->first) * (size_t)n->win.ow;
}

/* The input, an image at a time; one that is done in several pieces is loaded
 * once. */
struct source {
    struct value v;
    const real *x;          /* of image `loaded`, NULL = none yet */
    size_t loaded;
};

static struct source source_of(const struct engine *g, const struct plan_node *n)
{
    return (struct source){ .v = value_of(g, n->in[0].from) };
}

/* The patches behind rows [r, end) of y, into scratch 2. */
static const real *load_patches(const struct engine *g, const struct plan_node *n,
                                struct source *s, size_t r, size_t end,
                                int worker)
{
    real *to = scratch_of(g, worker, 2);

    for (size_t at = r; at < end; ) {
        struct lines l = next_lines(n, at, end);
        if (!s->x || s->loaded != l.image)
            s->x = value_load(g, &s->v, l.image * s->v.rows,
                              (l.image + 1) * s->v.rows,
                              scratch_of(g, worker, 0));
        s->loaded = l.image;
        g->k->im2col(&n->win, s->x, l.first, l.last,
                      to + (at - r) * patch_of(n));
        at += lines_rows(n, &l);
    }
    return to;
}

static size_t chunk_end(const struct plan_node *n, size_t r, size_t last)
{
    return r + n->chunk < last ? r + n->chunk : last;
}

void im2col_forward(const struct engine *g, struct plan_node *n, int shard, int worker)
{
    struct source s = source_of(g, n);
    size_t last = shard_first(g, shard + 1) * n->rows;

    for (size_t r = shard_first(g, shard) * n->rows, end; r < last; r = end) {
        end = chunk_end(n, r, last);
        const real *x = load_patches(g, n, &s, r, end, worker);
        multiply_forward(g, &n->weight, worker, end - r, x, n->y + r * n->c);
        norm_collect(g, n, shard, r, end - r);
    }
}

/* Gradients of patches, scratch 3, back onto the input's d. */
static void put_patches(const struct engine *g, const struct plan_node *n, int shard,
                        size_t r, size_t end, const real *dx)
{
    const struct plan_edge *e = &n->in[0];
    const struct plan_node *p = &g->nodes[e->from];
    size_t size = p->base_rows * p->base_c;

    for (size_t at = r; at < end; ) {
        struct lines l = next_lines(n, at, end);
        real *d = p->d + l.image * size;
        if (e->first && l.first == 0)
            memset(d, 0, size * sizeof *d);
        g->k->col2im(&n->win, dx + (at - r) * patch_of(n), l.first,
                           l.last, d);
        if (e->last && l.last == n->win.oh)
            grad_finish(g, e->from, shard, l.image * p->base_rows,
                        p->base_rows);
        at += lines_rows(n, &l);
    }
}

void im2col_backward(const struct engine *g, struct plan_node *n, int shard,
                   int worker)
{
    struct source s = source_of(g, n);
    size_t first = shard_first(g, shard) * n->rows;
    size_t last = shard_first(g, shard + 1) * n->rows, k = patch_of(n);
    real *dw = grad_block(g, &n->weight, shard);
    real *dx = scratch_of(g, worker, 3);

    for (size_t r = first, end; r < last; r = end) {
        end = chunk_end(n, r, last);
        const real *dy = grad_dy(g, n, r, end - r, scratch_of(g, worker, 1));
        const real *x = load_patches(g, n, &s, r, end, worker);
        g->k->gemm(true, false, n->c, k, end - r, dy, n->c, x, k,
                   r > first, dw, k, prefetch_first(g, worker));
        if (!n->in[0].grad)
            continue;
        multiply_backward(g, &n->weight, worker, end - r, dy, 0, dx);
        put_patches(g, n, shard, r, end, dx);
    }
}
