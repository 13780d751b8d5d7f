/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/pack.h"

#include "libcommon/nn/engine/multiply.h"
#include "libcommon/nn/engine/pass.h"

bool pack_wanted(const struct engine_pass *p, const struct plan_node *n,
                 bool forward)
{
    return n && n->op->packing && !multiply_by_columns(p, n) &&
           n->op->packing->wanted(p, n, forward);
}

void pack_part(const struct engine_pass *p, const struct plan_node *n,
               bool forward, int shard)
{
    n->op->packing->part(p, n, forward, shard, p->flight->packs[1]);
}

static size_t packed_size(const struct engine_plan *plan,
                          const struct weight *w, bool forward)
{
    return forward ? plan->k->gemm_pack_size(w->out, w->in)
                   : plan->k->gemm_pack_size(w->in, w->out);
}

void pack_done(const struct engine_pass *p, const struct plan_node *n,
               bool forward)
{
    struct engine_flight *f = p->flight;
    real *packed = f->packs[1];

    f->packs[1] = f->packs[0];
    f->packs[0] = packed;
    for (size_t i = 0; i < n->n_weights; i++) {
        f->packed[n->weights[i].id] = packed;
        packed += packed_size(p->plan, &n->weights[i], forward);
    }
}

void pack_forget(const struct engine_pass *p, const struct plan_node *n)
{
    for (size_t i = 0; i < n->n_weights; i++)
        p->flight->packed[n->weights[i].id] = NULL;
}

size_t pack_size(const struct engine_plan *plan, const struct plan_node *n)
{
    return n->op->packing ? n->op->packing->size(plan, n) : 0;
}

/* ---- prefetching ---- */

bool pack_reads(const struct engine_pass *p, const struct plan_node *n,
                bool forward)
{
    return n->op->packing &&
           (n->op->packing->also_unpacked || pack_wanted(p, n, forward));
}

/* Returns the first row (out) of a part of a weight matrix. */
static size_t part_row(const struct engine_pass *p, const struct weight *w,
                       int shard)
{
    size_t units = (w->out + GEMM_PACK_ROWS - 1) / GEMM_PACK_ROWS;
    size_t row = units * (size_t)shard / (size_t)p->plan->opts.shards *
                 GEMM_PACK_ROWS;

    return row < w->out ? row : w->out;
}

void pack_prefetch(const struct engine_pass *p, const struct plan_node *n,
                   bool forward, int worker, int part)
{
    if (multiply_by_columns(p, n)) {
        if (forward)
            multiply_prefetch_panel(p, &n->weights[0], worker, part);
        return;
    }
    for (size_t i = 0; i < n->n_weights; i++) {
        const struct weight *w = &n->weights[i];
        size_t from = part_row(p, w, part), to = part_row(p, w, part + 1);

        prefetch_add(p, worker, w->value + from * w->in, (to - from) * w->in);
    }
}

/* ---- packing of matrices as they are ---- */

/* Backward reads a matrix unpacked, which is slow only where its rows are at
 * least this long. */
#define LONG_ROW 128

static bool matrices_wanted(const struct engine_pass *p,
                            const struct plan_node *n, bool forward)
{
    return (size_t)p->n * n->rows >= MULTIPLY_PACK_ROWS &&
           (forward || (n->in[0].grad && n->weights[0].in >= LONG_ROW));
}

void pack_matrices_part(const struct engine_pass *p, const struct plan_node *n,
                        bool forward, int shard, real *to)
{
    for (size_t i = 0; i < n->n_weights; i++) {
        const struct weight *w = &n->weights[i];
        p->k->gemm_pack(forward, forward ? w->out : w->in,
                        forward ? w->in : w->out, w->value, w->in,
                        part_row(p, w, shard), part_row(p, w, shard + 1), to);
        to += packed_size(p->plan, w, forward);
    }
}

size_t pack_matrices_size(const struct engine_plan *plan,
                          const struct plan_node *n)
{
    size_t size = 0;

    for (size_t i = 0; i < n->n_weights; i++) {
        size_t a = packed_size(plan, &n->weights[i], true);
        size_t b = packed_size(plan, &n->weights[i], false);
        size += a > b ? a : b;
    }
    return size;
}

const struct node_packing pack_matrices = {
    .wanted = matrices_wanted,
    .part = pack_matrices_part,
    .size = pack_matrices_size,
    .also_unpacked = true,
};
