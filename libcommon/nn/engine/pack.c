/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/pack.h"

#include "libcommon/nn/engine/multiply.h"
#include "libcommon/nn/engine/state.h"

bool pack_wanted(const struct engine *g, const struct plan_node *n,
                 bool forward)
{
    return n && n->op->packing && !multiply_by_columns(g, n) &&
           n->op->packing->wanted(g, n, forward);
}

void pack_part(const struct engine *g, const struct plan_node *n, bool forward,
               int shard)
{
    n->op->packing->part(g, n, forward, shard, g->packs[1]);
}

static size_t packed_size(const struct engine *g, const struct weight *w,
                          bool forward)
{
    return forward ? g->k->gemm_pack_size(w->out, w->in)
                   : g->k->gemm_pack_size(w->in, w->out);
}

void pack_done(struct engine *g, struct plan_node *n, bool forward)
{
    real *packed = g->packs[1];

    g->packs[1] = g->packs[0];
    g->packs[0] = packed;
    for (size_t i = 0; i < n->n_weights; i++) {
        n->weights[i].packed = packed;
        packed += packed_size(g, &n->weights[i], forward);
    }
}

void pack_forget(struct plan_node *n)
{
    for (size_t i = 0; i < n->n_weights; i++)
        n->weights[i].packed = NULL;
}

size_t pack_size(const struct engine *g, const struct plan_node *n)
{
    return n->op->packing ? n->op->packing->size(g, n) : 0;
}

/* ---- prefetching ---- */

bool pack_reads(const struct engine *g, const struct plan_node *n,
                bool forward)
{
    return n->op->packing &&
           (n->op->packing->also_unpacked || pack_wanted(g, n, forward));
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

static void prefetch_part(const struct engine *g, const struct weight *w,
                          int worker, int part)
{
    size_t from = part_row(g, w, part), to = part_row(g, w, part + 1);

    prefetch_add(g, worker, w->value + from * w->in, (to - from) * w->in);
}

void pack_prefetch(const struct engine *g, const struct plan_node *n,
                   bool forward, int worker, int part)
{
    if (multiply_by_columns(g, n)) {
        if (forward)
            multiply_prefetch_panel(g, &n->weights[0], worker, part);
        return;
    }
    for (size_t i = 0; i < n->n_weights; i++)
        prefetch_part(g, &n->weights[i], worker, part);
}

/* ---- packing of matrices as they are ---- */

/* Backward takes a matrix as it stands, which only hurts where its rows are
 * long. */
#define LONG_ROW 128

static bool matrices_wanted(const struct engine *g, const struct plan_node *n,
                            bool forward)
{
    return (size_t)g->n * n->rows >= MULTIPLY_PACK_ROWS &&
           (forward || (n->in[0].grad && n->weights[0].in >= LONG_ROW));
}

void pack_matrices_part(const struct engine *g, const struct plan_node *n,
                        bool forward, int shard, real *to)
{
    for (size_t i = 0; i < n->n_weights; i++) {
        const struct weight *w = &n->weights[i];
        g->k->gemm_pack(forward, forward ? w->out : w->in,
                        forward ? w->in : w->out, w->value, w->in,
                        part_row(g, w, shard), part_row(g, w, shard + 1), to);
        to += packed_size(g, w, forward);
    }
}

size_t pack_matrices_size(const struct engine *g, const struct plan_node *n)
{
    size_t size = 0;

    for (size_t i = 0; i < n->n_weights; i++) {
        size_t a = packed_size(g, &n->weights[i], true);
        size_t b = packed_size(g, &n->weights[i], false);
        size += a > b ? a : b;
    }
    return size;
}

const struct node_packing pack_matrices = {
    .wanted = matrices_wanted, .part = pack_matrices_part,
    .size = pack_matrices_size, .also_unpacked = true,
};
