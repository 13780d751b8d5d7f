/* SPDX-License-Identifier: MIT
 * Maximum, average and global average pooling, image by image. */
#include "libcommon/nn/engine/ops.h"

#include <string.h>

#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/norm.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/engine/value.h"

void pool_forward(const struct engine *g, struct plan_node *n, int shard, int worker)
{
    struct value v = value_of(g, n->in[0].from);
    size_t last = shard_first(g, shard + 1), size = n->rows * n->c;

    for (size_t i = shard_first(g, shard); i < last; i++) {
        const real *x = value_load(g, &v, i * v.rows, (i + 1) * v.rows,
                                   scratch_of(g, worker, 0));
        if (n->kind == NODE_MAXPOOL)
            g->k->maxpool(&n->win, x, n->y + i * size,
                          n->arg ? n->arg + i * size : NULL);
        else
            g->k->avgpool(&n->win, x, n->y + i * size);
        norm_collect(g, n, shard, i * n->rows, n->rows);
    }
}

void pool_backward(const struct engine *g, struct plan_node *n, int shard,
                   int worker)
{
    const struct plan_edge *e = &n->in[0];
    size_t last = shard_first(g, shard + 1);
    size_t rows = (size_t)n->win.h * (size_t)n->win.w, size = rows * n->c;

    if (!e->grad)
        return;
    for (size_t i = shard_first(g, shard); i < last; i++) {
        const real *dy = grad_dy(g, n, i * n->rows, n->rows,
                                 scratch_of(g, worker, 1));
        real *dx = g->nodes[e->from].d + i * size;
        if (e->first)
            memset(dx, 0, size * sizeof *dx);
        if (n->kind == NODE_MAXPOOL)
            g->k->maxpool_back(&n->win, dy, n->arg + i * n->rows * n->c, dx);
        else
            g->k->avgpool_back(&n->win, dy, dx);
        if (e->last)
            grad_finish(g, e->from, shard, i * rows, rows);
    }
}

void globalpool_forward(const struct engine *g, struct plan_node *n, int shard,
                        int worker)
{
    struct value v = value_of(g, n->in[0].from);
    size_t last = shard_first(g, shard + 1);

    for (size_t i = shard_first(g, shard); i < last; i++) {
        struct epilogue t = v.epilogue;
        const real *x = v.data + i * v.rows * v.c;
        if (v.mul || v.store) {
            x = value_load(g, &v, i * v.rows, (i + 1) * v.rows,
                           scratch_of(g, worker, 0));
            t = (struct epilogue){ 0 };
        }
        g->k->epilogue_mean(&t, v.rows, v.c, x, n->y + i * n->c);
        norm_collect(g, n, shard, i, 1);
    }
}

void globalpool_backward(const struct engine *g, struct plan_node *n, int shard,
                         int worker)
{
    const struct plan_edge *e = &n->in[0];
    size_t last = shard_first(g, shard + 1);

    if (!e->grad)
        return;
    const struct plan_node *p = &g->nodes[e->from];
    size_t rows = p->base_rows;
    for (size_t i = shard_first(g, shard); i < last; i++) {
        const real *dy = grad_dy(g, n, i, 1, scratch_of(g, worker, 1));
        real *dx = e->first ? p->d + i * rows * n->c
                            : scratch_of(g, worker, 2);
        g->k->spread(rows, n->c, dy, dx);
        grad_put(g, e, shard, i * rows, rows, dx);
    }
}
