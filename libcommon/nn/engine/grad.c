/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/grad.h"

#include <string.h>

#include "libcommon/nn/engine/node_op.h"
#include "libcommon/nn/engine/pass.h"
#include "libcommon/nn/engine/value.h"

/* Returns the stored numbers and the epilogue that a node's own gradient is
 * taken back through.  Of a view, that is its own activation on the value of
 * its input. */
static struct value own_epilogue(const struct engine_pass *p,
                                 const struct plan_node *n)
{
    struct value v;

    if (!node_is_view(n))
        return (struct value){
            .data = n->y,
            .rows = n->rows,
            .c = n->c,
            .epilogue = {n->act, n->norm ? n->norm->scale : NULL,
                         n->norm ? n->norm->shift : n->bias, NULL}};
    v = value_of(p, n->in[0].from);
    v.epilogue.act = n->act;
    return v;
}

void grad_finish(const struct engine_pass *p, int node, int shard, size_t first,
                 size_t rows)
{
    const struct plan_node *n = &p->plan->nodes[node];
    double *sums = n->sums ? sums_of(n, shard) : NULL;

    if (n->op->finish) {
        n->op->finish(p, n, first, rows);
        return;
    }
    if (!n->act && !sums)
        return;
    struct value v = own_epilogue(p, n);
    p->k->epilogue_backward(&v.epilogue, 1, rows, v.c, v.data + first * v.c,
                            NULL, n->d + first * v.c, sums,
                            sums ? sums + v.c : NULL);
}

void grad_finish_scaled(const struct engine_pass *p, int node, int shard,
                        size_t image, size_t images, const real *mul,
                        const real *dmean)
{
    const struct plan_node *n = &p->plan->nodes[node];
    bool stored = !node_is_view(n);
    struct value v = own_epilogue(p, n);
    double *sums = stored && n->sums ? sums_of(n, shard) : NULL;
    size_t first = image * v.rows;

    if (!stored) /* the factors alone; grad_finish does the rest */
        v.epilogue = (struct epilogue){0};
    v.epilogue.mul = mul;
    p->k->epilogue_backward(&v.epilogue, images, v.rows, v.c,
                            v.data + first * v.c, dmean, n->d + first * v.c,
                            sums, sums ? sums + v.c : NULL);
    if (!stored)
        grad_finish(p, node, shard, first, images * v.rows);
}

void grad_add(const struct engine_pass *p, const struct plan_edge *e,
              size_t first, size_t rows, const real *d)
{
    const struct plan_node *from = &p->plan->nodes[e->from];
    size_t n = rows * from->base_c;
    real *to = from->d + first * from->base_c;

    if (to != d && e->first)
        memcpy(to, d, n * sizeof *to);
    else if (to != d)
        p->k->add(n, d, to);
}

void grad_put(const struct engine_pass *p, const struct plan_edge *e, int shard,
              size_t first, size_t rows, const real *d)
{
    if (!e->grad)
        return;
    grad_add(p, e, first, rows, d);
    if (e->last)
        grad_finish(p, e->from, shard, first, rows);
}

const real *grad_dy(const struct engine_pass *p, const struct plan_node *n,
                    size_t first, size_t rows, real *scratch)
{
    size_t at = first * n->c;

    if (!n->norm)
        return n->d + at;
    p->k->norm_backward(rows, n->c, n->d + at, n->y + at, n->norm->a,
                        n->norm->b, n->norm->s, scratch);
    return scratch;
}

real *grad_block(const struct engine_pass *p, const struct weight *w, int shard)
{
    return p->plan->opts.shards == 1 ? w->grad
                                     : p->buffers->blocks[shard] + w->block;
}

void grad_done(const struct engine_pass *p, real *value, const real *grad,
               size_t n)
{
    if (p->update && grad && n > 0)
        p->update(p->update_ctx, value, grad, n);
}
