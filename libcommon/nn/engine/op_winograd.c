/* SPDX-License-Identifier: MIT
 * Dense 3x3 convolution of stride 1 by Winograd's transforms (kern.h).  A chunk
 * is some lines of tiles, of several small images or of one large image.  Its
 * inputs are transformed, 16 matmuls follow, and their results are transformed.
 * Rows are tiles here. */
#include "libcommon/nn/engine/node_op.h"

#include "libcommon/nn/engine/frame.h"
#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/norm.h"
#include "libcommon/nn/engine/pass.h"
#include "libcommon/nn/engine/value.h"

enum { INPUT, DY, TILES, MATMULS, DINPUT, DWEIGHT }; /* scratch */

/* The multiplications saved in an image must make up for the transforms of the
 * weights, which cost the same for a batch of any size.  The cost per weight
 * was measured; it is larger if the weights are too many for the caches. */
static bool fits(const struct engine_plan *plan, const struct plan_node *n)
{
    const struct window *w = &n->win;
    size_t direct = 9 * (size_t)w->oh * (size_t)w->ow;
    size_t ours = 16 * winograd_lines(w) * winograd_columns(w);
    size_t weights = 160 + (size_t)w->c * n->c / 256;

    (void)plan;
    return w->kh == 3 && w->kw == 3 && w->sh == 1 && w->sw == 1 &&
           direct >= ours + weights;
}

/* A tiling is what the functions below share about a node and a shard. */
struct tiling {
    const struct engine_pass *p;
    const struct plan_node *n;
    int shard, worker;
    size_t cin, cout, columns, tiles; /* tiles of a line, of an image */
    size_t first, last;               /* rows of the shard */
    size_t plane;                     /* of the input's channels */
    size_t out_plane;                 /* of the output's */
    struct frame frame;               /* of input images */
    struct value v;
    size_t loaded; /* image in INPUT, counted from 1 */
};

static struct tiling tiling_of(const struct engine_pass *p,
                               const struct plan_node *n, int shard, int worker)
{
    const struct window *w = &n->win;
    size_t lines = winograd_lines(w), columns = winograd_columns(w);
    struct tiling t = {
        .p = p,
        .n = n,
        .shard = shard,
        .worker = worker,
        .cin = (size_t)w->c,
        .cout = n->c,
        .columns = columns,
        .tiles = columns * lines,
        .frame = {2 * lines + 2, 2 * columns + 2, (size_t)w->ph, (size_t)w->pw,
                  (size_t)w->h, (size_t)w->w, (size_t)w->c},
        .v = value_of(p, n->in[0].from),
    };

    t.first = shard_first(p, shard) * t.tiles;
    t.last = shard_first(p, shard + 1) * t.tiles;
    t.plane = winograd_plane(n->chunk, t.cin);
    t.out_plane = winograd_plane(n->chunk, t.cout);
    return t;
}

static real *room(const struct tiling *t, int which)
{
    return scratch_of(t->p, t->worker, which);
}

static size_t chunk_end(const struct tiling *t, size_t r)
{
    return r + t->n->chunk < t->last ? r + t->n->chunk : t->last;
}

/* A tile_line says where a line of tiles lies. */
struct tile_line {
    size_t image, y; /* of its image, the line's number */
    size_t h;        /* lines of outputs */
    size_t row;      /* the first of them, in the whole batch */
};

static struct tile_line line_at(const struct tiling *t, size_t r)
{
    size_t image = r / t->tiles, y = r % t->tiles / t->columns;
    size_t oh = (size_t)t->n->win.oh, ow = (size_t)t->n->win.ow;

    return (struct tile_line){
        .image = image,
        .y = y,
        .h = 2 * y + 2 <= oh ? 2 : 1,
        .row = image * t->n->rows + 2 * y * ow,
    };
}

/* ---- forward ---- */

/* Computes V of rows [r, end); an image is loaded once for all its chunks. */
static const real *load_tiles(struct tiling *t, size_t r, size_t end)
{
    size_t step = frame_step(&t->frame);
    real *in = room(t, INPUT), *v = room(t, TILES);

    for (size_t at = r; at < end; at += t->columns) {
        struct tile_line l = line_at(t, at);
        if (t->loaded != l.image + 1)
            frame_load(t->p, &t->v, l.image, &t->frame, in);
        t->loaded = l.image + 1;
        t->p->k->winograd_input(t->columns, t->cin, in + 2 * l.y * step, step,
                                v + (at - r) * t->cin, t->plane);
    }
    return v;
}

