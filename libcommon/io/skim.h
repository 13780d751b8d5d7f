/* SPDX-License-Identifier: MIT
 * The guard in front of every parser.  It finds the end of one MessagePack map,
 * compares size, depth and every count with the limits of stream.h, and
 * allocates nothing.  When more bytes have come it goes on where it stopped, so
 * each byte is looked at once. */
#ifndef IO_SKIM_H
#define IO_SKIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/io/stream.h"

struct skim {
    size_t pos;   /* bytes passed so far; at the end: the map's length */
    size_t small; /* of these, outside bin */
    size_t need;  /* length the map has at least, as far as known */
    int depth;    /* open arrays and maps */
    struct {
        uint64_t left; /* objects still to come */
        bool map;      /* then every other one is a key */
    } level[STREAM_MAX_DEPTH];
    const char *why; /* what is wrong, after -1 */
};

/* A zeroed struct skim is ready for a new map. */

/* Go on with the map whose first n bytes are at p.  Returns 1 when it is
 * complete, s->pos bytes long; 0 when at least s->need bytes of it are needed;
 * -1 when it is refused, and s->why says why. */
int skim_run(struct skim *s, const void *p, size_t n);

#endif
