/* SPDX-License-Identifier: MIT */
#include "libcommon/base/set.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/hash.h"
#include "libcommon/base/mem.h"

#define SLOTS_MIN 64

static size_t begin_of(const struct set *s, size_t i)
{
    return i ? s->end[i - 1] : 0;
}

/* Returns the slot that holds the key's number, or the free one for it. */
static uint32_t *slot_of(const struct set *s, const void *key, size_t size)
{
    size_t at = (size_t)hash64(key, size) & (s->slots - 1);

    for (; s->slot[at]; at = (at + 1) & (s->slots - 1)) {
        size_t i = s->slot[at] - 1, begin = begin_of(s, i);

        if (s->end[i] - begin == size && !memcmp(s->keys + begin, key, size))
            break;
    }
    return &s->slot[at];
}

size_t set_add(struct set *s, const void *key, size_t size)
{
    uint32_t *slot;

    /* At least half of the slots stay free, so that probing is short. */
    if (2 * (s->n + 1) > s->slots) {
        free(s->slot);
        s->slots = s->slots ? 2 * s->slots : SLOTS_MIN;
        s->slot = xcalloc(s->slots, sizeof *s->slot);
        for (size_t i = 0; i < s->n; i++) {
            size_t begin = begin_of(s, i);

            *slot_of(s, s->keys + begin, s->end[i] - begin) = (uint32_t)i + 1;
        }
    }
    slot = slot_of(s, key, size);
    if (*slot)
        return *slot - 1;
    while (s->room - s->bytes <= size) {
        s->keys = xreallocarray(s->keys, s->room ? s->room : 1024, 2);
        s->room = s->room ? 2 * s->room : 2048;
    }
    memcpy(s->keys + s->bytes, key, size);
    s->bytes += size;
    GROW(s->end, s->n, s->cap);
    s->end[s->n++] = s->bytes;
    *slot = (uint32_t)s->n;
    return s->n - 1;
}

size_t set_find(const struct set *s, const void *key, size_t size)
{
    uint32_t found = s->slots ? *slot_of(s, key, size) : 0;

    return found ? found - 1 : SET_NONE;
}

void set_free(struct set *s)
{
    free(s->keys);
    free(s->end);
    free(s->slot);
    *s = (struct set){0};
}
