/* SPDX-License-Identifier: MIT
 * Checks all that is specified of a stream: what every reader checks, envelope
 * and order of the records, and the schema of every record. */
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

/* Read and check the next segment.  Returns 1, 0 at a clean end of the stream,
 * or ERR_*. */
int check_segment(struct reader *in, struct checked_segment *seg,
                  struct err *e) MUST_CHECK;

#endif
