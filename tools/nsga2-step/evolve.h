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

    /* Objectives of genomes (n, genes) into f (n, objectives), minimised,
     * finite, and by how much they break limits into violation (n), which is 0
     * before: front_sort_limited. */
    void (*score)(void *ctx, const int64_t *genomes, size_t n, double *f,
                  double *violation);
    void *ctx;
};

/* *start holds distinct canonical genomes, at most opts->pop of them count.
 * Filled up with random ones, evolved, and replaced by the final population:
 * rank by rank, by falling crowding distance within a rank.  It is smaller
 * than opts->pop only where the space is. */
void evolve(const struct genes *g, const struct evolve_opts *o, struct rng *r,
            struct genomes *start);

#endif
