/* SPDX-License-Identifier: MIT
 * A 1x1 convolution and a linear layer are one matmul:
 * Y (rows, cout) = X (rows, cin) W^T, W (cout, cin). */
#include "libcommon/nn/engine/node_op.h"

#include "libcommon/base/log.h"
#include "libcommon/nn/engine/chunks.h"
#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/multiply.h"
#include "libcommon/nn/engine/norm.h"
#include "libcommon/nn/engine/pack.h"
#include "libcommon/nn/engine/pass.h"
#include "libcommon/nn/engine/value.h"

enum { INPUT, DY, PANEL }; /* scratch */

/* An extent is the rows of a shard.  A linear layer reads all of an image as
 * one row, so a row of y can be several rows of the input. */
struct extent {
    size_t first, last; /* rows of y */
    size_t ratio;       /* input rows per row of y */
    size_t cin, cout;
};

static struct extent extent_of(const struct engine_pass *p,
                               const struct plan_node *n, const struct value *v,
                               int shard)
{
    return (struct extent){
        shard_first(p, shard) * n->rows,
        shard_first(p, shard + 1) * n->rows,
        v->rows / n->rows,
        n->weights[0].in,
        n->c,
    };
}

static void forward(const struct engine_pass *p, const struct plan_node *n,
                    int shard, int worker)
{
    struct value v = value_of(p, n->in[0].from);
    struct extent x = extent_of(p, n, &v, shard);

    if (multiply_by_columns(p, n)) {
        BUG_IF(!v.plain);
        multiply_columns_forward(p, &n->weights[0], shard, worker,
                                 scratch_of(p, worker, PANEL),
                                 (size_t)p->n * n->rows, v.data, n->y);
        return;
    }
    for (size_t r = x.first, end; r < x.last; r = end) {
        end = chunk_end(n, r, x.last);
        const real *in = value_load(p, &v, r * x.ratio, end * x.ratio,
                                    scratch_of(p, worker, INPUT));
        multiply_forward(p, &n->weights[0], worker, end - r, in,
                         n->y + r * x.cout);
        norm_collect(p, n, shard, r, end - r);
    }
}

/* Adds the input's gradient of rows [r, end) to the producer's d, or writes
 * it. */
static void input_gradient(const struct engine_pass *p,
                           const struct plan_node *n, const struct extent *x,
                           int shard, int worker, size_t r, size_t end,
                           const real *dy)
{
    const struct plan_edge *e = &n->in[0];

    if (!e->grad)
        return;
    multiply_backward(p, &n->weights[0], worker, end - r, dy, e->first ? 0 : 1,
                      p->plan->nodes[e->from].d + r * x->cin);
    if (e->last)
        grad_finish(p, e->from, shard, r * x->ratio, (end - r) * x->ratio);
}

/* Computes the shard's columns of the input's gradient.  That of the weights is
 * computed later, over the whole batch. */
static void columns_backward(const struct engine_pass *p,
                             const struct plan_node *n, int shard, int worker)
{
    const struct plan_edge *e = &n->in[0];

    if (e->grad)
        multiply_columns_backward(p, &n->weights[0], shard, worker,
                                  scratch_of(p, worker, PANEL),
                                  (size_t)p->n * n->rows, n->d,
                                  e->first ? 0 : 1, p->plan->nodes[e->from].d);
}

static void backward(const struct engine_pass *p, const struct plan_node *n,
                     int shard, int worker)
{
    struct value v = value_of(p, n->in[0].from);
    struct extent x = extent_of(p, n, &v, shard);
    bool batch_wide = n->weights[0].batch_wide;

    if (multiply_by_columns(p, n)) {
        columns_backward(p, n, shard, worker);
        return;
    }
    real *dw = batch_wide ? NULL : grad_block(p, &n->weights[0], shard);

    for (size_t r = x.first, end; r < x.last; r = end) {
        end = chunk_end(n, r, x.last);
        /* dy overwrites d if dy of the whole batch is read afterwards. */
        const real *dy = grad_dy(p, n, r, end - r,
                                 batch_wide ? n->d + r * x.cout
                                            : scratch_of(p, worker, DY));
        if (!batch_wide) {
            const real *in = value_load(p, &v, r * x.ratio, end * x.ratio,
                                        scratch_of(p, worker, INPUT));
            value_prefetch(p, &v, worker, end * x.ratio,
                           chunk_end(n, end, x.last) * x.ratio);
            p->k->gemm(true, false, x.cout, x.cin, end - r, dy, x.cout, in,
                       x.cin, r > x.first, dw, x.cin,
                       prefetch_first(p, worker));
        }
        input_gradient(p, n, &x, shard, worker, r, end, dy);
    }
}

static void batch_wide(const struct engine_pass *p, const struct plan_node *n,
                       int shard, int worker)
{
    struct value v = value_of(p, n->in[0].from);

    if (!n->weights[0].batch_wide)
        return;
    BUG_IF(!v.plain);
    multiply_batch_wide(p, &n->weights[0], shard, worker,
                        (size_t)p->n * n->rows, n->d, v.data);
}

static bool is_pointwise(const struct engine_plan *plan,
                         const struct plan_node *n)
{
    const struct window *w = &n->win;

    (void)plan;
    return w->kh == 1 && w->kw == 1 && w->sh == 1 && w->sw == 1 && w->ph == 0 &&
           w->pw == 0;
}

#define ONE_MATMUL                                                            \
    .forward = forward, .backward = backward, .batch_wide = batch_wide,       \
    .weights = {"weight"}, .shares_columns = true, .packing = &pack_matrices, \
    .splits_images = true,                                                    \
    .scratch = {                                                              \
        [INPUT] = chunks_input_size,                                          \
        [DY] = chunks_output_size,                                            \
        [PANEL] = multiply_panel_size,                                        \
    }

const struct node_op node_op_pointwise = {
    .name = "pointwise",
    .fits = is_pointwise,
    ONE_MATMUL,
};

const struct node_op node_op_linear = {
    .name = "linear",
    .reads_any_shape = true,
    ONE_MATMUL,
};
