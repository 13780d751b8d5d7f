/* SPDX-License-Identifier: MIT
 * The file of --log: a line of JSON for each epoch, written when the epoch
 * ends.  A line has the keys that the epoch has in the output's own log, those
 * of the run before and the seconds behind them.
 *
 * Example (const char *path, const char *net, const struct schema *schema,
 *          const void *epoch, struct err *e):
 *     struct epoch_lines *l;
 *     int rc = epoch_lines_open(path, &l, e);
 *
 *     if (rc >= 0 && (rc = epoch_lines_begin(l, 0, e)) >= 0)
 *         rc = epoch_lines_put(l, "net", net, schema, epoch, e);
 *     epoch_lines_close(l);
 *     return rc;
 *
 * All functions but epoch_lines_open take NULL for "no log". */
#ifndef FORMATS_EPOCH_LINES_H
#define FORMATS_EPOCH_LINES_H

#include "formats/schema.h"

struct epoch_lines;

/* Open the file; *out is owned (epoch_lines_close), and NULL for a path of NULL.
 * What a regular file holds stays until epoch_lines_begin.  ERR_SYS when it
 * cannot be opened, ERR_FORMAT when there is a file that is no such log,
 * ERR_ARG for standard output. */
int epoch_lines_open(const char *path, struct epoch_lines **out,
                     struct err *e) MUST_CHECK;
void epoch_lines_close(struct epoch_lines *l);

/* Keep the first `bytes` of a regular file, which are about epochs that are not
 * trained again, and cut off the others.  The clock of the first epoch starts.
 * Returns 0 or ERR_SYS. */
int epoch_lines_begin(struct epoch_lines *l, uint64_t bytes,
                      struct err *e) MUST_CHECK;

/* Write the line of an epoch, a record of that schema, as one write(2): key and
 * id first, and last the seconds since the line before.  Returns 0, or ERR_SYS,
 * or ERR_FORMAT where the record breaks its schema. */
int epoch_lines_put(struct epoch_lines *l, const char *key, const char *id,
                    const struct schema *s, const void *epoch,
                    struct err *e) MUST_CHECK;

/* Start the clock anew: what came since the last line belongs to no epoch. */
void epoch_lines_clock(struct epoch_lines *l);

/* Return the bytes of the file so far. */
uint64_t epoch_lines_bytes(const struct epoch_lines *l);

#endif
