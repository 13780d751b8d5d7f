/* SPDX-License-Identifier: MIT
 * An engine over many images without training: what it says of a split, and
 * the re-calibration of its batch norms.  Images are neither flipped nor
 * cropped. */
#ifndef NN_TRAIN_EVALUATE_H
#define NN_TRAIN_EVALUATE_H

#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/engine/engine.h"

/* Called with the outputs of images [at, at + o->n) of the split. */
typedef void evaluate_fn(void *ctx, const struct engine_outputs *o,
                         const int32_t *labels, size_t at);

/* fn with what the engine's last forward, of n images from `at` on, gave. */
void evaluate_outputs(struct engine *g, int n, const int32_t *labels,
                      size_t at, evaluate_fn *fn, void *ctx);

/* Is the label the place of the largest of f[0..classes)?  The first of equal
 * ones counts. */
bool evaluate_is_right(const real *f, int classes, int32_t label);

/* The whole split in order, `batch` images at a time (no more than the engine
 * takes), in evaluation mode. */
void evaluate_split(struct engine *g, const struct input_spec *in,
                    const struct split *split, size_t batch, evaluate_fn *fn,
                    void *ctx);

/* accuracy[i] becomes the share of the split that exit i itself gets right;
 * accuracy: (exits of the net). */
void evaluate_accuracy(struct engine *g, const struct input_spec *in,
                       const struct split *split, size_t batch,
                       double *accuracy);

/* Make the running statistics the averages over n images of the training
 * split (method.md 1.5), a stratified choice that depends on the seed alone;
 * all of it where it has fewer.  What weights cut out of a supernet need
 * before they are evaluated: its statistics are not theirs. */
void recalibrate(struct engine *g, const struct dataset *d, size_t n,
                 size_t batch, uint64_t seed);

#endif
