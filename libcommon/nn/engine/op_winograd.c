/* SPDX-License-Identifier: MIT
 * Dense 3x3 convolution of stride 1 by Winograd's transforms (kern.h).  A chunk
 * is some lines of tiles, of several small images or of one large image: its
 * inputs transformed, 16 products, their results transformed.  Rows count
 * tiles here. */
#include "libcommon/nn/engine/ops.h"

#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/norm.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/engine/value.h"

/* Scratch arrays by use. */
enum { INPUT, DY, TILES, PRODUCTS, DINPUT, DWEIGHT };

/* What the passes over a shard share. */
struct pass {
    const struct engine *g;
    struct plan_node *n;
    int shard, worker;
    size_t cin, cout, columns, tiles;   /* tiles of a line, of an image */
    size_t first, last;     /* rows of the shard */
    size_t plane;           /* of the input's channels */
    size_t out_plane;       /* of the output's */
    struct frame frame;     /* of input images */
    struct value v;
    size_t loaded;          /* image in INPUT, counted from 1 */
};

static struct frame node_frame(const struct plan_node *n)
{
    const struct window *w = &n->win;

    return (struct frame){ 2 * winograd_lines(w) + 2,
                           2 * winograd_columns(w) + 2, (size_t)w->ph,
                           (size_t)w->pw, (size_t)w->h, (size_t)w->w,
                           (size_t)w->c };
}

static struct pass pass_of(const struct engine *g, struct plan_node *n, int shard,
                           int worker)
{
    struct pass p = {
        .g = g, .n = n, .shard = shard, .worker = worker,
        .cin = (size_t)n->win.c, .cout = n->c,
        .columns = winograd_columns(&n->win),
        .tiles = winograd_columns(&n->win) * winograd_lines(&n->win),
        .frame = node_frame(n),
        .v = value_of(g, n->in[0].from),
    };

    p.first = shard_first(g, shard) * p.tiles;
    p.last = shard_first(g, shard + 1) * p.tiles;
    p.plane = winograd_plane(n->chunk, p.cin);
    p.out_plane = winograd_plane(n->chunk, p.cout);
    return p;
}

static real *room(const struct pass *p, int which)
{
    return scratch_of(p->g, p->worker, which);
}

static size_t chunk_end(const struct pass *p, size_t r)
{
    return r + p->n->chunk < p->last ? r + p->n->chunk : p->last;
}

/* One line of tiles: where it is. */
struct line {
    size_t image, y;        /* of its image, the line's number */
    size_t h;               /* lines of outputs */
    size_t row;             /* the first of them, in the whole batch */
};

static struct line line_at(const struct pass *p, size_t r)
{
    size_t image = r / p->tiles, y = r % p->tiles / p->columns;
    size_t oh = (size_t)p->n->win.oh, ow = (size_t)p->n->win.ow;

    return (struct line){
        .image = image, .y = y, .h = 2 * y + 2 <= oh ? 2 : 1,
        .row = image * p->n->rows + 2 * y * ow,
    };
}

/* ---- forward ---- */

/* V of rows [r, end), an image being loaded once for all its chunks. */
static const real *load_tiles(struct pass *p, size_t r, size_t end)
{
    size_t step = frame_step(&p->frame);
    real *in = room(p, INPUT), *v = room(p, TILES);

    for (size_t at = r; at < end; at += p->columns) {
        struct line l = line_at(p, at);
        if (p->loaded != l.image + 1)
            value_load_padded(p->g, &p->v, l.image, &p->frame, in);
        p->loaded = l.image + 1;
        p->g->k->winograd_input(p->columns, p->cin, in + 2 * l.y * step, step,
                                v + (at - r) * p->cin, p->plane);
    }
    return v;
}

/* Y of rows [r, end). */
static void put_outputs(const struct pass *p, size_t r, size_t end)
{
    const real *m = room(p, PRODUCTS);
    size_t ow = (size_t)p->n->win.ow, rows = 0;

    for (size_t at = r; at < end; at += p->columns) {
        struct line l = line_at(p, at);
        p->g->k->winograd_output(l.h, ow, p->cout, m + (at - r) * p->cout,
                                 p->out_plane, p->n->y + l.row * p->cout);
        rows += l.h * ow;
    }
    norm_collect(p->g, p->n, p->shard, line_at(p, r).row, rows);
}

