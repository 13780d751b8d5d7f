/* SPDX-License-Identifier: MIT
 * Variation operators on integer genomes (D2). */
#ifndef SEARCH_VARY_H
#define SEARCH_VARY_H

#include "libcommon/space/genes.h"

struct vary {
    double crossover;       /* probability per pair */
    double mutation;        /* probability per individual */
    double gene_mutation;   /* upper bound of the probability per gene, which
                             * is min(this, 1 / genes) */
    double eta;             /* index of polynomial mutation: low = far */
};
#define VARY_DEFAULT { .crossover = 0.9, .mutation = 0.9, \
                       .gene_mutation = 0.5, .eta = 1 }

/* Two-point crossover in place: a and b (n) swap what lies between two
 * distinct cuts.  Two genes have one cut, one gene none. */
void vary_cross(struct rng *r, int64_t *a, int64_t *b, size_t n);

/* Polynomial mutation of one gene on [-0.5, top + 0.5], rounded: every choice
 * 0..top can come out, whatever went in. */
int64_t vary_polynomial(struct rng *r, int64_t gene, int64_t top, double eta);

/* Mutate with the probabilities of v; the genome may leave its canonical
 * form. */
void vary_mutate(const struct vary *v, const struct genes *g, struct rng *r,
                 int64_t *genome);

/* Two children of two parents, canonical: crossed, mutated, empty groups
 * repaired.  All (g->n). */
void vary_children(const struct vary *v, const struct genes *g, struct rng *r,
                   const int64_t *parents[2], int64_t *children[2]);

#endif
