/* SPDX-License-Identifier: MIT */
#include "libcommon/base/reserve.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

/* A block serves for requests down to this part of it, or of any size when it
 * is small. */
#define LARGEST_PART 3
#define SMALL 65536

/* The largest free block that is too small makes room for the new one, so that
 * what is held stays near the most that was ever in use.  The new one has some
 * room to spare: the next request may be a little larger. */
static struct reserve_block *new_block(struct reserve *r, size_t bytes)
{
    struct reserve_block *b = NULL;

    for (size_t i = 0; i < r->n; i++)
        if (!r->v[i].used && r->v[i].size < bytes
            && (!b || r->v[i].size > b->size))
            b = &r->v[i];
    if (b) {
        free(b->p);
    } else {
        GROW(r->v, r->n, r->cap);
        b = &r->v[r->n++];
    }
    b->size = bytes + bytes / 8;
    b->p = xaligned(b->size, 1);
    return b;
}

void *reserve_take(struct reserve *r, size_t bytes)
{
    struct reserve_block *best = NULL;

    for (size_t i = 0; i < r->n; i++) {
        struct reserve_block *b = &r->v[i];

        if (!b->used && b->size >= bytes
            && (b->size <= SMALL || b->size / LARGEST_PART <= bytes)
            && (!best || b->size < best->size))
            best = b;
    }
    if (!best)
        best = new_block(r, bytes);
    best->used = true;
    return best->p;
}

void reserve_give(struct reserve *r, void *p)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->v[i].p == p) {
            r->v[i].used = false;
            return;
        }
    BUG_IF(p);
}

void reserve_poison(struct reserve *r, int byte)
{
    for (size_t i = 0; i < r->n; i++)
        if (!r->v[i].used)
            memset(r->v[i].p, byte, r->v[i].size);
}

void reserve_free(struct reserve *r)
{
    for (size_t i = 0; i < r->n; i++) {
        BUG_IF(r->v[i].used);
        free(r->v[i].p);
    }
    free(r->v);
    *r = (struct reserve){0};
}
