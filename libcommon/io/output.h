/* SPDX-License-Identifier: MIT
 * Files that appear whole or not at all.  A regular file is written as a
 * temporary one in the same directory and renamed by output_commit; stdout,
 * devices and fifos are written in place.  SIGINT, SIGTERM, SIGHUP, SIGPIPE
 * and exit() remove what is unfinished.
 *
 * Example (const char *path, const void *data, size_t n, struct err *e):
 *     struct output *o = output_open(path, e);
 *
 *     if (!o || output_write(o, data, n, e) < 0 || output_commit(o, e) < 0)
 *         return e->code;     // after output_free: nothing has appeared
 *     output_free(o);
 */
#ifndef IO_OUTPUT_H
#define IO_OUTPUT_H

#include <stddef.h>

#include "libcommon/base/err.h"

/* Open an output; a path that is NULL or "-" is stdout.  A symbolic link is
 * followed, and the file it names is replaced. */
struct output *output_open(const char *path,
                           struct err *e) MUST_CHECK; /* owned */

/* Write all n bytes, unbuffered. */
int output_write(struct output *o, const void *data, size_t n,
                 struct err *e) MUST_CHECK;

/* Close the file, and rename it if that went well.  The output must still be
 * freed. */
int output_commit(struct output *o, struct err *e) MUST_CHECK;

/* Have a file that is no output removed at exit and by the signals that remove
 * unfinished outputs.  The path is copied. */
void output_remove_at_exit(const char *path);

const char *output_name(const struct output *o); /* for messages */
void output_free(struct output *o); /* NULL is fine; uncommitted = removed */

#endif
