/* SPDX-License-Identifier: MIT
 * Everything there is to check about a stream: envelope, schemas, invariants
 * within and between records. */
#ifndef STREAM_CHECK_CHECKER_H
#define STREAM_CHECK_CHECKER_H

#include "formats/io.h"

/* What is told of each segment. */
struct checked_segment {
    const char *file, *kind;    /* borrowed until the next call */
    int major, minor;
    uint64_t records, bytes;    /* uncompressed */
    char digest[HASH_HEX];
};

struct checker *checker_new(struct reader *r);  /* owned */
void checker_free(struct checker *c);           /* NULL is fine */

/* Read and check the next segment.  1, 0 = clean end, or ERR_*. */
int checker_next(struct checker *c, struct checked_segment *seg,
                 struct err *e) MUST_CHECK;

#endif
