/* SPDX-License-Identifier: MIT
 * The file names of a split's samples, in the order of the samples: bytes that
 * need not be UTF-8, each name ended by a NUL byte.  Streams hold them as they
 * are here.  The names of the groups that samples belong to are kept in the same
 * way.
 *
 * Example (const char *path):
 *     struct filenames f = {0};
 *     size_t n = 0;
 *
 *     filenames_add(&f, path);
 *     for (const char *s = filenames_first(&f); s; s = filenames_next(&f, s))
 *         n++;
 *     filenames_free(&f);
 *     return (int)n; */
#ifndef NN_DATA_FILENAMES_H
#define NN_DATA_FILENAMES_H

#include <stdint.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/base/values.h"

/* A zeroed struct has no names. */
struct filenames {
    size_t n; /* names */
    struct buf bytes;
};

void filenames_add(struct filenames *f, const char *name); /* a copy */
void filenames_free(struct filenames *f);

/* Return the first name, and the one behind `name`, which is one of *f: borrowed
 * until *f is changed; NULL when there is none. */
const char *filenames_first(const struct filenames *f);
const char *filenames_next(const struct filenames *f, const char *name);

/* Move the names index[0..n), which are ascending and below f->n, to the end of
 * *picked; the others stay in *f, in order.  Does nothing when *f has no
 * names. */
void filenames_pick(struct filenames *f, const uint32_t *index, size_t n,
                    struct filenames *picked);

/* Append the names of a typed array that filenames_check accepts. */
void filenames_take(struct filenames *f, const struct tensor *t);

/* Returns n names, of which *at is the first, as a typed array (bytes) u8,
 * borrowed, for an optional key of a record, and moves *at behind them.  The array
 * is absent when *at is NULL. */
struct tensor filenames_tensor(const char **at, size_t n);

/* Returns 0 when *t is absent or holds n names, each with a byte at least, else
 * ERR_FORMAT, which calls a name `what`: "file name". */
int filenames_check(const struct tensor *t, int64_t n, const char *what,
                    struct err *e) MUST_CHECK;

#endif
