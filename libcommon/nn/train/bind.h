/* SPDX-License-Identifier: MIT
 * Bindings (net.h) between an engine and stored tensors: dense parameters are
 * gathered out of larger tensors, gradients are added back through the adjoint.
 *
 * bind_take takes values once.  Where several networks train on the same
 * tensors, each has a map of its own:
 *
 * Example (struct engine *g, struct bank *bank, const real *images, int n,
 *          engine_loss_fn *loss, void *ctx, struct err *e):
 *     struct bind_map *b;
 *
 *     if (bind_new(g, bank, &b, e) < 0)
 *         return e->code;
 *     bind_gather(b);
 *     engine_step(g, images, n, loss, ctx);
 *     bind_scatter(b);        // gradients add up in the bank
 *     bind_free(b);
 *
 * A tensor of just the bound shape is taken as it is.  From a larger one comes
 * the slice at the binding's offset.  With kernel transforms (method.md 1.2)
 * the offset is where the final k x k stands in the stored kernel; the square
 * that the first transform works on reaches one pixel further out for each
 * transform that follows:
 *     y_1 = M_1 x_1,  x_2 = y_1 without its outer ring,  y_2 = M_2 x_2 ...
 * for each channel, squares read row by row. */
#ifndef NN_TRAIN_BIND_H
#define NN_TRAIN_BIND_H

#include "libcommon/base/err.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/train/bank.h"

struct bind_map;

/* Set the value of one parameter from a stream's tensors.  Returns 1, 0 when its
 * tensor is not there, ERR_FORMAT naming it and both shapes when it does not
 * fit, or naming the matrix of a transform that is missing or does not fit. */
int bind_take(const struct tensors *from, struct engine_param *p,
              struct err *e) MUST_CHECK;

/* Adds to the bank, in its dense shape, every tensor an engine's bindings name
 * that is not there yet (its values from the engine): what a net trained on
 * its own needs, and what a supernet does not hold, such as new heads. */
void bind_missing(struct engine *g, struct bank *bank);

/* Both must outlive the map.  ERR_FORMAT naming the tensor and the shapes for
 * one that is missing or does not fit. */
int bind_new(struct engine *g, struct bank *bank, struct bind_map **out,
             struct err *e) MUST_CHECK;                 /* owned (bind_free) */
void bind_free(struct bind_map *b);                     /* accepts NULL */

void bind_gather(struct bind_map *b);
void bind_scatter(struct bind_map *b);

/* Running statistics of the engine into the bank. */
void bind_put_stats(struct bind_map *b);

#endif
