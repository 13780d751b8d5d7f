/* SPDX-License-Identifier: MIT
 * Splits that a published set does not have are cut off its training images, and
 * images that are in two splits are found. */
#ifndef DATA_IMPORT_SPLITTING_H
#define DATA_IMPORT_SPLITTING_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/base/err.h"
#include "libcommon/nn/data/dataset.h"

/* The members of SPLIT_TRAIN mean nothing. */
struct splitting {
    double share[SPLIT_COUNT]; /* of the training images, 0 to 0.9 */
    bool given[SPLIT_COUNT];   /* the user asked for this share */
    uint64_t seed;
    bool by_sample; /* although samples have groups */
    char *list;     /* file of groups and their splits, or NULL */
};

/* Cut off the test split, then val, then cal, where the set has none and its share
 * is not 0: the share of each class.
 *
 * Without groups (stratified_cut) every class of as many images as there are splits
 * has one in each split then; one of fewer lacks one in those that were cut first,
 * which a warning says of the first 20 of such classes.  ERR_FORMAT where a class
 * has too few images for a share that was given.
 *
 * Where the training samples have groups (groupsplit.h), first the list is followed,
 * and splits are then cut by whole groups.  Any split may lack classes then, also
 * train, which is warned of.  ERR_FORMAT where a split with a share that was given
 * would need more groups; a list without groups is ERR_ARG. */
int splitting_cut(const struct splitting *o, struct dataset *d,
                  struct err *e) MUST_CHECK;

/* Warn of images that equal one of an earlier split, in the order train, val,
 * test: the first 20 by name and all by their number. */
void splitting_check(const struct dataset *d);

#endif
