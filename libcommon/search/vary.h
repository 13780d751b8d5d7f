/* SPDX-License-Identifier: MIT
 * Variation operators on integer genomes (D2). */
#ifndef SEARCH_VARY_H
#define SEARCH_VARY_H

#include "libcommon/space/genes.h"

struct vary {
    double crossover;     /* probability per pair */
    double mutation;      /* probability per individual */
    double gene_mutation; /* upper bound of the probability per gene, which
                             * is min(this, 1 / genes) */
    double eta;           /* index of polynomial mutation: low = far */
};
#define VARY_DEFAULT                                                      \
    {                                                                     \
        .crossover = 0.9, .mutation = 0.9, .gene_mutation = 0.5, .eta = 1 \
    }

/* Cross a and b (n) in place: they swap the genes between two distinct cuts.
 * With two genes there is one cut and the second genes are swapped; with one
 * gene nothing happens. */
void vary_cross(struct rng *r, int64_t *a, int64_t *b, size_t n);

/* Returns the gene after polynomial mutation on [-0.5, top + 0.5], rounded.
 * Every choice 0..top can come out, whatever the gene was. */
int64_t vary_polynomial(struct rng *r, int64_t gene, int64_t top, double eta);

/* Make two canonical children (g->n) of two parents (g->n): copy the parents,
 * cross and mutate the copies with the probabilities of v, and repair groups
 * whose genes are all 0. */
void vary_children(const struct vary *v, const struct genes *g, struct rng *r,
                   const int64_t *parents[2], int64_t *children[2]);

#endif