/* The 16 products, of `rows` rows: M = V U, or dV = dM U'. */
static void multiply(const struct pass *p, bool forward, size_t rows,
                     const real *x, real *y)
{
    const struct kernels *k = p->g->k;
    size_t in = forward ? p->cin : p->cout, out = forward ? p->cout : p->cin;
    size_t x_plane = forward ? p->plane : p->out_plane;
    size_t y_plane = forward ? p->out_plane : p->plane;
    size_t size = k->gemm_pack_size(out, in);

    for (size_t i = 0; i < 16; i++)
        k->gemm_packed(rows, out, in, x + i * x_plane, in,
                       p->n->weight.packed + i * size, 0, y + i * y_plane, out,
                       prefetch_first(p->g, p->worker));
}

void winograd_forward(const struct engine *g, struct plan_node *n, int shard,
                      int worker)
{
    struct pass p = pass_of(g, n, shard, worker);

    frame_clear(&p.frame, room(&p, INPUT));
    for (size_t r = p.first, end; r < p.last; r = end) {
        end = chunk_end(&p, r);
        const real *v = load_tiles(&p, r, end);
        multiply(&p, true, end - r, v, room(&p, PRODUCTS));
        put_outputs(&p, r, end);
    }
}

/* ---- backward ---- */

/* dM of rows [r, end). */
static const real *load_gradient(const struct pass *p, size_t r, size_t end)
{
    real *m = room(p, PRODUCTS);
    size_t ow = (size_t)p->n->win.ow;

    for (size_t at = r; at < end; at += p->columns) {
        struct line l = line_at(p, at);
        const real *dy = grad_dy(p->g, p->n, l.row, l.h * ow, room(p, DY));
        p->g->k->winograd_output_back(l.h, ow, p->cout, dy,
                                      m + (at - r) * p->cout, p->out_plane);
    }
    return m;
}

/* dU += V' dM, each stored transposed, (cout, cin). */
static void weight_gradient(const struct pass *p, size_t rows, const real *v,
                            const real *m, bool add)
{
    real *du = room(p, DWEIGHT);

    for (size_t i = 0; i < 16; i++)
        p->g->k->gemm(true, false, p->cout, p->cin, rows, m + i * p->out_plane,
                      p->cout, v + i * p->plane, p->cin, add,
                      du + i * p->cout * p->cin, p->cin,
                      prefetch_first(p->g, p->worker));
}

/* An image's gradient is all in DINPUT: its inside goes to the input's. */
static void put_image(const struct pass *p, size_t image)
{
    const struct plan_edge *e = &p->n->in[0];
    const struct frame *f = &p->frame;
    size_t first = image * f->h * f->w;
    const real *dx = room(p, DINPUT) + frame_inside(f);

    for (size_t y = 0; y < f->h; y++)
        grad_add(p->g, e, first + y * f->w, f->w, dx + y * frame_step(f));
    if (e->last)
        grad_finish(p->g, e->from, p->shard, first, f->h * f->w);
}

/* From dV of rows [r, end). */
static void input_gradient(const struct pass *p, size_t r, size_t end,
                           const real *v)
{
    size_t step = frame_step(&p->frame);
    real *dx = room(p, DINPUT);

    for (size_t at = r; at < end; at += p->columns) {
        struct line l = line_at(p, at);
        p->g->k->winograd_input_back(p->columns, p->cin,
                                     v + (at - r) * p->cin, p->plane, l.y == 0,
                                     dx + 2 * l.y * step, step);
        if ((at + p->columns) % p->tiles == 0)
            put_image(p, l.image);
    }
}

void winograd_backward(const struct engine *g, struct plan_node *n, int shard,
                       int worker)
{
    struct pass p = pass_of(g, n, shard, worker);
    real *dv = room(&p, TILES);     /* V is no longer wanted then */

    if (p.first == p.last)
        return;
    frame_clear(&p.frame, room(&p, INPUT));
    for (size_t r = p.first, end; r < p.last; r = end) {
        end = chunk_end(&p, r);
        const real *v = load_tiles(&p, r, end);
        const real *m = load_gradient(&p, r, end);
        weight_gradient(&p, end - r, v, m, r > p.first);
        if (!n->in[0].grad)
            continue;
        multiply(&p, false, end - r, m, dv);
        input_gradient(&p, r, end, dv);
    }
    g->k->winograd_weight_back(p.cout, p.cin, room(&p, DWEIGHT),
                               grad_block(g, &n->weight, shard));
}
