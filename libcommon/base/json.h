/* SPDX-License-Identifier: MIT
 * Strings of JSON. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "libcommon/base/buf.h"

/* Append the n bytes at s as a string in quotes.  What is unsafe to print
 * (base/utf8.h) stands as \uXXXX, a byte that is no UTF-8 as \ufffd. */
void json_string(struct buf *out, const char *s, size_t n);

#endif
