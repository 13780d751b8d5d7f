/* SPDX-License-Identifier: MIT
 * Lines of files read one after the other, with a limit on their length. */
#ifndef STREAM_LOAD_JSONLINES_H
#define STREAM_LOAD_JSONLINES_H

#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/err.h"

/* NULL or "-" is stdin; n = 0 means stdin. */
struct jsonlines *jsonlines_open(char *const *paths, size_t n); /* owned */
void jsonlines_close(struct jsonlines *l);      /* NULL is fine */

/* The next line without its newline.  Returns 1 = *text has n bytes, borrowed
 * until the next call; 0 = no more; or ERR_*. */
int jsonlines_next(struct jsonlines *l, const char **text, size_t *n,
                   struct err *e) MUST_CHECK;

/* Put "FILE: line N" ("FILE" before the first line) in front of e's text.
 * Returns e->code. */
int jsonlines_fail(const struct jsonlines *l, struct err *e);

#endif
