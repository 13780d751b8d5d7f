/* SPDX-License-Identifier: MIT
 * The bytes of a stream, from files read one after the other.  A file is made
 * of pieces; each is a zstd frame, maybe a skippable one without bytes for us,
 * or plain, which its first bytes tell.
 * source_begin finds the next piece, and source_read gives its bytes. */
#ifndef IO_SOURCE_H
#define IO_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/base/err.h"

/* Open the files `paths` (n); NULL or "-" is stdin, and n = 0 means stdin
 * alone.  ERR_SYS when one of them is not there or is a directory. */
struct source *source_open(char *const *paths, size_t n,
                           struct err *e) MUST_CHECK; /* owned */
void source_close(struct source *s);                  /* NULL is fine */

/* Find the next frame or plain run, in the next file if need be.  Returns 1,
 * or 0 when all input is used up. */
int source_begin(struct source *s, struct err *e) MUST_CHECK;

/* Where a zstd frame has ended and another one follows in the same file, begin
 * that one: a compressor may cut its input into frames anywhere.  Returns 1, or
 * 0 where none follows. */
int source_resume(struct source *s, struct err *e) MUST_CHECK;

/* Read at most cap bytes into out and set *got to their number.  It waits for
 * more input only as long as there is no byte to give.  Returns 1, or 0 at the
 * end of the piece (a plain one ends with its file). */
int source_read(struct source *s, void *out, size_t cap, size_t *got,
                struct err *e) MUST_CHECK;

/* End a plain piece: the last n bytes of the latest source_read belong to the
 * piece that follows. */
void source_unread(struct source *s, size_t n);

bool source_plain(const struct source *s);       /* the current piece */
const char *source_name(const struct source *s); /* file, for messages */
size_t source_file(const struct source *s);      /* its number, from 0 */

#endif
