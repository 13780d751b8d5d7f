/* SPDX-License-Identifier: MIT
 * Files that appear whole or not at all, and those of one run all or none.
 *
 * A regular file is written without a name (io/tempfile.h), synced to the disk
 * when it is finished, and takes its name, in place of an older file, when
 * outputs_commit renames all files that are finished.  What is not committed
 * leaves nothing, whatever ends the process; SIGKILL may leave a temporary file
 * only where the file system has no files without a name, or within
 * outputs_commit.  stdout, devices and fifos are written in place; where a path
 * leads to is said in io/output_path.h.
 *
 * Example (const char *path, const void *data, size_t n, struct err *e):
 *     struct output *o = output_open(path, e);
 *     int rc = o ? output_write(o, data, n, e) : e->code;
 *
 *     if (rc == 0)
 *         rc = output_finish(o, e);
 *     output_free(o);
 *     return rc < 0 ? rc : outputs_commit(e); // in tools: tool_done does it
 */
#ifndef IO_OUTPUT_H
#define IO_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/base/err.h"

/* Whether files and their folders are synced (fsync); they are by default. */
void outputs_sync(bool on);

/* Open an output; a path that is NULL or "-" is stdout.  A file that is to be
 * replaced is there, as it was, until the commit, and may be read. */
struct output *output_open(const char *path,
                           struct err *e) MUST_CHECK; /* owned */

/* Write all n bytes, unbuffered. */
int output_write(struct output *o, const void *data, size_t n,
                 struct err *e) MUST_CHECK;

/* Do the same with a descriptor; errors call it by the name. */
int output_write_fd(int fd, const char *name, const void *data, size_t n,
                    struct err *e) MUST_CHECK;

/* End the output: it is complete.  What is written in place is closed; a file
 * is synced and waits for outputs_commit.  The output must still be freed, and
 * may be so before or after the commit.  No more than 16 may wait. */
int output_finish(struct output *o, struct err *e) MUST_CHECK;

/* Rename all finished files, then sync their folders.  When a file cannot be
 * renamed, none is: those that were already are undone.  Where they replaced a
 * file this takes a hard link to it, which some file systems do not have, nor
 * all systems allow to a file of somebody else.  When a folder cannot be synced,
 * files that were not there before are removed; the others stay replaced. */
int outputs_commit(struct err *e) MUST_CHECK;

/* Finish and commit one output, whatever others wait. */
int output_commit(struct output *o, struct err *e) MUST_CHECK;

/* Open, write and finish an output of n bytes. */
int output_put(const char *path, const void *data, size_t n,
               struct err *e) MUST_CHECK;

const char *output_name(const struct output *o); /* for messages */
void output_free(struct output *o); /* NULL is fine; unfinished = removed */

#endif
