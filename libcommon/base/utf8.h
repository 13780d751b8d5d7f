/* SPDX-License-Identifier: MIT
 * Checks of UTF-8 text, and what of it is safe to print.
 *
 * Unsafe is what a terminal obeys, or what breaks a line or reorders it: the
 * control characters of ASCII and of ISO 6429 (U+0080 to U+009F), marks and
 * overrides of the writing direction, line and paragraph separators, the byte
 * order mark, and bytes that are no UTF-8.  Names in streams may have them, so
 * whatever prints such a name masks it first. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns the length of the sequence at s, of which n bytes may be read (n >=
 * 1), or 0 when it is NUL or malformed (overlong, a surrogate, cut off). */
size_t utf8_length(const char *s, size_t n);

/* Returns true when s is UTF-8 without ASCII control characters. */
bool utf8_printable(const char *s);

/* Returns the length of the character at s, of which n bytes may be read (n >=
 * 1), and sets *code to its code point.  A byte that is no UTF-8 counts as one
 * character, whose code is UTF8_BAD. */
#define UTF8_BAD UINT32_MAX
size_t utf8_next(const char *s, size_t n, uint32_t *code);

/* Returns true when the character is safe to print. */
bool utf8_safe(uint32_t code);

/* Returns the display width of text without wide characters: the number of bytes
 * that do not continue a character. */
size_t utf8_width(const char *s);

/* Replace each unsafe character by one '?', so that s is one line of text. */
void utf8_mask(char *s);

#endif
