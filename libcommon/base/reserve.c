/* SPDX-License-Identifier: MIT */
#include "libcommon/base/reserve.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

/* A free block serves requests from 1 / LARGEST_PART of its size, and one of at
 * most SMALL bytes any request that fits. */
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
        else if ((b->size <= SMALL || b->size / LARGEST_PART <= bytes) &&
                 (!best || b->size < best->size))
            best = b;
    }
    /* The largest free block that is too small is replaced by the new one, so
     * that the memory held stays near the most that was ever in use.  The new
     * block is an eighth larger: the next request may be, too. */
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
