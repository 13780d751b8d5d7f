/* SPDX-License-Identifier: MIT */
#include "tools/nsga2-step/fill.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

#define TRIES 1000              /* draws in a row that find nothing new */
#define LIST_UP_TO 1048576      /* genomes of the largest space to list */

/* Add to *taken a random sample of up to `want` of the genomes of the space
 * that it does not hold.  Returns how many. */
static size_t fill_listed(const struct genes *g, struct rng *r,
                          struct genomes *taken, size_t want)
{
    int64_t *genome = xcalloc(g->n, sizeof *genome);
    int64_t *kept = xcalloc(want, g->n * sizeof *kept);
    size_t met = 0;         /* genomes so far that are not taken */

    for (bool more = true; more && genomes_missing(taken, g, genome);
         more = genes_next(g, genome)) {
        size_t at = met++;

        if (at >= want)
            at = (size_t)rng_below(r, met);
        if (at < want)
            memcpy(kept + at * g->n, genome, g->n * sizeof *kept);
    }
    if (met > want)
        met = want;
    for (size_t i = 0; i < met; i++)
        genomes_add(taken, kept + i * g->n);
    free(genome);
    free(kept);
    return met;
}

size_t fill_random(const struct genes *g, struct rng *r, struct genomes *taken,
                   size_t want)
{
    int64_t *genome = xcalloc(g->n, sizeof *genome);
    size_t got = 0, vain = 0;
    uint64_t size;

    while (got < want && vain < TRIES) {
        bool added;

        genes_random(g, r, genome);
        added = genomes_add(taken, genome);
        got += added;
        vain = added ? 0 : vain + 1;
    }
    free(genome);
    genes_log10_size(g, &size);
    if (got < want && size && size <= LIST_UP_TO)
        got += fill_listed(g, r, taken, want - got);
    return got;
}
