/* SPDX-License-Identifier: MIT
 * What is UTF-8 and what is not. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the sequence at s, n of which may be looked at (n >= 1); 0 =
 * malformed (too long a form, surrogates, cut off) or NUL. */
size_t utf8_length(const char *s, size_t n);

/* A string that can be shown: UTF-8 without control characters. */
bool utf8_printable(const char *s);

#endif
