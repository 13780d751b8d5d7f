/* SPDX-License-Identifier: MIT
 * Bindings (net.h) connect an engine to stored tensors: its dense parameters
 * are gathered out of larger tensors, and its gradients are added to those of
 * the larger tensors, through the adjoint.
 *
 * bind_take sets one parameter once.  Where several networks train on the same
 * tensors, each network has a bind_map:
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
 * A tensor of the bound shape is taken whole; of a larger one, the slice at the
 * binding's offset.  With kernel transforms, which make a smaller kernel out of
 * the centre of a larger one, the offset is where the final k x k stands in the
 * stored kernel; the square that the first transform works on reaches one pixel
 * further out for each transform that follows:
 *     y_1 = M_1 x_1,  x_2 = y_1 without its outer ring,  y_2 = M_2 x_2 ...
 * for each channel, squares read row by row. */
#ifndef NN_TRAIN_BIND_H
#define NN_TRAIN_BIND_H

#include "libcommon/base/err.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/train/bank.h"

struct bind_map;

/* Set the value of one parameter from a stream's tensors.  Returns 1, or 0 when
 * the stream lacks its tensor.  ERR_FORMAT names a tensor that does not fit and
 * both shapes, or the matrix of a transform that is missing or does not fit. */
int bind_take(const struct tensors *from, struct engine_param *p,
              struct err *e) MUST_CHECK;

/* Add to the bank every tensor that the engine's bindings name and the bank
 * lacks, in its dense shape and with the engine's values. */
void bind_missing(struct engine *g, struct bank *bank);

/* Map the parameters of an engine to a bank; both must outlive the map.
 * ERR_FORMAT names a tensor that is missing, or one that does not fit and the
 * shapes. */
int bind_new(struct engine *g, struct bank *bank, struct bind_map **out,
             struct err *e) MUST_CHECK; /* owned (bind_free) */
void bind_free(struct bind_map *b);     /* accepts NULL */

void bind_gather(struct bind_map *b);
void bind_scatter(struct bind_map *b);

/* Copy the running statistics of the engine into the bank. */
void bind_put_stats(struct bind_map *b);

#endif
