/* SPDX-License-Identifier: MIT
 * An engine runs over many images without training: it is evaluated on a
 * split, or its batch norms are re-calibrated.  Images are neither flipped nor
 * cropped. */
#ifndef NN_TRAIN_EVALUATE_H
#define NN_TRAIN_EVALUATE_H

#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/engine/engine.h"

/* A callback gets the outputs for images [at, at + o->n) of the split, and
 * their labels (o->n); it borrows both until it returns. */
typedef void evaluate_fn(void *ctx, const struct engine_outputs *o,
                         const int32_t *labels, size_t at);

/* Call fn with the outputs of the engine's last forward pass, which was over
 * the n images of a split from `at` on. */
void evaluate_outputs(struct engine *g, int n, const int32_t *labels, size_t at,
                      evaluate_fn *fn, void *ctx);

/* Returns true when the label is the class of the largest of the logits
 * f[0..classes) (base/argmax.h). */
bool evaluate_is_right(const real *f, int classes, int32_t label);

/* Run the engine on the whole split in order, in evaluation mode, and call fn
 * after each batch of `batch` images, which must be no more than the engine
 * takes at once. */
void evaluate_split(struct engine *g, const struct input_spec *in,
                    const struct split *split, size_t batch, evaluate_fn *fn,
                    void *ctx);

/* Set accuracy[i], for each exit i of the net, to the share of the split that
 * this exit alone classifies correctly. */
void evaluate_accuracy(struct engine *g, const struct input_spec *in,
                       const struct split *split, size_t batch,
                       double *accuracy);

/* Set the running statistics of the batch norms to averages over n images of
 * the training split.  The images are a stratified choice that depends on the
 * seed alone; a split of fewer than n images is used whole.  Call it after
 * weights were cut out of a supernet: the supernet's running
 * statistics do not fit the smaller net. */
void recalibrate(struct engine *g, const struct input_spec *in,
                 const struct split *train, size_t n, size_t batch,
                 uint64_t seed);

#endif
