/* SPDX-License-Identifier: MIT */
#include "libcommon/base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "libcommon/base/mem.h"

struct hash {
    XXH3_state_t *state;
};

static void to_hex(XXH128_hash_t h, char out[HASH_HEX])
{
    snprintf(out, HASH_HEX, "%016llx%016llx", (unsigned long long)h.high64,
             (unsigned long long)h.low64);
}

uint64_t hash64(const void *data, size_t n)
{
    return XXH3_64bits(data, n);
}

void hash_hex(const void *data, size_t n, char out[HASH_HEX])
{
    to_hex(XXH3_128bits(data, n), out);
}

struct hash *hash_new(void)
{
    struct hash *h = xmalloc(sizeof *h);

    h->state = XXH3_createState();
    if (!h->state)
        mem_exhausted(sizeof *h);
    hash_reset(h);
    return h;
}

void hash_reset(struct hash *h)
{
    XXH3_128bits_reset(h->state);
}

void hash_update(struct hash *h, const void *data, size_t n)
{
    if (n)
        XXH3_128bits_update(h->state, data, n);
}

void hash_final(const struct hash *h, char out[HASH_HEX])
{
    to_hex(XXH3_128bits_digest(h->state), out);
}

void hash_copy(struct hash *to, const struct hash *from)
{
    XXH3_copyState(to->state, from->state);
}

void hash_free(struct hash *h)
{
    if (!h)
        return;
    XXH3_freeState(h->state);
    free(h);
}