/* Computes Y of rows [r, end). */
static void put_outputs(const struct tiling *t, size_t r, size_t end)
{
    const real *m = room(t, MATMULS);
    size_t ow = (size_t)t->n->win.ow, rows = 0;

    for (size_t at = r; at < end; at += t->columns) {
        struct tile_line l = line_at(t, at);
        t->p->k->winograd_output(l.h, ow, t->cout, m + (at - r) * t->cout,
                                 t->out_plane, t->n->y + l.row * t->cout);
        rows += l.h * ow;
    }
    norm_collect(t->p, t->n, t->shard, line_at(t, r).row, rows);
}

/* Computes the 16 matmuls of `rows` rows: M = V U, or dV = dM U'. */
static void multiply(const struct tiling *t, bool forward, size_t rows,
                     const real *x, real *y)
{
    const struct kernels *k = t->p->k;
    const real *packed = t->p->flight->packed[t->n->weights[0].id];
    size_t in = forward ? t->cin : t->cout, out = forward ? t->cout : t->cin;
    size_t x_plane = forward ? t->plane : t->out_plane;
    size_t y_plane = forward ? t->out_plane : t->plane;
    size_t size = k->gemm_pack_size(out, in);

    for (size_t i = 0; i < 16; i++)
        k->gemm_packed(rows, out, in, x + i * x_plane, in, packed + i * size, 0,
                       y + i * y_plane, out, prefetch_first(t->p, t->worker));
}

static void forward(const struct engine_pass *p, const struct plan_node *n,
                    int shard, int worker)
{
    struct tiling t = tiling_of(p, n, shard, worker);

    frame_clear(&t.frame, room(&t, INPUT));
    for (size_t r = t.first, end; r < t.last; r = end) {
        end = chunk_end(&t, r);
        const real *v = load_tiles(&t, r, end);
        multiply(&t, true, end - r, v, room(&t, MATMULS));
        put_outputs(&t, r, end);
    }
}

/* ---- backward ---- */

/* Computes dM of rows [r, end). */
static const real *load_gradient(const struct tiling *t, size_t r, size_t end)
{
    real *m = room(t, MATMULS);
    size_t ow = (size_t)t->n->win.ow;

    for (size_t at = r; at < end; at += t->columns) {
        struct tile_line l = line_at(t, at);
        const real *dy = grad_dy(t->p, t->n, l.row, l.h * ow, room(t, DY));
        t->p->k->winograd_output_back(l.h, ow, t->cout, dy,
                                      m + (at - r) * t->cout, t->out_plane);
    }
    return m;
}

/* Adds an image's gradient, which is complete in DINPUT, to the input's d. */
static void put_image(const struct tiling *t, size_t image)
{
    const struct plan_edge *e = &t->n->in[0];
    const struct frame *f = &t->frame;
    size_t first = image * f->h * f->w;
    const real *dx = room(t, DINPUT) + frame_inside(f);

    for (size_t y = 0; y < f->h; y++)
        grad_add(t->p, e, first + y * f->w, f->w, dx + y * frame_step(f));
    if (e->last)
        grad_finish(t->p, e->from, t->shard, first, f->h * f->w);
}

/* Computes the input's gradient from dV of rows [r, end). */
static void input_gradient(const struct tiling *t, size_t r, size_t end,
                           const real *v)
{
    size_t step = frame_step(&t->frame);
    real *dx = room(t, DINPUT);

    for (size_t at = r; at < end; at += t->columns) {
        struct tile_line l = line_at(t, at);
        t->p->k->winograd_input_back(t->columns, t->cin, v + (at - r) * t->cin,
                                     t->plane, l.y == 0, dx + 2 * l.y * step,
                                     step);
        if ((at + t->columns) % t->tiles == 0)
            put_image(t, l.image);
    }
}

static void backward(const struct engine_pass *p, const struct plan_node *n,
                     int shard, int worker)
{
    struct tiling t = tiling_of(p, n, shard, worker);
    real *dv = room(&t, TILES); /* V is no longer wanted then */

    if (t.first == t.last)
        return;
    frame_clear(&t.frame, room(&t, INPUT));
    for (size_t r = t.first, end; r < t.last; r = end) {
        end = chunk_end(&t, r);
        const real *v = load_tiles(&t, r, end);
        const real *m = load_gradient(&t, r, end);
        /* dU = V' dM, stored transposed, as 16 matrices (cout, cin). */
        for (size_t i = 0; i < 16; i++)
            p->k->gemm(true, false, t.cout, t.cin, end - r, m + i * t.out_plane,
                       t.cout, v + i * t.plane, t.cin, r > t.first,
                       room(&t, DWEIGHT) + i * t.cout * t.cin, t.cin,
                       prefetch_first(p, worker));
        if (!n->in[0].grad)
            continue;
        multiply(&t, false, end - r, m, dv);
        input_gradient(&t, r, end, dv);
    }
    p->k->winograd_weight_back(t.cout, t.cin, room(&t, DWEIGHT),
                               grad_block(p, &n->weights[0], shard));
}

