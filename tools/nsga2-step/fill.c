/* SPDX-License-Identifier: MIT */
#include "tools/nsga2-step/fill.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

#define TRIES 1000              /* in vain, one after the other */
#define LIST_UP_TO 1048576      /* genomes of a space that is gone through */

/* Every canonical genome in lexicographic order; of those not taken a random
 * sample of up to `want` is kept. */
struct listing {
    const struct genes *g;
    struct rng *r;
    struct genomes *taken;
    int64_t *genome;        /* (genes) the present one */
    int64_t *kept;          /* (want, genes) */
    size_t want, met;       /* met: how many were not taken */
    struct err ignored;
};

static void meet(struct listing *l)
{
    size_t genes = l->g->n, at = l->met;
    struct ints genome = {l->genome, genes};

    if (genes_check(l->g, &genome, &l->ignored) < 0
        || genomes_has(l->taken, l->genome))
        return;
    l->met++;
    if (at >= l->want)
        at = (size_t)rng_below(l->r, l->met);
    if (at < l->want)
        memcpy(l->kept + at * genes, l->genome, genes * sizeof *l->kept);
}

/* The next value of the last gene that has one, as an odometer. */
static bool advance(struct listing *l)
{
    for (size_t i = l->g->n; i-- > 0;) {
        if (genes_used(l->g, l->genome, i)
            && l->genome[i] + 1 < l->g->v[i].n_choices) {
            l->genome[i]++;
            return true;
        }
        l->genome[i] = 0;
    }
    return false;
}

static size_t fill_listed(const struct genes *g, struct rng *r,
                          struct genomes *taken, size_t want)
{
    struct listing l = {.g = g, .r = r, .taken = taken, .want = want};
    size_t got;

    l.genome = xcalloc(g->n, sizeof *l.genome);
    l.kept = xcalloc(want, g->n * sizeof *l.kept);
    do
        meet(&l);
    while (advance(&l));
    got = l.met < want ? l.met : want;
    for (size_t i = 0; i < got; i++)
        genomes_add(taken, l.kept + i * g->n);
    free(l.genome);
    free(l.kept);
    return got;
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
