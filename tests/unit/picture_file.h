/* SPDX-License-Identifier: MIT
 * A picture of tests/pictures, for the tests of pictures. */
#ifndef PICTURE_FILE_H
#define PICTURE_FILE_H

#include <stdlib.h>

#include "libcommon/base/mem.h"
#include "libcommon/io/fileload.h"
#include "libcommon/picture/picture.h"

static inline void load(const char *name, struct buf *b)
{
    const char *top = getenv("TOP");
    char *path = xasprintf("%s/tests/pictures/%s", top ? top : ".", name);
    struct err e;

    if (file_load(path, PICTURE_FILE, b, &e) < 0)
        fail_msg("%s", e.text);
    free(path);
}

static inline int decode(const struct buf *b, struct picture *p, struct err *e)
{
    return picture_decode(b->data, b->len, PICTURE_PIXELS, p, e);
}

#endif
