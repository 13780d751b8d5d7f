/* SPDX-License-Identifier: MIT
 * XXH3 (libxxhash) for ids and digests.  Ids are the 128-bit hash of a
 * canonical text form, written as 32 lower-case hex digits. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_HEX 33 /* 32 digits and the NUL */

uint64_t hash64(const void *data, size_t n);
void hash_hex(const void *data, size_t n, char out[HASH_HEX]);

/* A hash of bytes that come in pieces: the result equals hash_hex of all. */
struct hash;
struct hash *hash_new(void); /* owned (hash_free) */
void hash_reset(struct hash *h);
void hash_update(struct hash *h, const void *data, size_t n);
void hash_final(const struct hash *h, char out[HASH_HEX]); /* h unchanged */
void hash_copy(struct hash *to, const struct hash *from);
void hash_free(struct hash *h);

#endif
