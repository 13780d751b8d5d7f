/* SPDX-License-Identifier: MIT
 * Inside of the engine: how gradients are passed back from node to node.
 *
 * d of a node is d loss / d value while its readers add to it.  The last reader
 * (plan_edge.last) finishes it in the same chunk: grad_finish turns it into the
 * gradient in front of the activation and adds it to the sums that batch norm
 * and bias need.  The node's own backward reads dy = a d + b y + s chunk by
 * chunk (grad_dy; norm.h computes a, b, s).  A node whose row hands the
 * gradient on (node_op.h) shares d with an input that only it reads.
 *
 * An operator's backward, for each chunk of its shard:
 *
 * Example (const struct engine_pass *p, const struct plan_node *n, int shard,
 *          size_t first, size_t rows, real *scratch, real *dx):
 *     const real *dy = grad_dy(p, n, first, rows, scratch);
 *     real *dw = grad_block(p, &n->weights[0], shard);
 *
 *     // its kernels add dy' x to dw and set dx to dy w
 *     grad_put(p, &n->in[0], shard, first, rows, dx);
 *
 * Rows count pixels of the batch, in the shape in which the array is stored.
 * Nothing here can fail. */
#ifndef NN_ENGINE_GRAD_H
#define NN_ENGINE_GRAD_H

#include <stddef.h>

#include "libcommon/nn/engine/node.h"

struct engine_pass;

/* Adds d, which is d loss / d value of `rows` rows from `first` on, to the d of
 * the edge's producer; the edge that comes first writes it instead. */
void grad_add(const struct engine_pass *p, const struct plan_edge *e,
              size_t first, size_t rows, const real *d);

/* Calls grad_add, and grad_finish on these rows if the edge is the last.  Does
 * nothing where the producer needs no gradient. */
void grad_put(const struct engine_pass *p, const struct plan_edge *e, int shard,
              size_t first, size_t rows, const real *d);

/* Takes the node's gradient, complete in these rows, back through the
 * activation, in place, and adds it to the sums. */
void grad_finish(const struct engine_pass *p, int node, int shard, size_t first,
                 size_t rows);

/* Does the same for `images` images from `image` on of a squeeze-and-excite's
 * input: its reader multiplies them with the factors mul (images, c), and dmean
 * (images, c) is the gradient of their means. */
void grad_finish_scaled(const struct engine_pass *p, int node, int shard,
                        size_t image, size_t images, const real *mul,
                        const real *dmean);

/* Returns d loss / d y of `rows` rows from `first` on, borrowed from n->d or
 * from scratch, which has room for (rows, c). */
const real *grad_dy(const struct engine_pass *p, const struct plan_node *n,
                    size_t first, size_t rows, real *scratch);

/* Returns where a shard adds up its gradient of a weight, (w->n). */
real *grad_block(const struct engine_pass *p, const struct weight *w,
                 int shard);

/* Hands a complete piece of a parameter's gradient to the optimiser, if there
 * is one (engine_on_gradient). */
void grad_done(const struct engine_pass *p, real *value, const real *grad,
               size_t n);

#endif
