/* SPDX-License-Identifier: MIT
 * Bytes as text, RFC 4648 with padding. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/base/buf.h"

void base64_encode(struct buf *out, const void *data, size_t n);

/* Appends the bytes that text stands for.  Returns false, with nothing
 * appended, when it is not base64: a wrong letter, no padding, bits behind the
 * end. */
bool base64_decode(struct buf *out, const char *text, size_t n);

#endif
