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
void evaluate_outputs(struct engine *g, int n, const int32_t *labels,
                      size_t at, evaluate_fn *fn, void *ctx);

/* Is the label the class that the logits f[0..classes) name (base/argmax.h)? */
bool evaluate_is_right(const real *f, int classes, int32_t label);

/* Run the whole split in order, `batch` images at a time (no more than the
 * engine takes), in evaluation mode, and call fn after each batch. */
void evaluate_split(struct engine *g, const struct input_spec *in,
                    const struct split *split, size_t batch, evaluate_fn *fn,
                    void *ctx);

/* Set accuracy[i] to the share of the split that exit i itself gets right;
 * accuracy: (exits of the net). */
void evaluate_accuracy(struct engine *g, const struct input_spec *in,
                       const struct split *split, size_t batch,
                       double *accuracy);

/* Set the running statistics of the batch norms to averages over n images of
 * the training split (method.md 1.5).  The images are a stratified choice that
 * depends on the seed alone; a split of fewer than n images is used whole.
 * Call it after weights were cut out of a supernet: the supernet's running
 * statistics do not fit the smaller net. */
void recalibrate(struct engine *g, const struct dataset *d, size_t n,
                 size_t batch, uint64_t seed);

#endif
