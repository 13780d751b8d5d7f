/* SPDX-License-Identifier: MIT
 * Maximum and average pooling go image by image. */
#include "libcommon/nn/engine/node_op.h"

#include <string.h>

#include "libcommon/nn/engine/chunks.h"
#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/memory.h"
#include "libcommon/nn/engine/pass.h"
#include "libcommon/nn/engine/value.h"

enum { INPUT, DY }; /* scratch */

/* The two poolings differ in what they do with image i; x, y, dy and dx are
 * that image's. */
typedef void image_fn(const struct engine_pass *p, const struct plan_node *n,
                      size_t i, const real *x, real *y);
typedef void image_back_fn(const struct engine_pass *p,
                           const struct plan_node *n, size_t i, const real *dy,
                           real *dx);

static void pool(const struct engine_pass *p, const struct plan_node *n,
                 int shard, int worker, image_fn *fn)
{
    struct value v = value_of(p, n->in[0].from);
    size_t last = shard_first(p, shard + 1), size = n->rows * n->c;

    for (size_t i = shard_first(p, shard); i < last; i++) {
        const real *x = value_load(p, &v, i * v.rows, (i + 1) * v.rows,
                                   scratch_of(p, worker, INPUT));
        fn(p, n, i, x, n->y + i * size);
    }
}

static void pool_back(const struct engine_pass *p, const struct plan_node *n,
                      int shard, int worker, image_back_fn *fn)
{
    const struct plan_edge *e = &n->in[0];
    size_t last = shard_first(p, shard + 1);
    size_t rows = (size_t)n->win.h * (size_t)n->win.w, size = rows * n->c;

    if (!e->grad)
        return;
    for (size_t i = shard_first(p, shard); i < last; i++) {
        const real *dy = grad_dy(p, n, i * n->rows, n->rows,
                                 scratch_of(p, worker, DY));
        real *dx = p->plan->nodes[e->from].d + i * size;
        if (e->first)
            memset(dx, 0, size * sizeof *dx);
        fn(p, n, i, dy, dx);
        if (e->last)
            grad_finish(p, e->from, shard, i * rows, rows);
    }
}

#define IMAGE_SCRATCH                    \
    .scratch = {                         \
        [INPUT] = chunks_image_size,     \
        [DY] = chunks_output_image_size, \
    }

/* ---- maximum ---- */

/* Returns the positions of the maxima of image i, which backward reads, or
 * NULL. */
static int32_t *winners_of(const struct plan_node *n, size_t i)
{
    int32_t *winners = n->own;

    return winners ? winners + i * n->rows * n->c : NULL;
}

static void max_image(const struct engine_pass *p, const struct plan_node *n,
                      size_t i, const real *x, real *y)
{
    p->k->maxpool(&n->win, x, y, winners_of(n, i));
}

static void max_image_back(const struct engine_pass *p,
                           const struct plan_node *n, size_t i, const real *dy,
                           real *dx)
{
    p->k->maxpool_back(&n->win, dy, winners_of(n, i), dx);
}

static void max_forward(const struct engine_pass *p, const struct plan_node *n,
                        int shard, int worker)
{
    pool(p, n, shard, worker, max_image);
}

static void max_backward(const struct engine_pass *p, const struct plan_node *n,
                         int shard, int worker)
{
    pool_back(p, n, shard, worker, max_image_back);
}

static void max_memory(const struct engine_plan *plan, struct plan_node *n,
                       struct engine_memory *m)
{
    if (plan->opts.training && n->learns)
        n->own = memory_zeroed(m, (size_t)plan->opts.batch * n->rows * n->c,
                               sizeof(int32_t));
}

const struct node_op node_op_maxpool = {
    .name = "maxpool",
    .forward = max_forward,
    .backward = max_backward,
    .own_memory = max_memory,
    IMAGE_SCRATCH,
};

/* ---- average ---- */

static void average_image(const struct engine_pass *p,
                          const struct plan_node *n, size_t i, const real *x,
                          real *y)
{
    (void)i;
    p->k->avgpool(&n->win, x, y);
}

static void average_image_back(const struct engine_pass *p,
                               const struct plan_node *n, size_t i,
                               const real *dy, real *dx)
{
    (void)i;
    p->k->avgpool_back(&n->win, dy, dx);
}

static void average_forward(const struct engine_pass *p,
                            const struct plan_node *n, int shard, int worker)
{
    pool(p, n, shard, worker, average_image);
}

static void average_backward(const struct engine_pass *p,
                             const struct plan_node *n, int shard, int worker)
{
    pool_back(p, n, shard, worker, average_image_back);
}

const struct node_op node_op_avgpool = {
    .name = "avgpool",
    .forward = average_forward,
    .backward = average_backward,
    IMAGE_SCRATCH,
};
