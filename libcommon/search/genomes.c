/* SPDX-License-Identifier: MIT */
#include "libcommon/search/genomes.h"

void genomes_init(struct genomes *s, size_t genes)
{
    *s = (struct genomes){.genes = genes};
}

void genomes_free(struct genomes *s)
{
    set_free(&s->set);
    *s = (struct genomes){0};
}

bool genomes_add(struct genomes *s, const int64_t *genome)
{
    size_t before = s->n;

    set_add(&s->set, genome, s->genes * sizeof *genome);
    s->n = s->set.n;
    return s->n > before;
}

bool genomes_has(const struct genomes *s, const int64_t *genome)
{
    return set_find(&s->set, genome, s->genes * sizeof *genome) != SET_NONE;
}

const int64_t *genomes_at(const struct genomes *s, size_t i)
{
    const void *keys = s->set.keys; /* all of one length */

    return (const int64_t *)keys + i * s->genes;
}

bool genomes_missing(const struct genomes *s, const struct genes *g,
                     int64_t *genome)
{
    do
        if (genes_whole(g, genome) && !genomes_has(s, genome))
            return true;
    while (genes_next(g, genome));
    return false;
}
