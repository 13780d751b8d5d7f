/* SPDX-License-Identifier: MIT
 * What the readers of gene tables and of network tables have in common. */
#ifndef SPACE_WORDS_H
#define SPACE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Returns true when s may be a name or a choice: at most 64 printable ASCII
 * characters, without blanks and without the signs that the files use. */
bool word_fine(const char *s);

/* Returns the decimal number below a million that s is, or -1. */
int word_number(const char *s);

/* Cut text at each `sep`.  Returns the number of pieces, or max + 1 when there
 * are more than max. */
size_t words_split(char *text, char sep, char **piece, size_t max);

/* Cut the first line off *text and return it, without its end, LF or CR LF.
 * After the last one, and for NULL, *text is NULL. */
char *words_line(char **text);

#endif
