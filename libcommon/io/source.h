/* SPDX-License-Identifier: MIT
 * Where a stream's bytes come from: files one after the other, each piece of
 * them a zstd frame or plain, told apart by its first byte.  Between pieces
 * source_begin finds the next one; source_read gives its bytes. */
#ifndef IO_SOURCE_H
#define IO_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/base/err.h"

/* NULL or "-" is stdin; n = 0 means stdin.  Every file must be there. */
struct source *source_open(char *const *paths, size_t n,
                           struct err *e) MUST_CHECK;   /* owned */
void source_close(struct source *s);                    /* NULL is fine */

/* Find the next frame or plain run, in the next file if need be.  Returns 1,
 * or 0 when all input is used up. */
int source_begin(struct source *s, struct err *e) MUST_CHECK;

/* Up to cap bytes into out, as many as come without waiting for more than
 * one.  Returns 1, or 0 at the end of the frame (of the file, when plain). */
int source_read(struct source *s, void *out, size_t cap, size_t *got,
                struct err *e) MUST_CHECK;

/* The last n bytes of the latest source_read belong to what follows; ends a
 * plain run. */
void source_unread(struct source *s, size_t n);

bool source_plain(const struct source *s);          /* the current piece */
const char *source_name(const struct source *s);    /* file, for messages */
size_t source_file(const struct source *s);         /* its number, from 0 */

#endif
