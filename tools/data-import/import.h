/* SPDX-License-Identifier: MIT
 * Published image sets are read from their own file formats into a struct
 * dataset.
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
    IMPORT_AUTO,
    IMPORT_CIFAR10,
    IMPORT_CIFAR100,
    IMPORT_IDX,
    IMPORT_IMAGES,
    IMPORT_FORMATS
};
extern const char *const import_formats[IMPORT_FORMATS + 1];

struct import_opts {
    int format;       /* enum import_format */
    bool coarse;      /* CIFAR-100: the 20 coarse labels */
    char *name;       /* of the set; NULL = the format's */
    char *names_file; /* class names, one a line; NULL = those beside the
                             * data, or else numbers or folders' names */
    double val_share; /* of the training images that become val */
    uint64_t val_seed;
    char *size; /* of pictures: "HxW", "N" for "NxN"; NULL = as they are */
    int grey;   /* pictures: one channel instead of three */
    bool skip_corrupt; /* pictures that cannot be decoded */
    bool skip_other;   /* files beside pictures */
    int progress;      /* whether to show progress (base/progress.h) */
};

/* Write the size of pictures in full, "32x32" for "32".  ERR_ARG for a text that
 * is neither "N" nor "HxW". */
#define IMPORT_SIZE_TEXT 48
int import_size(const char *text, char out[IMPORT_SIZE_TEXT],
                struct err *e) MUST_CHECK;

/* Read the files of paths[SPLIT_TRAIN], [SPLIT_VAL] and [SPLIT_TEST].  A folder
 * stands for the data files in it (filelist_add), or if the first of the
 * training split has folders in it and no data files, all paths are folders of
 * pictures (imagelist.h).  A training file with a word in its name that begins
 * with "test" or "t10k" goes to the test split.  If there is no validation
 * split, a stratified share of the training images becomes one; mean and
 * deviation are those of the remaining ones.  d must be zeroed; it is owned
 * (dataset_fini), also after a failure. */
int import_dataset(const struct import_opts *o,
                   const struct strs paths[SPLIT_COUNT], struct dataset *d,
                   struct err *e) MUST_CHECK;

#endif
