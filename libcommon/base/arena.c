/* SPDX-License-Identifier: MIT */
#include "libcommon/base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

#define BLOCK_MIN 65536
#define ALIGN 16

struct arena_block {
    struct arena_block *next;
    size_t size, used;
    _Alignas(ALIGN) unsigned char data[];
};

/* Returns count * size bytes, not zeroed. */
static void *take(struct arena *a, size_t count, size_t size)
{
    struct arena_block *b = a->blocks;
    size_t bytes;
    void *p;

    if (size && count > (SIZE_MAX - ALIGN) / size)
        mem_exhausted(SIZE_MAX);
    bytes = (count * size + ALIGN - 1) / ALIGN * ALIGN;
    if (!b || b->size - b->used < bytes) {
        size_t room = bytes > BLOCK_MIN ? bytes : BLOCK_MIN;

        if (room > SIZE_MAX - sizeof *b)
            mem_exhausted(room);
        b = xmalloc(sizeof *b + room);
        b->next = a->blocks;
        b->size = room;
        b->used = 0;
        a->blocks = b;
    }
    p = b->data + b->used;
    b->used += bytes;
    return p;
}

void *arena_alloc(struct arena *a, size_t count, size_t size)
{
    void *p = take(a, count, size);

    memset(p, 0, count * size);
    return p;
}

void *arena_memdup(struct arena *a, const void *v, size_t count, size_t size)
{
    void *copy = take(a, count, size);

    if (count)
        memcpy(copy, v, count * size);
    return copy;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *copy = take(a, n + 1, 1);

    memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

void arena_reset(struct arena *a)
{
    struct arena_block *keep = a->blocks, *b, *next;

    if (!keep)
        return;
    for (b = keep->next; b; b = next) {
        next = b->next;
        free(b);
    }
    keep->next = NULL;
    keep->used = 0;
}

void arena_free(struct arena *a)
{
    arena_reset(a);
    free(a->blocks);
    a->blocks = NULL;
}
