/* SPDX-License-Identifier: MIT
 * Reads files one after the other by lines of JSON.  A line in which a bracket
 * stays open goes on in the next, so that what people write may stand on several;
 * the length of all of them has a limit. */
#ifndef STREAM_LOAD_JSONLINES_H
#define STREAM_LOAD_JSONLINES_H

#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/err.h"

/* Read the n files of paths, borrowed.  NULL or "-" means stdin, as does n =
 * 0. */
struct jsonlines *jsonlines_open(char *const *paths, size_t n); /* owned */
void jsonlines_close(struct jsonlines *l); /* NULL is fine */

/* Read the next line, or those up to the one that closes the last bracket, without
 * the last newline.  Returns 1 when *text has n bytes,
 * borrowed until the next call; 0 when there are no more lines; or ERR_*. */
int jsonlines_next(struct jsonlines *l, const char **text, size_t *n,
                   struct err *e) MUST_CHECK;

/* Put "FILE: line N" ("FILE" before the first line) in front of e's text, where N
 * is the first line of what was read last.  Returns e->code. */
int jsonlines_fail(const struct jsonlines *l, struct err *e);

#endif
