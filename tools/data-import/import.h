/* SPDX-License-Identifier: MIT
 * Published image sets in their own file formats, as a struct dataset.
 *
 * Example (const struct strs paths[SPLIT_COUNT], struct err *e):
 *     const struct import_opts o = {.format = IMPORT_AUTO, .val_share = 0.1};
 *     struct dataset d = {0};
 *     int rc = import_dataset(&o, paths, &d, e);
 *
 *     dataset_fini(&d);
 *     return rc;
 *
 * Formats: CIFAR-10 binary (3073-byte records), CIFAR-100 binary (3074-byte
 * records), IDX (MNIST and its like; plain or gzip), folders of pictures (PNG
 * and JPEG, a folder per class). */
#ifndef DATA_IMPORT_IMPORT_H
#define DATA_IMPORT_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/base/err.h"
#include "libcommon/nn/data/dataset.h"

enum import_format {
    IMPORT_AUTO, IMPORT_CIFAR10, IMPORT_CIFAR100, IMPORT_IDX, IMPORT_IMAGES,
    IMPORT_FORMATS
};
extern const char *const import_formats[IMPORT_FORMATS + 1];

struct import_opts {
    int format;             /* enum import_format */
    bool coarse;            /* CIFAR-100: the 20 coarse labels */
    char *name;             /* of the set; NULL = the format's */
    char *names_file;       /* class names, one a line; NULL = look for one */
    double val_share;       /* of the training images that become val */
    uint64_t val_seed;
    char *size;             /* of pictures: "N" or "HxW"; NULL = as they are */
    int grey;               /* pictures: one channel instead of three */
    bool skip_corrupt;      /* pictures that cannot be decoded */
    bool skip_other;        /* files beside pictures */
    int progress;           /* to be shown, as base/progress.h has it */
};

/* Read the files of paths[SPLIT_TRAIN], [SPLIT_VAL] and [SPLIT_TEST].
 * A folder stands for the files in it that have the formats' usual names, in
 * order of name; one without such files that has folders in it is one of
 * pictures (imagelist.h).  Files among the first with a word in their name that
 * begins with "test" or "t10k" are of the test split.  Without a validation
 * split one is taken from the training images by classes; mean and deviation
 * are those of what is left.  d must be zeroed; it is owned (dataset_fini),
 * also after a failure. */
int import_dataset(const struct import_opts *o,
                   const struct strs paths[SPLIT_COUNT], struct dataset *d,
                   struct err *e) MUST_CHECK;

#endif
