/* SPDX-License-Identifier: MIT
 * Splits that a published set does not have are cut off its training images, and
 * images that are in two splits are found. */
#ifndef DATA_IMPORT_SPLITTING_H
#define DATA_IMPORT_SPLITTING_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/base/err.h"
#include "libcommon/nn/data/dataset.h"

/* The member of SPLIT_TRAIN means nothing. */
struct splitting {
    double share[SPLIT_COUNT]; /* of the training images, 0 to 0.9 */
    bool given[SPLIT_COUNT];   /* the user asked for this share */
    uint64_t seed;
};

/* Cut off the test split, then the validation split, where the set has none and
 * its share is not 0: the share of each class (stratified_cut).  Every class of
 * three images or more has one in each split then; one of two has none in a test
 * split that is cut beside a validation split, and one of a single image none in
 * either, which a warning says of the first 20 of such classes.  ERR_FORMAT where
 * a class has too few images for a share that was given. */
int splitting_cut(const struct splitting *o, struct dataset *d,
                  struct err *e) MUST_CHECK;

/* Warn of images that equal one of an earlier split, in the order train, val,
 * test: the first 20 by name and all by their number. */
void splitting_check(const struct dataset *d);

#endif
