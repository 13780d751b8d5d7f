/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/grad.h"

#include <string.h>

#include "libcommon/nn/engine/node_op.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/engine/value.h"

/* The epilogue whose inside a node's own gradient is taken to: a view's only has
 * its activation on top of what its input gives. */
static struct value own_epilogue(const struct engine *g, const struct plan_node *n)
{
    struct value v;

    if (!node_is_view(n))
        return (struct value){
            .data = n->y, .rows = n->rows, .c = n->c,
            .epilogue = { n->act, n->norm ? n->norm->scale : NULL,
                      n->norm ? n->norm->shift : n->bias, NULL } };
    v = value_of(g, n->in[0].from);
    v.epilogue.act = n->act;
    return v;
}

void grad_finish(const struct engine *g, int node, int shard, size_t first,
                 size_t rows)
{
    const struct plan_node *n = &g->nodes[node];
    double *sums = n->sums ? sums_of(n, shard) : NULL;

    if (n->op->finish) {
        n->op->finish(g, n, first, rows);
        return;
    }
    if (!n->act && !sums)
        return;
    struct value v = own_epilogue(g, n);
    g->k->epilogue_backward(&v.epilogue, 1, rows, v.c, v.data + first * v.c, NULL,
                        n->d + first * v.c, sums, sums ? sums + v.c : NULL);
}

void grad_finish_scaled(const struct engine *g, int node, int shard, size_t image,
                    size_t images, const real *mul, const real *dmean)
{
    const struct plan_node *n = &g->nodes[node];
    bool stored = !node_is_view(n);
    struct value v = own_epilogue(g, n);
    double *sums = stored && n->sums ? sums_of(n, shard) : NULL;
    size_t first = image * v.rows;

    if (!stored)            /* only the factor; the rest as usual */
        v.epilogue = (struct epilogue){ 0 };
    v.epilogue.mul = mul;
    g->k->epilogue_backward(&v.epilogue, images, v.rows, v.c, v.data + first * v.c,
                        dmean, n->d + first * v.c, sums,
                        sums ? sums + v.c : NULL);
    if (!stored)
        grad_finish(g, node, shard, first, images * v.rows);
}

void grad_add(const struct engine *g, const struct plan_edge *e, size_t first,
              size_t rows, const real *d)
{
    const struct plan_node *p = &g->nodes[e->from];
    size_t n = rows * p->base_c;
    real *to = p->d + first * p->base_c;

    if (to != d && e->first)
        memcpy(to, d, n * sizeof *to);
    else if (to != d)
        g->k->add(n, d, to);
}

void grad_put(const struct engine *g, const struct plan_edge *e, int shard,
              size_t first, size_t rows, const real *d)
{
    if (!e->grad)
        return;
    grad_add(g, e, first, rows, d);
    if (e->last)
        grad_finish(g, e->from, shard, first, rows);
}

const real *grad_dy(const struct engine *g, const struct plan_node *n, size_t first,
                    size_t rows, real *scratch)
{
    size_t at = first * n->c;

    if (!n->norm)
        return n->d + at;
    g->k->norm_backward(rows, n->c, n->d + at, n->y + at, n->norm->a,
                        n->norm->b, n->norm->s, scratch);
    return scratch;
}

real *grad_block(const struct engine *g, const struct weight *w, int shard)
{
    return g->opts.shards == 1 ? w->grad : g->blocks[shard] + w->block;
}

void grad_done(const struct engine *g, real *value, const real *grad, size_t n)
{
    if (g->update && grad && n > 0)
        g->update(g->update_ctx, value, grad, n);
}
