/* SPDX-License-Identifier: MIT
 * Checks of UTF-8 text. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Returns the length of the sequence at s, of which n bytes may be read (n >=
 * 1), or 0 when it is NUL or malformed (overlong, a surrogate, cut off). */
size_t utf8_length(const char *s, size_t n);

/* Returns true when s is UTF-8 without ASCII control characters. */
bool utf8_printable(const char *s);

#endif
