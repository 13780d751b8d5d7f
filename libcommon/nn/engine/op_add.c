/* SPDX-License-Identifier: MIT
 * This operator adds up two values, or copies one. */
#include "libcommon/nn/engine/node_op.h"

#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/nn/engine/chunks.h"
#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/norm.h"
#include "libcommon/nn/engine/pass.h"
#include "libcommon/nn/engine/value.h"

enum { INPUT, DY }; /* scratch */

#define MOST_INPUTS 2

static size_t ratio_of(const struct plan_node *n, const struct value *v)
{
    return v->rows / n->rows;
}

static bool can_fuse(const struct value *v)
{
    return !v->mul && !v->store;
}

static void add_rows(const struct engine_pass *p, const struct plan_node *n,
                     const struct value *v, size_t first, size_t last,
                     real *scratch)
{
    size_t size = (last - first) * n->c, k = 0;
    real *y = n->y + first * n->c;

    if (n->n_in >= 2 && (can_fuse(&v[0]) || can_fuse(&v[1]))) {
        int fused = can_fuse(&v[0]) && !v[0].plain ? 0 : can_fuse(&v[1]);
        /* y = a + b in one pass: a's epilogue is fused with the sum. */
        const struct value *a = &v[fused], *b = &v[1 - fused];
        const real *x = value_load(p, b, first * ratio_of(n, b),
                                   last * ratio_of(n, b), scratch);

        p->k->epilogue_forward(&a->epilogue, (last - first) * ratio_of(n, a),
                               a->c, a->data + first * n->c, x, y);
        k = 2;
    }
    for (; k < n->n_in; k++) {
        const real *x = value_load(p, &v[k], first * ratio_of(n, &v[k]),
                                   last * ratio_of(n, &v[k]), k ? scratch : y);
        if (k)
            p->k->add(size, x, y);
        else if (x != y)
            memcpy(y, x, size * sizeof *y);
    }
}

static void forward(const struct engine_pass *p, const struct plan_node *n,
                    int shard, int worker)
{
    size_t last = shard_first(p, shard + 1) * n->rows;
    struct value v[MOST_INPUTS];

    BUG_IF(n->n_in > MOST_INPUTS);
    for (size_t k = 0; k < n->n_in; k++)
        v[k] = value_of(p, n->in[k].from);
    for (size_t r = shard_first(p, shard) * n->rows, end; r < last; r = end) {
        end = chunk_end(n, r, last);
        add_rows(p, n, v, r, end, scratch_of(p, worker, INPUT));
        norm_collect(p, n, shard, r, end - r);
    }
}

/* Passes dy back to all inputs.  The input that shares d comes last, because
 * finishing it changes d. */
static void backward(const struct engine_pass *p, const struct plan_node *n,
                     int shard, int worker)
{
    size_t last = shard_first(p, shard + 1) * n->rows;

    for (size_t r = shard_first(p, shard) * n->rows, end; r < last; r = end) {
        end = chunk_end(n, r, last);
        const real *dy = grad_dy(p, n, r, end - r, scratch_of(p, worker, DY));
        for (size_t k = 0; k < 2 * n->n_in; k++) {
            const struct plan_edge *in = &n->in[k % n->n_in];
            bool shares = n->shared_in == (int)(k % n->n_in);
            if (shares != (k >= n->n_in) || !in->grad)
                continue;
            size_t ratio = p->plan->nodes[in->from].base_rows / n->rows;
            grad_put(p, in, shard, r * ratio, (end - r) * ratio, dy);
        }
    }
}

#define SUM                                                            \
    .forward = forward, .backward = backward, .reads_any_shape = true, \
    .hands_gradient_on = true, .splits_images = true,                  \
    .scratch = {                                                       \
        [INPUT] = chunks_input_size,                                   \
        [DY] = chunks_output_size,                                     \
    }

const struct node_op node_op_add = {
    .name = "add",
    SUM,
};

/* A copy stores a batch norm that stands alone, an activation that its input's
 * epilogue has no room for, or an input that a layer cannot read as it is. */
const struct node_op node_op_copy = {
    .name = "copy",
    SUM,
};
