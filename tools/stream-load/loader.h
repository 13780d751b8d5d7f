/* SPDX-License-Identifier: MIT
 * Turns the lines of a dump, one after the other, into a stream. */
#ifndef STREAM_LOAD_LOADER_H
#define STREAM_LOAD_LOADER_H

#include <stdbool.h>

#include "formats/io.h"

struct loader_opts {
    const struct kind *kind;   /* of records without a header line, or NULL */
    bool skip_unknown;         /* keys the schemas do not have */
    bool any_order;            /* of records, also one that readers refuse */
    struct writer_opts header; /* for the header that loader.c makes for
                                 * `kind`; its level is for all segments */
};

struct loader *loader_new(struct stream_writer *out,
                          const struct loader_opts *o); /* owned */
void loader_free(struct loader *l);                     /* NULL is fine */

/* Add one line of a dump to the stream.  Blank lines are passed over. */
int loader_line(struct loader *l, const char *text, size_t n,
                struct err *e) MUST_CHECK;

/* After the last line, end a segment that began without a header line.
 * ERR_FORMAT when a trailer line is missing, or when there were no lines and no
 * kind is named. */
int loader_finish(struct loader *l, struct err *e) MUST_CHECK;

#endif
