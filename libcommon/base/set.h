/* SPDX-License-Identifier: MIT
 * A set of keys, which are runs of bytes: numbered 0, 1, ... in the order they
 * were added, and found again through a hash table.  The set keeps copies.
 *
 * Example (const void *key, size_t size):
 *     struct set s = {0};
 *     size_t i = set_add(&s, key, size);
 *
 *     if (set_find(&s, key, size) == i)
 *         set_free(&s);
 */
#ifndef BASE_SET_H
#define BASE_SET_H

#include <stddef.h>
#include <stdint.h>

#define SET_NONE SIZE_MAX

struct set {
    unsigned char *keys;    /* one key behind the other; moves when it grows */
    size_t bytes, room;     /* of keys: used and allocated */
    size_t *end;            /* (n) where in keys the i-th ends */
    size_t n, cap;
    uint32_t *slot;         /* hash table: number of a key + 1, 0 = free */
    size_t slots;           /* a power of two, more than 2 n; 0 = no table yet */
};

/* A zeroed struct set is ready to use. */

/* Returns the number of the key; it was not there yet if that is the n from
 * before the call. */
size_t set_add(struct set *s, const void *key, size_t size);

/* Returns the number of the key, or SET_NONE. */
size_t set_find(const struct set *s, const void *key, size_t size);

/* Forget everything and give its memory back. */
void set_free(struct set *s);

#endif
