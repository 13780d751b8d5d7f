/* SPDX-License-Identifier: MIT
 * A filelist has the files that the operands mean, each with its split. */
#ifndef DATA_IMPORT_FILELIST_H
#define DATA_IMPORT_FILELIST_H

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

/* Add a file, or the data files of a folder (*.bin, *-ubyte, *-int and the last
 * two with .gz) in order of name, to a split.  A file for SPLIT_TRAIN goes to
 * the split that filelist_split says. */
int filelist_add(struct filelist *l, const char *path, enum split_id split,
                 struct err *e) MUST_CHECK;

/* Returns SPLIT_TEST when a word of the file's name begins with "test" or
 * "t10k", SPLIT_VAL when one is "val" or begins with "valid", else
 * SPLIT_TRAIN; upper and lower case are alike. */
enum split_id filelist_split(const char *path);

/* After the last file, keep each once: drop FILE.gz where the list has FILE, too,
 * and a path that stands there before.  A warning names a pair that does not
 * hold the same data; FILE stays. */
void filelist_once(struct filelist *l);

void filelist_free(struct filelist *l);

/* ---- folders ---- */

/* What folder_look finds in a folder. */
struct folder_holds {
    size_t data;     /* files with the ending of a data file (filelist_add) */
    size_t pictures; /* names with the ending of a picture or a sound */
    size_t folders;
    char *folder; /* path of the last one, or NULL; owned (free) */
};

/* A path that is no folder, or cannot be read, holds nothing. */
struct folder_holds folder_look(const char *path);

/* Returns the path of the folder, inside the given one, that holds what is to be
 * imported, one level further in, owned (free); NULL when the given one does. It
 * is the only folder there, is not named as a split, and holds data files or
 * folders of its own instead of pictures. */
char *folder_inside(const char *path);
#define FOLDERS_DEEP 8 /* times that it is done for one operand */

/* Returns the split (enum split_id) that a folder or a value of a table means by
 * this name in upper or lower case, else -1: train, training; val, valid,
 * validation; test, testing. */
int split_called(const char *name);

#endif
