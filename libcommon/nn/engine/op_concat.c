/* SPDX-License-Identifier: MIT
 * This operator sets the channels of several inputs side by side. */
#include "libcommon/nn/engine/node_op.h"

#include <string.h>

#include "libcommon/nn/engine/chunks.h"
#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/pass.h"
#include "libcommon/nn/engine/value.h"

enum { INPUT, DY }; /* scratch; INPUT also for its gradient */

/* Copies rows of c reals that are from_step apart to rows to_step apart. */
static void copy_rows(size_t rows, size_t c, const real *from, size_t from_step,
                      real *to, size_t to_step)
{
    for (; rows-- > 0; from += from_step, to += to_step)
        memcpy(to, from, c * sizeof *to);
}

static void forward(const struct engine_pass *p, const struct plan_node *n,
                    int shard, int worker)
{
    size_t last = shard_first(p, shard + 1) * n->rows;

    for (size_t r = shard_first(p, shard) * n->rows, end; r < last; r = end) {
        real *y = n->y + r * n->c;

        end = chunk_end(n, r, last);
        for (size_t k = 0; k < n->n_in; k++) {
            struct value v = value_of(p, n->in[k].from);
            const real *x = value_load(p, &v, r, end,
                                       scratch_of(p, worker, INPUT));

            copy_rows(end - r, v.c, x, v.c, y, n->c);
            y += v.c;
        }
    }
}

static void backward(const struct engine_pass *p, const struct plan_node *n,
                     int shard, int worker)
{
    size_t last = shard_first(p, shard + 1) * n->rows;
    real *dx = scratch_of(p, worker, INPUT);

    for (size_t r = shard_first(p, shard) * n->rows, end; r < last; r = end) {
        const real *dy;

        end = chunk_end(n, r, last);
        dy = grad_dy(p, n, r, end - r, scratch_of(p, worker, DY));
        for (size_t k = 0; k < n->n_in; k++) {
            const struct ints *in = net_shape(p->plan->net,
                                              n->layer->inputs.v[k]);
            size_t c = (size_t)in->v[2]; /* channels */

            if (n->in[k].grad) {
                copy_rows(end - r, c, dy, n->c, dx, c);
                grad_put(p, &n->in[k], shard, r, end - r, dx);
            }
            dy += c;
        }
    }
}

const struct node_op node_op_concat = {
    .name = "concat",
    .forward = forward,
    .backward = backward,
    .splits_images = true,
    .scratch =
        {
            [INPUT] = chunks_input_size,
            [DY] = chunks_output_size,
        },
};
