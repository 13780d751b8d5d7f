/* SPDX-License-Identifier: MIT
 * A set of genomes of one length, in the order they were added. */
#ifndef SEARCH_GENOMES_H
#define SEARCH_GENOMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct genomes {
    int64_t *v;             /* (n, genes) row-major; moves when it grows */
    size_t n, cap, genes;
    uint32_t *slot;         /* hash table of index + 1, 0 = free */
    size_t slots;           /* a power of two */
};

void genomes_init(struct genomes *s, size_t genes);
void genomes_free(struct genomes *s);

/* Returns true when the genome was not there yet. */
bool genomes_add(struct genomes *s, const int64_t *genome);
bool genomes_has(const struct genomes *s, const int64_t *genome);

static inline const int64_t *genomes_at(const struct genomes *s, size_t i)
{
    return s->v + i * s->genes;
}

#endif
