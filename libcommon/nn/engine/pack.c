/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/flow.h"

/* Rows from which laying out a matrix costs little beside its product; forward,
 * fewer are dot products, which take it as it stands. */
#define WORTH_ROWS 48
/* Backward takes the matrix as it stands, which only hurts where its rows are
 * far apart. */
#define WIDE 128

void pack_forward(const struct engine *g, const struct weight *w, int worker,
                  size_t rows, const real *x, real *y)
{
    struct prefetch *f = prefetch_first(g, worker);

    if (w->packed)
        g->k->gemm_packed(rows, w->out, w->in, x, w->in, w->packed, 0, y,
                          w->out, f);
    else
        g->k->gemm(false, true, rows, w->out, w->in, x, w->in, w->value, w->in,
                   0, y, w->out, f);
}

void pack_backward(const struct engine *g, const struct weight *w, int worker,
                   size_t rows, const real *dy, real beta, real *dx)
{
    struct prefetch *f = prefetch_first(g, worker);

    if (w->packed)
        g->k->gemm_packed(rows, w->in, w->out, dy, w->out, w->packed, beta, dx,
                          w->in, f);
    else
        g->k->gemm(false, false, rows, w->in, w->out, dy, w->out, w->value,
                   w->in, beta, dx, w->in, f);
}

void whole_gradient(const struct engine *g, const struct weight *w, int shard,
                    int worker, size_t rows, const real *dy, const real *x)
{
    size_t shards = (size_t)g->opts.shards, s = (size_t)shard;
    size_t first = w->out * s / shards, last = w->out * (s + 1) / shards;

    if (first == last)
        return;
    g->k->gemm(true, false, last - first, w->in, rows, dy + first, w->out, x,
               w->in, 0, w->grad + first * w->in, w->in, prefetch_first(g, worker));
    grad_done(g, w->value + first * w->in, w->grad + first * w->in,
              (last - first) * w->in);
}

/* A panel of columns stays in the second-level cache while all rows go by. */
#define PANEL 64

/* Shard's part of n columns, in whole panels but for the last. */
static size_t column_of(const struct engine *g, size_t n, int shard)
{
    size_t panels = (n + PANEL - 1) / PANEL;
    size_t at = panels * (size_t)shard / (size_t)g->opts.shards * PANEL;

    return at < n ? at : n;
}

/* Columns of B from `at` are the next panel. */
static void prefetch_panel(const struct engine *g, int worker, bool tb, size_t k,
                        const real *b, size_t ldb, size_t at, size_t width)
{
    if (tb)
        prefetch_next(g, worker, b + at * ldb, width, k, ldb);
    else
        prefetch_next(g, worker, b + at, k, width, ldb);
}

/* C (rows, n) = A (rows, k) B + beta C, the shard's columns; B (k, n) or, with
 * tb, its transpose. */
static void columns(const struct engine *g, int shard, int worker, bool tb,
                    size_t rows, size_t n, size_t k, const real *a,
                    const real *b, size_t ldb, real beta, real *c)
{
    size_t last = column_of(g, n, shard + 1);
    real *panel = scratch_of(g, worker, 3);

    for (size_t at = column_of(g, n, shard), end; at < last; at = end) {
        end = at + PANEL < last ? at + PANEL : last;
        g->k->gemm_pack(tb, end - at, k, b + (tb ? at * ldb : at), ldb, 0,
                        tb ? end - at : k, panel);
        prefetch_panel(g, worker, tb, k, b, ldb, end,
                    end + PANEL < last ? PANEL : last - end);
        g->k->gemm_packed(rows, end - at, k, a, k, panel, beta, c + at, n,
                          prefetch_first(g, worker));
    }
}

void columns_forward(const struct engine *g, const struct weight *w, int shard,
                     int worker, size_t rows, const real *x, real *y)
{
    columns(g, shard, worker, true, rows, w->out, w->in, x, w->value, w->in, 0,
            y);
}

void columns_backward(const struct engine *g, const struct weight *w, int shard,
                      int worker, size_t rows, const real *dy, real beta,
                      real *dx)
{
    columns(g, shard, worker, false, rows, w->in, w->out, dy, w->value, w->in,
            beta, dx);
}

size_t pack_panel(const struct engine *g, const struct node *n)
{
    size_t longer = n->weight.in > n->weight.out ? n->weight.in : n->weight.out;

    return n->by_columns ? g->k->gemm_pack_size(PANEL, longer) : 0;
}

bool pack_by_columns(const struct engine *g, const struct node *n)
{
    return n->by_columns && (size_t)g->n * n->rows >= WORTH_ROWS;
}

bool pack_wanted(const struct engine *g, const struct node *n, bool forward)
{
    if (!n || pack_by_columns(g, n))
        return false;
    if (n->kind == NODE_SE)             /* an image is a row */
        return forward && g->n >= WORTH_ROWS;
    if (n->kind == NODE_WINOGRAD)       /* it has no other weights */
        return forward || n->in[0].grad;
    if ((size_t)g->n * n->rows < WORTH_ROWS)
        return false;
    if (n->kind != NODE_PRODUCT && n->kind != NODE_CONV)
        return false;
    return forward || (n->in[0].grad && n->weight.in >= WIDE);
}

