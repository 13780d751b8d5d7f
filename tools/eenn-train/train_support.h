/* SPDX-License-Identifier: MIT
 * L_peak needs a Support Set of training images and the Support Matrix made
 * from it (Eq. 18, D5). */
#ifndef TRAIN_SUPPORT_H
#define TRAIN_SUPPORT_H

#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/engine/engine.h"

/* The set is a share of the training split with the same number of images of
 * each class, or all of a class that has fewer, chosen anew for each (seed,
 * epoch). */
struct support {
    double share;
    uint64_t seed, epoch;
};

/* Set matrix (classes, exits - 1) to the share of a class's support samples that
 * each early exit itself gets right, NAN for a class without images.  The
 * engine runs in evaluation mode on `batch` images at a time, which are neither
 * flipped nor cropped.  Returns the number of support samples. */
size_t support_matrix(struct engine *g, const struct input_spec *in,
                      const struct split *train, const struct support *s,
                      size_t batch, double *matrix);

#endif
