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

static bool serves(const struct reserve_block *b, size_t bytes)
{
    return !b->used && b->size >= bytes
           && (b->size <= SMALL || b->size / LARGEST_PART <= bytes);
}

static struct reserve_block *best_fit(struct reserve *r, size_t bytes)
{
    struct reserve_block *best = NULL;

    for (size_t i = 0; i < r->n; i++)
        if (serves(&r->v[i], bytes) && (!best || r->v[i].size < best->size))
            best = &r->v[i];
    return best;
}

/* A free block that is too small makes room for one that is not, so that what
 * is held stays near the most that was ever in use. */
static struct reserve_block *largest_below(struct reserve *r, size_t bytes)
{
    struct reserve_block *best = NULL;

    for (size_t i = 0; i < r->n; i++)
        if (!r->v[i].used && r->v[i].size < bytes
            && (!best || r->v[i].size > best->size))
            best = &r->v[i];
    return best;
}

/* Some room to spare: the next one may want a little more. */
static struct reserve_block *new_block(struct reserve *r, size_t bytes)
{
    struct reserve_block *b = largest_below(r, bytes);

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
    struct reserve_block *b = best_fit(r, bytes);

    if (!b)
        b = new_block(r, bytes);
    b->used = true;
    return b->p;
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
