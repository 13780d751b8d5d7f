/* SPDX-License-Identifier: MIT
 * An imagelist has the pictures in folders, each with its class and split:
 *
 *     FOLDER/CLASS/x.png                       one split
 *     FOLDER/{train,val,test}/CLASS/x.png      as they are called
 *
 * The list is in the order of the operands, then of names compared as bytes: it
 * does not depend on the order in which a file system lists names. */
#ifndef DATA_IMPORT_IMAGELIST_H
#define DATA_IMPORT_IMAGELIST_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/base/err.h"
#include "libcommon/nn/data/dataset.h"

struct class_folder {
    char *path;       /* owned by the list */
    const char *name; /* its last part */
    enum split_id split;
    int32_t label; /* set by imagelist_settle */
};

struct image_file {
    char *name; /* owned by the list */
    size_t folder;
};

struct imagelist {
    bool skip_other; /* pass over what is no picture or folder, and count
                             * it */
    struct class_folder *folders;
    size_t n_folders, cap_folders;
    struct image_file *files;
    size_t n, cap;
    size_t others;       /* passed over */
    struct strs classes; /* names in order, of all splits
                             * (imagelist_settle) */
};

/* Add the pictures of a folder to a split.  If split is SPLIT_TRAIN and all
 * folders in it are called train, val (valid, validation) or test, their
 * pictures go to these splits.  ERR_FORMAT for something that is neither a
 * folder of a class nor, in one, a file that is named as a picture. */
int imagelist_add(struct imagelist *l, const char *path, enum split_id split,
                  struct err *e) MUST_CHECK;

/* Set the classes after the last folder: the folders' names in order, a label
 * being the index of its name. */
int imagelist_settle(struct imagelist *l, struct err *e) MUST_CHECK;

size_t imagelist_count(const struct imagelist *l, enum split_id split);
/* Returns the path of a file, owned (free). */
char *imagelist_path(const struct imagelist *l, size_t file);
void imagelist_free(struct imagelist *l);

#endif
