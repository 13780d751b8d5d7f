/* SPDX-License-Identifier: MIT
 * A set of keys, which are byte strings.  Keys are numbered 0, 1, ... in the
 * order they are added; a hash table finds them.  The set keeps copies.
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
    unsigned char *keys; /* one key behind the other; moves when it grows */
    size_t bytes, room;  /* of keys: used and allocated */
    size_t *end;         /* (n) where in keys the i-th ends */
    size_t n, cap;
    uint32_t *slot; /* hash table: number of a key + 1, 0 = free */
    size_t slots;   /* a power of two, >= 2 n; 0 = no table yet */
};

/* A zeroed struct set is ready to use. */

/* Add the key unless the set has it.  Returns its number; a new key's number is
 * the n from before the call. */
size_t set_add(struct set *s, const void *key, size_t size);

/* Returns the number of the key, or SET_NONE. */
size_t set_find(const struct set *s, const void *key, size_t size);

/* Remove all keys and free their memory. */
void set_free(struct set *s);

#endif
