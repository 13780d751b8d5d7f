/* SPDX-License-Identifier: MIT
 * Which files the operands mean, and which split each belongs to. */
#ifndef DATA_IMPORT_FILELIST_H
#define DATA_IMPORT_FILELIST_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/base/err.h"
#include "libcommon/nn/data/dataset.h"

struct data_file {
    char *path;         /* owned by the list */
    enum split_id split;
};

struct filelist {
    struct data_file *v;
    size_t n, cap;
};

/* Add a file, or the data files of a folder (*.bin, *-ubyte, *-ubyte.gz) in
 * order of name, to a split; of train, those whose names say so go to test. */
int filelist_add(struct filelist *l, const char *path, enum split_id split,
                 struct err *e) MUST_CHECK;
/* Does a word of the file's name begin with "test" or "t10k"? */
bool filelist_is_test(const char *path);
void filelist_free(struct filelist *l);

/* Path of `name` beside the file `path`.  owned (free). */
char *beside(const char *path, const char *name);

/* ---- folders ---- */

/* What is in a folder, in order of name (as bytes), but for names that begin
 * with a dot.  names must be zeroed.  owned (names_free). */
int folder_names(const char *path, struct strs *names,
                 struct err *e) MUST_CHECK;
void names_free(struct strs *names);

/* Path of `name` in the folder.  owned (free). */
char *inside(const char *folder, const char *name);

/* A folder without data files, but with folders in it. */
bool is_folder_of_folders(const char *path);

#endif
