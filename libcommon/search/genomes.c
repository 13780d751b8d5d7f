/* SPDX-License-Identifier: MIT */
#include "libcommon/search/genomes.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/hash.h"
#include "libcommon/base/mem.h"

void genomes_init(struct genomes *s, size_t genes)
{
    *s = (struct genomes){.genes = genes, .slots = 64};
    s->slot = xcalloc(s->slots, sizeof *s->slot);
}

void genomes_free(struct genomes *s)
{
    free(s->v);
    free(s->slot);
    *s = (struct genomes){0};
}

/* Where the genome is, or the free slot where it would be. */
static uint32_t *find(const struct genomes *s, const int64_t *genome)
{
    size_t bytes = s->genes * sizeof *genome;
    size_t i = (size_t)hash64(genome, bytes) & (s->slots - 1);

    while (s->slot[i]
           && memcmp(genomes_at(s, s->slot[i] - 1), genome, bytes) != 0)
        i = (i + 1) & (s->slots - 1);
    return &s->slot[i];
}

static void grow(struct genomes *s)
{
    free(s->slot);
    s->slots *= 2;
    s->slot = xcalloc(s->slots, sizeof *s->slot);
    for (size_t i = 0; i < s->n; i++)
        *find(s, genomes_at(s, i)) = (uint32_t)i + 1;
}

bool genomes_add(struct genomes *s, const int64_t *genome)
{
    uint32_t *slot = find(s, genome);

    if (*slot)
        return false;
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 64;
        s->v = xreallocarray(s->v, s->cap, s->genes * sizeof *s->v);
    }
    memcpy(s->v + s->n * s->genes, genome, s->genes * sizeof *genome);
    *slot = (uint32_t)++s->n;
    if (2 * s->n > s->slots)
        grow(s);
    return true;
}

bool genomes_has(const struct genomes *s, const int64_t *genome)
{
    return *find(s, genome) != 0;
}
