/* SPDX-License-Identifier: MIT
 * A filelist has the files that the operands mean, each with its split. */
#ifndef DATA_IMPORT_FILELIST_H
#define DATA_IMPORT_FILELIST_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/base/err.h"
#include "libcommon/nn/data/dataset.h"

struct data_file {
    char *path; /* owned by the list */
    enum split_id split;
};

struct filelist {
    struct data_file *v;
    size_t n, cap;
};

/* Add a file, or the data files of a folder (*.bin, *-ubyte, *-ubyte.gz) in
 * order of name, to a split.  A file for SPLIT_TRAIN goes to SPLIT_TEST if
 * filelist_is_test is true for it. */
int filelist_add(struct filelist *l, const char *path, enum split_id split,
                 struct err *e) MUST_CHECK;
/* Returns true when a word of the file's name begins with "test" or "t10k". */
bool filelist_is_test(const char *path);
void filelist_free(struct filelist *l);

/* Returns the path of `name` beside the file `path`, owned (free). */
char *beside(const char *path, const char *name);

/* ---- folders ---- */

/* Set *names, zeroed before, to the names in a folder, in the order of their
 * bytes; names that begin with a dot are left out.  They are owned
 * (names_free). */
int folder_names(const char *path, struct strs *names,
                 struct err *e) MUST_CHECK;
void names_free(struct strs *names);

/* Returns the path of `name` in the folder, owned (free). */
char *inside(const char *folder, const char *name);

/* Returns true for a folder that has folders in it and no data files. */
bool is_folder_of_folders(const char *path);

#endif
