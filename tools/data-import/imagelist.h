/* SPDX-License-Identifier: MIT
 * An imagelist has the pictures or the sounds to be imported, each with its class
 * and split.  They stand in folders,
 *
 *     FOLDER/CLASS/x.png                       one split
 *     FOLDER/{train,val,test}/CLASS/x.png      as they are called
 *
 * where files may lie one folder deeper, in CLASS/images, and all of it in
 * one more folder; or a table lists them (csvlist.h).
 *
 * The list is in the order of the operands, then of names compared as bytes: it
 * does not depend on the order in which a file system lists names. */
#ifndef DATA_IMPORT_IMAGELIST_H
#define DATA_IMPORT_IMAGELIST_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/base/err.h"
#include "libcommon/base/set.h"
#include "libcommon/nn/data/dataset.h"

struct image_file {
    char *path;       /* owned by the list */
    const char *name; /* the end of path: what the data set calls it */
    enum split_id split;
    int32_t label;
};

/* What the first file is named as, all are. */
enum image_kind { LIST_UNKNOWN, LIST_PICTURES, LIST_SOUNDS };

struct imagelist {
    enum image_kind kind;
    bool any_name;   /* the kind was set before: names in tables are not looked
                      * at */
    bool skip_other; /* pass over what is none of the kind or a folder, and
                      * count it */
    bool skip_empty; /* pass over classes without files */
    size_t root;     /* bytes of folders' paths that names leave out */
    struct image_file *files;
    size_t n, cap;
    size_t others;       /* passed over */
    struct set found;    /* names of classes, with their NUL bytes */
    struct strs classes; /* the same in order (imagelist_settle), borrowed from
                          * the set */
};

/* Returns how many bytes all operands have in common that are folders: the one
 * operand, or the deepest folder that all are in. */
size_t imagelist_root(const struct strs paths[SPLIT_COUNT]);

/* Add the files of a folder to a split.  If split is SPLIT_TRAIN and all
 * folders in it are called as splits (split_called), their files go to these.
 * ERR_FORMAT for something that is neither a folder of a class nor, in one, a
 * file that is named as a picture, or as a sound. */
int imagelist_add(struct imagelist *l, const char *path, enum split_id split,
                  struct err *e) MUST_CHECK;

/* Add one file, whose path and name are consumed.  ERR_FORMAT for a class whose name
 * cannot be one, and for a sound among pictures or the other way round. */
int imagelist_put(struct imagelist *l, char *path, const char *name,
                  const char *class_name, enum split_id split,
                  struct err *e) MUST_CHECK;

/* Set the classes after the last folder: their names in order, a label being the
 * index of its name.  ERR_FORMAT for more than DATASET_MAX_CLASSES and, without
 * skip_empty, for folders of classes without files. */
int imagelist_settle(struct imagelist *l, struct err *e) MUST_CHECK;

size_t imagelist_count(const struct imagelist *l, enum split_id split);
void imagelist_free(struct imagelist *l);

#endif
