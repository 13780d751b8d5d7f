/* SPDX-License-Identifier: MIT
 * Memory that is given back all at once: what one record needs lives in an
 * arena that is reset before the next record, so that a loop over records does
 * not leak, and calls malloc only for what the kept block has no room for. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_block *blocks; /* newest first */
};

/* A zeroed struct arena is ready to use. */

/* Returns count * size zeroed bytes, aligned for any type, borrowed until
 * arena_reset or arena_free. */
void *arena_alloc(struct arena *a, size_t count, size_t size);

/* Return a copy, borrowed as above: of count elements of an array (v may be
 * NULL when count is 0), of n bytes of a string and a NUL, of a whole string
 * (NULL gives NULL). */
void *arena_memdup(struct arena *a, const void *v, size_t count, size_t size);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_strdup(struct arena *a, const char *s);

void arena_reset(struct arena *a); /* frees all blocks but the newest */
void arena_free(struct arena *a);  /* frees all blocks */

#endif
