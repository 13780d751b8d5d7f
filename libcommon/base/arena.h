/* SPDX-License-Identifier: MIT
 * Memory that is given back all at once: what one record needs lives in an
 * arena that is reset before the next record, so that a loop over records
 * neither leaks nor calls malloc once it has seen the largest of them. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_block *blocks; /* newest first */
};

/* A zeroed struct arena is ready to use. */

/* count * size zeroed bytes, aligned for any type, borrowed until
 * arena_reset or arena_free. */
void *arena_alloc(struct arena *a, size_t count, size_t size);

/* Copies, borrowed as above: count elements of an array (v may be NULL when
 * there are none), n bytes of a string and a NUL, a whole string (NULL gives
 * NULL). */
void *arena_memdup(struct arena *a, const void *v, size_t count, size_t size);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_strdup(struct arena *a, const char *s);

void arena_reset(struct arena *a);  /* forget everything, keep one block */
void arena_free(struct arena *a);   /* forget everything, give it back */

#endif
