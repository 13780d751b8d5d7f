/* SPDX-License-Identifier: MIT
 * This takes header and trailer maps apart.  For the records between them see
 * formats/schema.h. */
#ifndef IO_ENVELOPE_H
#define IO_ENVELOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/io/mp.h"
#include "libcommon/io/stream.h"

#define ENVELOPE_MAGIC "nachos"
#define ENVELOPE_KIND_MAX 32 /* bytes of a kind's name, with the NUL */

/* What a segment's header says of its records; a writer's own. */
struct kind_id {
    const char *name;
    int major, minor;
};

/* Returns what a whole map is, as its first key says: a header, a record or a
 * trailer.  STREAM_END = none of them. */
enum stream_item envelope_item(const void *bytes, size_t n);

struct envelope_header {
    char kind[ENVELOPE_KIND_MAX];
    int major, minor;
};

int envelope_header(const void *bytes, size_t n, struct envelope_header *h,
                    struct err *e) MUST_CHECK;

struct envelope_trailer {
    uint64_t records;
    char digest[HASH_HEX];
};

int envelope_trailer(const void *bytes, size_t n, struct envelope_trailer *t,
                     struct err *e) MUST_CHECK;

#endif
