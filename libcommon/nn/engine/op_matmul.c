/* SPDX-License-Identifier: MIT
 * Layers that are one matrix product: 1x1 convolution, linear.
 * Y (rows, cout) = X (rows, cin) W^T, W (cout, cin). */
#include "libcommon/nn/engine/ops.h"

#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/multiply.h"
#include "libcommon/nn/engine/norm.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/engine/value.h"

/* The rows of a shard, and how a row of ours counts in the input's geometry:
 * a linear layer reads a whole image as one row. */
struct extent {
    size_t first, last;     /* rows of y */
    size_t ratio;           /* input rows per row of y */
    size_t cin, cout;
};

static struct extent extent_of(const struct engine *g, const struct plan_node *n,
                               const struct value *v, int shard)
{
    return (struct extent){
        shard_first(g, shard) * n->rows, shard_first(g, shard + 1) * n->rows,
        v->rows / n->rows, n->weight.in, n->c,
    };
}

static size_t chunk_end(const struct plan_node *n, const struct extent *x, size_t r)
{
    return r + n->chunk < x->last ? r + n->chunk : x->last;
}

void matmul_forward(const struct engine *g, struct plan_node *n, int shard,
                     int worker)
{
    struct value v = value_of(g, n->in[0].from);
    struct extent x = extent_of(g, n, &v, shard);

    if (multiply_by_columns(g, n)) {
        multiply_columns_forward(g, &n->weight, shard, worker,
                                 scratch_of(g, worker, 3),
                                 (size_t)g->n * n->rows, v.data, n->y);
        return;
    }
    for (size_t r = x.first, end; r < x.last; r = end) {
        end = chunk_end(n, &x, r);
        const real *in = value_load(g, &v, r * x.ratio, end * x.ratio,
                                    scratch_of(g, worker, 0));
        multiply_forward(g, &n->weight, worker, end - r, in, n->y + r * x.cout);
        norm_collect(g, n, shard, r, end - r);
    }
}

/* d input of rows [r, end), straight into the producer's d. */
static void matmul_input(const struct engine *g, const struct plan_node *n,
                          const struct extent *x, int shard, int worker,
                          size_t r, size_t end, const real *dy)
{
    const struct plan_edge *e = &n->in[0];

    if (!e->grad)
        return;
    multiply_backward(g, &n->weight, worker, end - r, dy, e->first ? 0 : 1,
                  g->nodes[e->from].d + r * x->cin);
    if (e->last)
        grad_finish(g, e->from, shard, r * x->ratio, (end - r) * x->ratio);
}

/* The gradient of the weights comes later, from the whole batch. */
static void matmul_columns(const struct engine *g, const struct plan_node *n,
                            int shard, int worker)
{
    const struct plan_edge *e = &n->in[0];

    if (e->grad)
        multiply_columns_backward(g, &n->weight, shard, worker,
                                  scratch_of(g, worker, 3),
                                  (size_t)g->n * n->rows, n->d,
                                  e->first ? 0 : 1, g->nodes[e->from].d);
}

void matmul_backward(const struct engine *g, struct plan_node *n, int shard,
                      int worker)
{
    struct value v = value_of(g, n->in[0].from);
    struct extent x = extent_of(g, n, &v, shard);
    bool batch_wide = n->weight.batch_wide;

    if (multiply_by_columns(g, n)) {
        matmul_columns(g, n, shard, worker);
        return;
    }
    real *dw = batch_wide ? NULL : grad_block(g, &n->weight, shard);

    for (size_t r = x.first, end; r < x.last; r = end) {
        end = chunk_end(n, &x, r);
        /* dy stays in d's place if the whole batch's is wanted afterwards. */
        const real *dy = grad_dy(g, n, r, end - r, batch_wide
                                 ? n->d + r * x.cout
                                 : scratch_of(g, worker, 1));
        if (!batch_wide) {
            const real *in = value_load(g, &v, r * x.ratio, end * x.ratio,
                                        scratch_of(g, worker, 0));
            value_prefetch(g, &v, worker, end * x.ratio,
                        chunk_end(n, &x, end) * x.ratio);
            g->k->gemm(true, false, x.cout, x.cin, end - r, dy, x.cout, in,
                       x.cin, r > x.first, dw, x.cin, prefetch_first(g, worker));
        }
        matmul_input(g, n, &x, shard, worker, r, end, dy);
    }
}

void matmul_batch_wide(const struct engine *g, struct plan_node *n, int shard,
                   int worker)
{
    struct value v = value_of(g, n->in[0].from);

    if (n->weight.batch_wide)
        multiply_batch_wide(g, &n->weight, shard, worker, (size_t)g->n * n->rows,
                       n->d, v.data);
}
