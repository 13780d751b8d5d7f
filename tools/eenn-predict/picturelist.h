/* SPDX-License-Identifier: MIT
 * A picturelist has the paths of the pictures that are asked for.
 *
 * Example (const char *folder, struct err *e):
 *     struct picturelist l = {0};
 *     int rc = picturelist_add(&l, folder, e);
 *
 *     picturelist_free(&l);
 *     return rc;
 */
#ifndef PICTURELIST_H
#define PICTURELIST_H

#include <stddef.h>

#include "libcommon/base/err.h"

struct picturelist {
    char **v; /* owned */
    size_t n, cap;
    size_t others; /* files of folders that were passed over */
};

/* Add a file as it is called, or all pictures below a folder: the files that
 * have the name of a picture (libcommon/picture/picture.h), each folder's in the
 * order of its names as bytes.  Litter (picture_litter) and links to folders are
 * passed over.  A file or folder that cannot be read is added like a
 * picture, so that whoever loads it says why.  ERR_FORMAT for a folder that has
 * no pictures, ERR_ARG for a second "-", which is standard input. */
int picturelist_add(struct picturelist *l, const char *path,
                    struct err *e) MUST_CHECK;
void picturelist_free(struct picturelist *l);

#endif
