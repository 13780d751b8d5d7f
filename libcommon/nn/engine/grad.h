/* SPDX-License-Identifier: MIT
 * Inside of the engine: gradients on their way back.
 *
 * d of a node is d loss / d value while its readers add to it.  The last reader
 * (plan_edge.last) finishes it in the same chunk: grad_finish turns it into the
 * gradient in front of the activation and adds up the sums that batch norm and
 * bias need.  When the node's own turn comes it reads dy = a d + b y + s chunk
 * by chunk (grad_dy; a, b, s of norm.h).  A view that is the only reader of its
 * input shares d with it.
 *
 * An operator's backward, for each chunk of its shard:
 *     dy = grad_dy(p, n, first, rows, scratch);
 *     add to grad_block(p, &weight, shard);
 *     grad_put(p, &n->in[0], shard, first, rows, dx);
 *
 * Rows count pixels of the batch, in the geometry of the array meant.  Nothing
 * here can fail. */
#ifndef NN_ENGINE_GRAD_H
#define NN_ENGINE_GRAD_H

#include <stddef.h>

#include "libcommon/nn/engine/node.h"

struct engine_pass;

/* Adds d loss / d value of `rows` rows from `first` on to the edge's producer;
 * the edge that comes first writes instead. */
void grad_add(const struct engine_pass *p, const struct plan_edge *e,
              size_t first, size_t rows, const real *d);

/* The same, and finishes the rows if the edge is the last.  Does nothing where
 * the producer wants no gradient. */
void grad_put(const struct engine_pass *p, const struct plan_edge *e, int shard,
              size_t first, size_t rows, const real *d);

/* The node's gradient is complete in these rows: takes it through the
 * activation, in place, and adds it to the sums. */
void grad_finish(const struct engine_pass *p, int node, int shard, size_t first,
                 size_t rows);

/* The same for `images` images from `image` on whose value reaches its reader
 * through the factors mul (images, c), and whose means have the gradient dmean
 * (images, c): the input of a squeeze-and-excite. */
void grad_finish_scaled(const struct engine_pass *p, int node, int shard,
                        size_t image, size_t images, const real *mul,
                        const real *dmean);

/* d loss / d y of `rows` rows from `first` on, borrowed from n->d or from
 * scratch, which has room for (rows, c). */
const real *grad_dy(const struct engine_pass *p, const struct plan_node *n,
                    size_t first, size_t rows, real *scratch);

/* Where a shard adds up its gradient of a weight, (w->n). */
real *grad_block(const struct engine_pass *p, const struct weight *w,
                 int shard);

/* A piece of a parameter's gradient is complete: hands it to the optimiser, if
 * there is one (engine_on_gradient). */
void grad_done(const struct engine_pass *p, real *value, const real *grad,
               size_t n);

#endif
