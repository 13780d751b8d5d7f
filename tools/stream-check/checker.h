/* SPDX-License-Identifier: MIT
 * A checker checks all that is specified of a stream: envelope, schemas,
 * invariants within and between records. */
#ifndef STREAM_CHECK_CHECKER_H
#define STREAM_CHECK_CHECKER_H

#include "formats/io.h"

/* Describes a checked segment. */
struct checked_segment {
    const char *file, *kind; /* borrowed until the next call */
    int major, minor;
    uint64_t records, bytes; /* uncompressed */
    char digest[HASH_HEX];
};

struct checker *checker_new(struct reader *r); /* owned */
void checker_free(struct checker *c);          /* NULL is fine */

/* Read and check the next segment.  Returns 1, 0 at a clean end of the stream,
 * or ERR_*. */
int checker_next(struct checker *c, struct checked_segment *seg,
                 struct err *e) MUST_CHECK;

#endif
