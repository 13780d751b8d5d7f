/* SPDX-License-Identifier: MIT
 * Inside of the engine: a view that multiplies its input 0 by a factor per image
 * and channel, which its forward puts into n->factors.  Its value is its
 * input's numbers with the factors in the epilogue.
 *
 * A row of such a view (node_op.h: view, factors, reads_no_factors,
 * hands_gradient_on) calls these two in its finish and its backward:
 *
 * Example (const struct engine_pass *p, const struct plan_node *n, int shard,
 *          size_t first, size_t rows, real *dfactors, real *scratch):
 *     factors_finish(p, n, first, rows, dfactors);
 *     factors_backward(p, n, shard, scratch, NULL);
 *
 * Nothing here can fail. */
#ifndef NN_ENGINE_FACTORS_H
#define NN_ENGINE_FACTORS_H

#include <stddef.h>

#include "libcommon/nn/engine/node.h"

struct engine_pass;

/* Computes d loss / d factors (images of the batch, c) of the images whose rows
 * [first, first + rows) of n->d are complete. */
void factors_finish(const struct engine_pass *p, const struct plan_node *n,
                    size_t first, size_t rows, real *dfactors);

/* Adds factors d + dmean / rows of the shard's images to the d of input 0; dmean
 * (images of the batch, c) is the gradient of the images' means, or NULL.
 * scratch has room for an image; without dmean it may be NULL. */
void factors_backward(const struct engine_pass *p, const struct plan_node *n,
                      int shard, real *scratch, const real *dmean);

#endif
