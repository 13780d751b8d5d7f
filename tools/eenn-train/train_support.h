/* SPDX-License-Identifier: MIT
 * Support Set and Support Matrix of L_peak (Eq. 18, D5). */
#ifndef TRAIN_SUPPORT_H
#define TRAIN_SUPPORT_H

#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/engine/engine.h"

/* How much of the training split, and which: the same number of each class,
 * another choice for each (seed, epoch). */
struct support {
    double share;
    uint64_t seed, epoch;
};

/* matrix (classes, exits - 1): the share of a class's support images that each
 * early exit itself gets right, in evaluation mode, images as they are; NAN for
 * a class without images.  `batch` images at a time.  Returns the number of
 * support images. */
size_t support_matrix(struct engine *g, const struct dataset *d,
                      const struct support *s, size_t batch, double *matrix);

#endif
