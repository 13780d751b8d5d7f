/* SPDX-License-Identifier: MIT
 * A cache of large memory blocks for objects that are created and freed in
 * turn.  A block that is given back is kept for the next object, because the
 * system clears every page of new memory, which for large blocks costs as much
 * as the work done in them.
 *
 * Example (size_t bytes):
 *     struct reserve r = {0};
 *     void *p = reserve_take(&r, bytes);
 *
 *     reserve_give(&r, p);
 *     p = reserve_take(&r, bytes);        // the same block again
 *     reserve_give(&r, p);
 *     reserve_free(&r);
 */
#ifndef BASE_RESERVE_H
#define BASE_RESERVE_H

#include <stdbool.h>
#include <stddef.h>

struct reserve {
    struct reserve_block {
        void *p;
        size_t size;
        bool used;
    } * v;
    size_t n, cap;
};

/* A zeroed struct reserve is ready to use. */

/* Returns a block on a 64-byte boundary, owned (reserve_give).  A new block is
 * zeroed; one that is taken again holds what its last user left in it. */
void *reserve_take(struct reserve *r, size_t bytes);
void reserve_give(struct reserve *r, void *p);

/* Overwrite the free blocks with `byte`, so that a test finds an object that
 * relies on what an earlier one left in its block. */
void reserve_poison(struct reserve *r, int byte);

/* Give the memory back to the system; every block must have been given back. */
void reserve_free(struct reserve *r);

#endif
