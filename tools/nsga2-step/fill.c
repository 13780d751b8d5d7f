/* SPDX-License-Identifier: MIT */
#include "tools/nsga2-step/fill.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

#define TRIES 1000         /* draws in a row that find nothing new */
#define LIST_UP_TO 1048576 /* genomes of the largest space to list */

size_t fill_random(const struct genes *g, struct rng *r, struct genomes *taken,
                   size_t want)
{
    int64_t *genome = xcalloc(g->n, sizeof *genome), *kept;
    size_t got = 0, vain = 0, met = 0;
    uint64_t size;

    while (got < want && vain < TRIES) {
        bool added;

        genes_random(g, r, genome);
        added = genomes_add(taken, genome);
        got += added;
        vain = added ? 0 : vain + 1;
    }
    genes_log10_size(g, &size);

    /* The rest is a random sample of the genomes of the space that *taken does
     * not hold; `met` counts these so far. */
    if (got < want && size && size <= LIST_UP_TO) {
        want -= got;
        kept = xcalloc(want, g->n * sizeof *kept);
        memset(genome, 0, g->n * sizeof *genome);
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
        got += met;
        free(kept);
    }
    free(genome);
    return got;
}
