/* SPDX-License-Identifier: MIT
 * Depthwise convolution is done some images at a time. */
#include "libcommon/nn/engine/node_op.h"

#include "libcommon/nn/engine/chunks.h"
#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/norm.h"
#include "libcommon/nn/engine/pass.h"
#include "libcommon/nn/engine/value.h"

enum { INPUT, DY, DINPUT }; /* scratch */

/* A depthwise kernel has little to do between its loads, so its chunks are
 * closer in size to the first-level cache than other operators'. */
#define BUDGET (64 * 1024)

static bool fits(const struct engine_plan *plan, const struct plan_node *n)
{
    (void)plan;
    return layer_is_depthwise(n->layer);
}

/* Returns the first image after the chunk that begins with image i. */
static size_t images_end(const struct plan_node *n, size_t i, size_t last)
{
    size_t end = i + n->chunk / n->rows;

    return end < last ? end : last;
}

static void forward(const struct engine_pass *p, const struct plan_node *n,
                    int shard, int worker)
{
    struct value v = value_of(p, n->in[0].from);
    size_t last = shard_first(p, shard + 1);

    for (size_t i = shard_first(p, shard), end; i < last; i = end) {
        end = images_end(n, i, last);
        const real *in = value_load(p, &v, i * v.rows, end * v.rows,
                                    scratch_of(p, worker, INPUT));
        p->k->dw_forward(&n->win, end - i, in, n->weights[0].value,
                         n->y + i * n->rows * n->c);
        norm_collect(p, n, shard, i * n->rows, (end - i) * n->rows);
    }
}

static void input_gradient(const struct engine_pass *p,
                           const struct plan_node *n, int shard, int worker,
                           size_t first, size_t images, const real *dy)
{
    const struct plan_edge *e = &n->in[0];
    size_t rows = (size_t)n->win.h * (size_t)n->win.w;

    if (!e->grad)
        return;
    real *dx = e->first ? p->plan->nodes[e->from].d + first * rows * n->c
                        : scratch_of(p, worker, DINPUT);
    p->k->dw_backward(&n->win, images, dy, n->weights[0].value, dx);
    grad_put(p, e, shard, first * rows, images * rows, dx);
}

static void backward(const struct engine_pass *p, const struct plan_node *n,
                     int shard, int worker)
{
    struct value v = value_of(p, n->in[0].from);
    size_t last = shard_first(p, shard + 1);
    real *dw = grad_block(p, &n->weights[0], shard);

    for (size_t i = shard_first(p, shard), end; i < last; i = end) {
        end = images_end(n, i, last);
        const real *in = value_load(p, &v, i * v.rows, end * v.rows,
                                    scratch_of(p, worker, INPUT));
        const real *dy = grad_dy(p, n, i * n->rows, (end - i) * n->rows,
                                 scratch_of(p, worker, DY));
        p->k->dw_weight(&n->win, end - i, in, dy, dw);
        input_gradient(p, n, shard, worker, i, end - i, dy);
    }
}

static void geometry(const struct engine_plan *plan, const struct plan_node *n,
                     struct node_geometry *geo)
{
    (void)plan;
    (void)n;
    geo->budget = BUDGET;
    geo->whole_images = true;
}

const struct node_op node_op_depthwise = {
    .name = "depthwise",
    .fits = fits,
    .forward = forward,
    .backward = backward,
    .weights = {"weight"},
    .adds_to_blocks = true,
    .geometry = geometry,
    .scratch =
        {
            [INPUT] = chunks_input_size,
            [DY] = chunks_output_size,
            [DINPUT] = chunks_input_size,
        },
};
