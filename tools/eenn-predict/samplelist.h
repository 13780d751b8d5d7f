/* SPDX-License-Identifier: MIT
 * A samplelist has the paths of the files that are asked for.
 *
 * Example (const char *folder, struct err *e):
 *     struct samplelist l = {0};
 *     int rc = samplelist_add(&l, folder, &sample_kinds[INPUT_SOUND], e);
 *
 *     samplelist_free(&l);
 *     return rc;
 */
#ifndef SAMPLELIST_H
#define SAMPLELIST_H

#include <stddef.h>

#include "libcommon/base/err.h"
#include "tools/eenn-predict/decoding.h"

struct samplelist {
    char **v; /* owned */
    size_t n, cap;
    size_t others; /* files of folders that were passed over */
};

/* Add a file as it is called, or all files below a folder that have the name of
 * one of this kind, each folder's in the order of its names as bytes.  Litter
 * (folder_litter) and links to folders are passed over.  A file or folder that
 * cannot be read is added, too, so that whoever loads it says why.  ERR_FORMAT for
 * a folder that has no such files, ERR_ARG for a second "-", which is standard
 * input. */
int samplelist_add(struct samplelist *l, const char *path,
                   const struct sample_kind *kind, struct err *e) MUST_CHECK;
void samplelist_free(struct samplelist *l);

#endif
