/* SPDX-License-Identifier: MIT
 * Memory that objects which come and go in turns hand on to each other, instead
 * of giving it back to the system, which would clear every page again: for
 * large blocks that costs as much as the work done in them.
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
    } *v;
    size_t n, cap;
};

/* A zeroed struct reserve is ready to use. */

/* On a 64-byte boundary; a new block is zeroed, one taken again is as it was
 * left.  owned (reserve_give) */
void *reserve_take(struct reserve *r, size_t bytes);
void reserve_give(struct reserve *r, void *p);

/* Overwrite what nobody uses: for tests that nobody reads it. */
void reserve_poison(struct reserve *r, int byte);

/* Everything must have been given back. */
void reserve_free(struct reserve *r);

#endif
