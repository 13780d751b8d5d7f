/* SPDX-License-Identifier: MIT
 * This operator multiplies two values.  If the second has one number per image
 * and channel, these numbers become factors in the epilogue of the first and
 * nothing is stored (factors.h); otherwise the values have the same shape, and
 * their product is stored. */
#include "libcommon/nn/engine/node_op.h"

#include <string.h>

#include "libcommon/nn/engine/chunks.h"
#include "libcommon/nn/engine/factors.h"
#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/memory.h"
#include "libcommon/nn/engine/pass.h"
#include "libcommon/nn/engine/value.h"

enum { INPUT, OTHER, DY, DINPUT }; /* scratch */

/* ---- by a number per channel ---- */

static bool is_gate(const struct engine_plan *plan, const struct plan_node *n)
{
    const int64_t *by = net_shape(plan->net, n->layer->inputs.v[1])->v;

    return n->rows > 1 && by[0] == 1 && by[1] == 1;
}

/* n->own is the gradient of the factors (n, c), NULL if nobody wants it. */
static void gate_memory(const struct engine_plan *plan, struct plan_node *n,
                        struct engine_memory *m)
{
    size_t size = (size_t)plan->opts.batch * n->c;

    n->factors = memory_reals(m, size);
    if (plan->opts.training && n->in[1].grad)
        n->own = memory_reals(m, size);
}

static void gate_forward(const struct engine_pass *p, const struct plan_node *n,
                         int shard, int worker)
{
    struct value x = value_of(p, n->in[0].from);
    struct value by = value_of(p, n->in[1].from);
    size_t first = shard_first(p, shard), last = shard_first(p, shard + 1);
    real *factors = n->factors + first * n->c;
    const real *from = value_load(p, &by, first, last, factors);

    (void)worker;
    if (from != factors)
        memcpy(factors, from, (last - first) * n->c * sizeof *factors);
    if (x.store) /* the engine expects that a reader has stored it */
        value_load(p, &x, first * x.rows, last * x.rows, NULL);
}

static void gate_finish(const struct engine_pass *p, const struct plan_node *n,
                        size_t first, size_t rows)
{
    if (n->own)
        factors_finish(p, n, first, rows, n->own);
}

static void gate_backward(const struct engine_pass *p,
                          const struct plan_node *n, int shard, int worker)
{
    size_t first = shard_first(p, shard), last = shard_first(p, shard + 1);
    const real *dfactors = n->own;

    (void)worker;
    factors_backward(p, n, shard, NULL, NULL);
    if (dfactors)
        grad_put(p, &n->in[1], shard, first, last - first,
                 dfactors + first * n->c);
}

const struct node_op node_op_gate = {
    .name = "gate",
    .fits = is_gate,
    .forward = gate_forward,
    .backward = gate_backward,
    .finish = gate_finish,
    .reads_no_factors = true,
    .view = true,
    .factors = true,
    .passes_map_on = true,
    .hands_gradient_on = true,
    .own_memory = gate_memory,
};

/* ---- element by element ---- */

static void forward(const struct engine_pass *p, const struct plan_node *n,
                    int shard, int worker)
{
    struct value a = value_of(p, n->in[0].from);
    struct value b = value_of(p, n->in[1].from);
    size_t last = shard_first(p, shard + 1) * n->rows;

    for (size_t r = shard_first(p, shard) * n->rows, end; r < last; r = end) {
        end = chunk_end(n, r, last);
        p->k->mul((end - r) * n->c,
                  value_load(p, &a, r, end, scratch_of(p, worker, INPUT)),
                  value_load(p, &b, r, end, scratch_of(p, worker, OTHER)),
                  n->y + r * n->c);
    }
}

static void backward(const struct engine_pass *p, const struct plan_node *n,
                     int shard, int worker)
{
    size_t last = shard_first(p, shard + 1) * n->rows;
    real *dx = scratch_of(p, worker, DINPUT);

    for (size_t r = shard_first(p, shard) * n->rows, end; r < last; r = end) {
        end = chunk_end(n, r, last);
        const real *dy = grad_dy(p, n, r, end - r, scratch_of(p, worker, DY));
        for (size_t k = 0; k < 2; k++) {
            struct value other = value_of(p, n->in[1 - k].from);
            if (!n->in[k].grad)
                continue;
            p->k->mul(
                (end - r) * n->c, dy,
                value_load(p, &other, r, end, scratch_of(p, worker, OTHER)),
                dx);
            grad_put(p, &n->in[k], shard, r, end - r, dx);
        }
    }
}

const struct node_op node_op_mul = {
    .name = "mul",
    .forward = forward,
    .backward = backward,
    .splits_images = true,
    .scratch =
        {
            [INPUT] = chunks_input_size,
            [OTHER] = chunks_input_size,
            [DY] = chunks_output_size,
            [DINPUT] = chunks_input_size,
        },
};
