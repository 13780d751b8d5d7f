/* SPDX-License-Identifier: MIT
 * A growing byte array, NUL-terminated so that it can be read as a string. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

#include "libcommon/base/attr.h"

struct buf {
    char *data; /* len bytes and a NUL; NULL while nothing was added */
    size_t len, cap;
};

/* A zeroed struct buf is ready to use. */

void buf_reserve(struct buf *b, size_t more); /* room for `more` bytes */
void buf_add(struct buf *b, const void *data, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
/* Mask (base/utf8.h) what stands from byte `from` on: one line of text. */
void buf_mask(struct buf *b, size_t from);
void buf_clear(struct buf *b); /* len = 0, memory kept */
void buf_free(struct buf *b);

#endif
