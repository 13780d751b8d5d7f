/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/pack.h"

#include "libcommon/nn/engine/multiply.h"
#include "libcommon/nn/engine/state.h"

/* Backward takes the matrix as it stands, which only hurts where its rows are
 * long. */
#define LONG_ROW 128

bool pack_wanted(const struct engine *g, const struct plan_node *n, bool forward)
{
    if (!n || multiply_by_columns(g, n))
        return false;
    if (n->kind == NODE_SE)             /* an image is a row */
        return forward && g->n >= MULTIPLY_PACK_ROWS;
    if (n->kind == NODE_WINOGRAD)       /* it has no other weights */
        return forward || n->in[0].grad;
    if ((size_t)g->n * n->rows < MULTIPLY_PACK_ROWS)
        return false;
    if (n->kind != NODE_MATMUL && n->kind != NODE_IM2COL)
        return false;
    return forward || (n->in[0].grad && n->weight.in >= LONG_ROW);
}

bool pack_reads(const struct engine *g, const struct plan_node *n, bool forward)
{
    return n->se || n->kind == NODE_MATMUL || n->kind == NODE_IM2COL ||
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

void pack_prefetch(const struct engine *g, const struct plan_node *n, bool forward,
                int worker, int part)
{
    if (n->se) {
        prefetch_part(g, &n->se->reduce, worker, part);
        prefetch_part(g, &n->se->expand, worker, part);
    } else if (!multiply_by_columns(g, n)) {
        prefetch_part(g, &n->weight, worker, part);
    } else if (forward) {
        multiply_prefetch_panel(g, &n->weight, worker, part);
    }
}

/* A Winograd node's 16 matrices, behind them room for the transposed ones they
 * are made from.  A part is some of the four rows of four. */
static size_t winograd_size(const struct engine *g, const struct plan_node *n,
                            bool forward)
{
    size_t cout = n->c, cin = (size_t)n->win.c;

    return forward ? g->k->gemm_pack_size(cout, cin)
                   : g->k->gemm_pack_size(cin, cout);
}

static void part_of_winograd(const struct engine *g, const struct plan_node *n,
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

void pack_part(const struct engine *g, const struct plan_node *n, bool forward,
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

void pack_done(struct engine *g, struct plan_node *n, bool forward)
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

void pack_forget(struct plan_node *n)
{
    n->weight.packed = NULL;
    if (n->se)
        n->se->reduce.packed = n->se->expand.packed = NULL;
}

size_t pack_size(const struct engine *g, const struct plan_node *n)
{
    if (n->se)
        return size_of(g, &n->se->reduce, true) +
               size_of(g, &n->se->expand, true);
    if (n->kind == NODE_WINOGRAD) {
        size_t a = winograd_size(g, n, true), b = winograd_size(g, n, false);
        return 16 * ((a > b ? a : b) + n->c * (size_t)n->win.c);
    }
    if (n->kind != NODE_MATMUL && n->kind != NODE_IM2COL)
        return 0;
    size_t a = size_of(g, &n->weight, true), b = size_of(g, &n->weight, false);
    return a > b ? a : b;
}
