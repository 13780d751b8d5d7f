/* SPDX-License-Identifier: MIT
 * NSGA-II over the genomes of a space (D2), whatever scores them. */
#ifndef NSGA2_STEP_EVOLVE_H
#define NSGA2_STEP_EVOLVE_H

#include "libcommon/search/genomes.h"
#include "libcommon/search/vary.h"
#include "libcommon/space/genes.h"

struct evolve_opts {
    size_t pop, generations;
    size_t objectives;
    struct vary vary;

    /* Set f (n, objectives) to the objectives of genomes (n, genes), minimised
     * and finite, and violation (n), which is 0 before, to how much each breaks
     * the limits (see front_sort_limited). */
    void (*score)(void *ctx, const int64_t *genomes, size_t n, double *f,
                  double *violation);
    void *ctx;
};

/* Evolve *start, which holds distinct canonical genomes: the first o->pop of
 * them, filled up with random ones, are the first population.  The last one
 * replaces *start, rank by rank, and by falling crowding distance within a
 * rank.  It is smaller than o->pop only where the space is. */
void evolve(const struct genes *g, const struct evolve_opts *o, struct rng *r,
            struct genomes *start);

#endif