bool pack_reads(const struct engine *g, const struct node *n, bool forward)
{
    return n->se || n->kind == NODE_PRODUCT || n->kind == NODE_CONV ||
           pack_wanted(g, n, forward);
}

static size_t size_of(const struct engine *g, const struct weight *w,
                      bool forward)
{
    return forward ? g->k->gemm_pack_size(w->out, w->in)
                   : g->k->gemm_pack_size(w->in, w->out);
}

/* The first row (out) of a part. */
static size_t part_row(const struct engine *g, const struct weight *w,
                       int shard)
{
    size_t units = (w->out + GEMM_PACK_ROWS - 1) / GEMM_PACK_ROWS;
    size_t row = units * (size_t)shard / (size_t)g->opts.shards *
                 GEMM_PACK_ROWS;

    return row < w->out ? row : w->out;
}

static void part_of(const struct engine *g, const struct weight *w,
                    bool forward, int shard, real *to)
{
    g->k->gemm_pack(forward, forward ? w->out : w->in,
                    forward ? w->in : w->out, w->value, w->in,
                    part_row(g, w, shard), part_row(g, w, shard + 1), to);
}

static void prefetch_part(const struct engine *g, const struct weight *w,
                       int worker, int part)
{
    size_t from = part_row(g, w, part), to = part_row(g, w, part + 1);

    prefetch_add(g, worker, w->value + from * w->in, (to - from) * w->in);
}

/* Of the shard's own columns. */
static void prefetch_first_panel(const struct engine *g, const struct weight *w,
                              int worker, int shard)
{
    size_t at = column_of(g, w->out, shard);
    size_t end = at + PANEL < w->out ? at + PANEL : w->out;

    prefetch_add(g, worker, w->value + at * w->in, (end - at) * w->in);
}

void pack_prefetch(const struct engine *g, const struct node *n, bool forward,
                int worker, int part)
{
    if (n->se) {
        prefetch_part(g, &n->se->reduce, worker, part);
        prefetch_part(g, &n->se->expand, worker, part);
    } else if (!pack_by_columns(g, n)) {
        prefetch_part(g, &n->weight, worker, part);
    } else if (forward) {
        prefetch_first_panel(g, &n->weight, worker, part);
    }
}

/* A Winograd node's 16 matrices, behind them room for the transposed ones they
 * are made from.  A part is some of the four rows of four. */
static size_t winograd_size(const struct engine *g, const struct node *n,
                            bool forward)
{
    size_t cout = n->c, cin = (size_t)n->win.c;

    return forward ? g->k->gemm_pack_size(cout, cin)
                   : g->k->gemm_pack_size(cin, cout);
}

static void part_of_winograd(const struct engine *g, const struct node *n,
                             bool forward, int shard, real *to)
{
    size_t cout = n->c, cin = (size_t)n->win.c, matrix = cout * cin;
    size_t size = winograd_size(g, n, forward);
    size_t columns = forward ? cout : cin, rows = forward ? cin : cout;
    size_t s = (size_t)shard, shards = (size_t)g->opts.shards;

    for (size_t y = 4 * s / shards; y < 4 * (s + 1) / shards; y++) {
        real *u = to + 16 * size + 4 * y * matrix;
        g->k->winograd_weight(cout, cin, y, n->weight.value, u);
        for (size_t x = 0; x < 4; x++)
            g->k->gemm_pack(forward, columns, rows, u + x * matrix, cin, 0,
                            cout, to + (4 * y + x) * size);
    }
}

void pack_part(const struct engine *g, const struct node *n, bool forward,
               int shard)
{
    real *to = g->packs[1];

    if (n->kind == NODE_WINOGRAD) {
        part_of_winograd(g, n, forward, shard, to);
    } else if (n->se) {
        part_of(g, &n->se->reduce, forward, shard, to);
        part_of(g, &n->se->expand, forward, shard,
                to + size_of(g, &n->se->reduce, forward));
    } else {
        part_of(g, &n->weight, forward, shard, to);
    }
}

void pack_done(struct engine *g, struct node *n, bool forward)
{
    real *swap = g->packs[0];

    g->packs[0] = g->packs[1];
    g->packs[1] = swap;
    if (n->se) {
        n->se->reduce.packed = g->packs[0];
        n->se->expand.packed = g->packs[0] +
                               size_of(g, &n->se->reduce, forward);
    } else {
        n->weight.packed = g->packs[0];
    }
}

void pack_forget(struct node *n)
{
    n->weight.packed = NULL;
    if (n->se)
        n->se->reduce.packed = n->se->expand.packed = NULL;
}

size_t pack_size(const struct engine *g, const struct node *n)
{
    if (n->se)
        return size_of(g, &n->se->reduce, true) +
               size_of(g, &n->se->expand, true);
    if (n->kind == NODE_WINOGRAD) {
        size_t a = winograd_size(g, n, true), b = winograd_size(g, n, false);
        return 16 * ((a > b ? a : b) + n->c * (size_t)n->win.c);
    }
    if (n->kind != NODE_PRODUCT && n->kind != NODE_CONV)
        return 0;
    size_t a = size_of(g, &n->weight, true), b = size_of(g, &n->weight, false);
    return a > b ? a : b;
}
