/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/multiply.h"

#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/pass.h"

void multiply_forward(const struct engine_pass *p, const struct weight *w,
                      int worker, size_t rows, const real *x, real *y)
{
    const real *packed = p->flight->packed[w->id];
    struct prefetch *f = prefetch_first(p, worker);

    if (packed)
        p->k->gemm_packed(rows, w->out, w->in, x, w->in, packed, 0, y, w->out,
                          f);
    else
        p->k->gemm(false, true, rows, w->out, w->in, x, w->in, w->value, w->in,
                   0, y, w->out, f);
}

void multiply_backward(const struct engine_pass *p, const struct weight *w,
                       int worker, size_t rows, const real *dy, real beta,
                       real *dx)
{
    const real *packed = p->flight->packed[w->id];
    struct prefetch *f = prefetch_first(p, worker);

    if (packed)
        p->k->gemm_packed(rows, w->in, w->out, dy, w->out, packed, beta, dx,
                          w->in, f);
    else
        p->k->gemm(false, false, rows, w->in, w->out, dy, w->out, w->value,
                   w->in, beta, dx, w->in, f);
}

/* ---- by columns ---- */

/* A panel of columns stays in the second-level cache while all rows go by. */
#define PANEL 64

bool multiply_by_columns(const struct engine_pass *p, const struct plan_node *n)
{
    return n->by_columns && (size_t)p->n * n->rows >= MULTIPLY_PACK_ROWS;
}

size_t multiply_panel_size(const struct engine_plan *plan,
                           const struct plan_node *n)
{
    size_t in = n->weights[0].in, out = n->weights[0].out;

    return n->by_columns ? plan->k->gemm_pack_size(PANEL, in > out ? in : out)
                         : 0;
}

/* Returns the first of the shard's columns, of n in all.  Shards have whole
 * panels; only the last panel of all may be narrower. */
static size_t column_of(const struct engine_pass *p, size_t n, int shard)
{
    size_t panels = (n + PANEL - 1) / PANEL;
    size_t at = panels * (size_t)shard / (size_t)p->plan->opts.shards * PANEL;

    return at < n ? at : n;
}

/* Prefetches the next panel, `width` columns of B from `at` on. */
static void prefetch_panel(const struct engine_pass *p, int worker, bool tb,
                           size_t k, const real *b, size_t ldb, size_t at,
                           size_t width)
{
    if (tb)
        prefetch_next(p, worker, b + at * ldb, width, k, ldb);
    else
        prefetch_next(p, worker, b + at, k, width, ldb);
}

/* Computes the shard's columns of C (rows, n) = A (rows, k) B + beta C.  B is
 * stored as (k, n) or, with tb, as its transpose. */
static void columns(const struct engine_pass *p, int shard, int worker,
                    real *panel, bool tb, size_t rows, size_t n, size_t k,
                    const real *a, const real *b, size_t ldb, real beta,
                    real *c)
{
    size_t last = column_of(p, n, shard + 1);

    for (size_t at = column_of(p, n, shard), end; at < last; at = end) {
        end = at + PANEL < last ? at + PANEL : last;
        p->k->gemm_pack(tb, end - at, k, b + (tb ? at * ldb : at), ldb, 0,
                        tb ? end - at : k, panel);
        prefetch_panel(p, worker, tb, k, b, ldb, end,
                       end + PANEL < last ? PANEL : last - end);
        p->k->gemm_packed(rows, end - at, k, a, k, panel, beta, c + at, n,
                          prefetch_first(p, worker));
    }
}

void multiply_columns_forward(const struct engine_pass *p,
                              const struct weight *w, int shard, int worker,
                              real *panel, size_t rows, const real *x, real *y)
{
    columns(p, shard, worker, panel, true, rows, w->out, w->in, x, w->value,
            w->in, 0, y);
}

void multiply_columns_backward(const struct engine_pass *p,
                               const struct weight *w, int shard, int worker,
                               real *panel, size_t rows, const real *dy,
                               real beta, real *dx)
{
    columns(p, shard, worker, panel, false, rows, w->in, w->out, dy, w->value,
            w->in, beta, dx);
}

void multiply_prefetch_panel(const struct engine_pass *p,
                             const struct weight *w, int worker, int shard)
{
    size_t at = column_of(p, w->out, shard);
    size_t end = at + PANEL < w->out ? at + PANEL : w->out;

    prefetch_add(p, worker, w->value + at * w->in, (end - at) * w->in);
}

/* ---- over the whole batch ---- */

void multiply_batch_wide(const struct engine_pass *p, const struct weight *w,
                         int shard, int worker, size_t rows, const real *dy,
                         const real *x)
{
    size_t shards = (size_t)p->plan->opts.shards, s = (size_t)shard;
    size_t first = w->out * s / shards, last = w->out * (s + 1) / shards;

    if (first == last)
        return;
    p->k->gemm(true, false, last - first, w->in, rows, dy + first, w->out, x,
               w->in, 0, w->grad + first * w->in, w->in,
               prefetch_first(p, worker));
    grad_done(p, w->value + first * w->in, w->grad + first * w->in,
              (last - first) * w->in);
}
