/* SPDX-License-Identifier: MIT
 * Base64: bytes as text, RFC 4648 with padding. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/base/buf.h"

void base64_encode(struct buf *out, const void *data, size_t n);

/* Appends the bytes that the n characters of text encode.  Returns false, with
 * out->len as it was, when text is not base64: it has another character, lacks
 * padding, or has bits set behind its last byte. */
bool base64_decode(struct buf *out, const char *text, size_t n);

#endif
