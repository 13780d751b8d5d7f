/* SPDX-License-Identifier: MIT
 * Which files the operands mean, and which split each belongs to. */
#ifndef DATA_IMPORT_FILELIST_H
#define DATA_IMPORT_FILELIST_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/base/err.h"

struct data_file {
    char *path;         /* owned by the list */
    bool test;
};

struct filelist {
    struct data_file *v;
    size_t n, cap;
};

/* Add a file, or the data files of a folder (*.bin, *-ubyte, *-ubyte.gz) in
 * order of name.  test: they belong to the test split whatever their names. */
int filelist_add(struct filelist *l, const char *path, bool test,
                 struct err *e) MUST_CHECK;
/* Does a word of the file's name begin with "test" or "t10k"? */
bool filelist_is_test(const char *path);
void filelist_free(struct filelist *l);

/* Path of `name` beside the file `path`.  owned (free). */
char *beside(const char *path, const char *name);

#endif
