/* SPDX-License-Identifier: MIT
 * Labelled images in splits.  Pixels stay uint8 NHWC; normalising and
 * augmenting happen when a batch is made (batch.h). */
#ifndef NN_DATASET_H
#define NN_DATASET_H

#include "libcommon/base/values.h"

/* Record `dataset`, once, first. */
struct dataset_info {
    char *name;             /* "cifar10", "synth" */
    struct ints shape;      /* image (h, w, c) */
    struct strs classes;    /* names, label i is classes[i] */
    struct strs splits;     /* "train" "val" "test", those that are there */
    struct ints samples;    /* of each split */
    struct reals mean;      /* (c) of the training split, in 0..1 units */
    struct reals std;       /* (c) */
};

/* Record `chunk`: images of one split, splits in the order of `splits`. */
struct dataset_chunk {
    char *split;
    struct tensor images;   /* (n, h, w, c) u8 */
    struct tensor labels;   /* (n) i32 */
};

/* One split in memory. */
struct split {
    size_t n;
    uint8_t *images;        /* (n, h, w, c) */
    int32_t *labels;        /* (n) */
};

#endif
