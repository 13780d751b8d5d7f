/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/factors.h"

#include <string.h>

#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/pass.h"
#include "libcommon/nn/engine/value.h"

void factors_finish(const struct engine_pass *p, const struct plan_node *n,
                    size_t first, size_t rows, real *dfactors)
{
    struct value v = value_of(p, n->in[0].from);

    for (size_t r = first; r < first + rows; r += v.rows)
        p->k->epilogue_dot(&v.epilogue, v.rows, v.c, v.data + r * v.c,
                           n->d + r * v.c, dfactors + r / v.rows * v.c);
}

void factors_backward(const struct engine_pass *p, const struct plan_node *n,
                      int shard, real *scratch, const real *dmean)
{
    size_t first = shard_first(p, shard), last = shard_first(p, shard + 1);
    size_t rows = n->base_rows, size = rows * n->c;
    const struct plan_edge *e = &n->in[0];

    if (!e->grad || first == last)
        return;
    if (n->shared_in == 0) {
        grad_finish_scaled(p, e->from, shard, first, last - first,
                           n->factors + first * n->c,
                           dmean ? dmean + first * n->c : NULL);
        return;
    }
    for (size_t i = first; i < last; i++) {
        const struct epilogue t = {.mul = n->factors + i * n->c};
        real *to = p->plan->nodes[e->from].d + i * size;
        if (dmean) {
            memcpy(scratch, n->d + i * size, size * sizeof *scratch);
            p->k->epilogue_backward(&t, 1, rows, n->c, scratch,
                                    dmean + i * n->c, scratch, NULL, NULL);
            grad_put(p, e, shard, i * rows, rows, scratch);
            continue;
        }
        p->k->epilogue_forward(&t, rows, n->c, n->d + i * size,
                               e->first ? NULL : to, to);
        if (e->last)
            grad_finish(p, e->from, shard, i * rows, rows);
    }
}