/* ---- packing ---- */

static bool pack_is_wanted(const struct engine_pass *p,
                           const struct plan_node *n, bool forward)
{
    (void)p;
    return forward || n->in[0].grad;
}

/* Returns the size of one of the 16 matrices, packed. */
static size_t matrix_size(const struct engine_plan *plan,
                          const struct plan_node *n, bool forward)
{
    size_t cout = n->c, cin = (size_t)n->win.c;

    return forward ? plan->k->gemm_pack_size(cout, cin)
                   : plan->k->gemm_pack_size(cin, cout);
}

/* Behind the packed matrices there is room for the transposed matrices that
 * they are packed from. */
static size_t packed_size(const struct engine_plan *plan,
                          const struct plan_node *n)
{
    size_t a = matrix_size(plan, n, true), b = matrix_size(plan, n, false);

    return 16 * ((a > b ? a : b) + n->c * (size_t)n->win.c);
}

/* The 16 matrices are four rows of four; a part is some of these rows. */
static void pack_rows(const struct engine_pass *p, const struct plan_node *n,
                      bool forward, int shard, real *to)
{
    size_t cout = n->c, cin = (size_t)n->win.c, matrix = cout * cin;
    size_t size = matrix_size(p->plan, n, forward);
    size_t columns = forward ? cout : cin, rows = forward ? cin : cout;
    size_t s = (size_t)shard, shards = (size_t)p->plan->opts.shards;

    for (size_t y = 4 * s / shards; y < 4 * (s + 1) / shards; y++) {
        real *u = to + 16 * size + 4 * y * matrix;
        p->k->winograd_weight(cout, cin, y, n->weights[0].value, u);
        for (size_t x = 0; x < 4; x++)
            p->k->gemm_pack(forward, columns, rows, u + x * matrix, cin, 0,
                            cout, to + (4 * y + x) * size);
    }
}

static const struct node_packing packing = {
    .wanted = pack_is_wanted,
    .part = pack_rows,
    .size = packed_size,
};

/* ---- geometry, scratch ---- */

static void geometry(const struct engine_plan *plan, const struct plan_node *n,
                     struct node_geometry *geo)
{
    (void)plan;
    geo->row_size = 16 * (n->c + (size_t)n->win.c);
    geo->line = winograd_columns(&n->win);
    geo->image_rows = winograd_lines(&n->win) * winograd_columns(&n->win);
}

static size_t input_size(const struct engine_plan *plan,
                         const struct plan_node *n)
{
    (void)plan;
    return winograd_buffer(&n->win);
}

static size_t tiles_size(const struct engine_plan *plan,
                         const struct plan_node *n)
{
    (void)plan;
    return 16 * winograd_plane(n->chunk, (size_t)n->win.c);
}

static size_t matmuls_size(const struct engine_plan *plan,
                           const struct plan_node *n)
{
    (void)plan;
    return 16 * winograd_plane(n->chunk, n->c);
}

static bool trains(const struct engine_plan *plan, const struct plan_node *n)
{
    return plan->opts.training && n->learns;
}

static size_t dy_size(const struct engine_plan *plan, const struct plan_node *n)
{
    return trains(plan, n) ? 2 * (size_t)n->win.ow * n->c : 0;
}

static size_t dinput_size(const struct engine_plan *plan,
                          const struct plan_node *n)
{
    return trains(plan, n) ? winograd_buffer(&n->win) : 0;
}

static size_t dweight_size(const struct engine_plan *plan,
                           const struct plan_node *n)
{
    return trains(plan, n) ? 16 * (size_t)n->win.c * n->c : 0;
}

const struct node_op node_op_winograd = {
    .name = "winograd",
    .fits = fits,
    .forward = forward,
    .backward = backward,
    .weights = {"weight"},
    .packing = &packing,
    .geometry = geometry,
    .scratch =
        {
            [INPUT] = input_size,
            [DY] = dy_size,
            [TILES] = tiles_size,
            [MATMULS] = matmuls_size,
            [DINPUT] = dinput_size,
            [DWEIGHT] = dweight_size,
        },
};
