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

void *reserve_take(struct reserve *r, size_t bytes)
{
    struct reserve_block *best = NULL, *victim = NULL;

    for (size_t i = 0; i < r->n; i++) {
        struct reserve_block *b = &r->v[i];

        if (b->used)
            continue;
        if (b->size < bytes)
            victim = !victim || b->size > victim->size ? b : victim;
        else if ((b->size <= SMALL || b->size / LARGEST_PART <= bytes)
                 && (!best || b->size < best->size))
            best = b;
    }
    /* The largest free block that is too small makes room for a new one, so
     * that what is held stays near the most that was ever in use.  The new one
     * has some room to spare: the next request may be a little larger. */
    if (!best) {
        if (victim) {
            free(victim->p);
        } else {
            GROW(r->v, r->n, r->cap);
            victim = &r->v[r->n++];
        }
        best = victim;
        best->size = bytes + bytes / 8;
        best->p = xaligned(best->size, 1);
    }
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
