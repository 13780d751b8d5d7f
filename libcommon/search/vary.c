/* SPDX-License-Identifier: MIT */
#include "libcommon/search/vary.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

void vary_cross(struct rng *r, int64_t *a, int64_t *b, size_t n)
{
    size_t from, to;

    if (n < 2)
        return;
    from = 1 + (size_t)rng_below(r, n - 1);
    to = n;
    if (n > 2) {
        to = 1 + (size_t)rng_below(r, n - 2);
        if (to >= from)
            to++;
    }
    if (to < from) {
        size_t t = from;

        from = to;
        to = t;
    }
    for (size_t i = from; i < to; i++) {
        int64_t t = a[i];

        a[i] = b[i];
        b[i] = t;
    }
}

int64_t vary_polynomial(struct rng *r, int64_t gene, int64_t top, double eta)
{
    double low = -0.5, range = (double)top + 1, u = rng_uniform(r), x, step;

    x = ((double)gene - low) / range; /* position in [0, 1] */
    if (u <= 0.5)
        step = pow(2 * u + (1 - 2 * u) * pow(1 - x, eta + 1), 1 / (eta + 1)) -
               1;
    else
        step = 1 -
               pow(2 * (1 - u) + (2 * u - 1) * pow(x, eta + 1), 1 / (eta + 1));
    gene = (int64_t)floor(low + (x + step) * range + 0.5);
    return gene < 0 ? 0 : gene > top ? top : gene;
}

void vary_children(const struct vary *v, const struct genes *g, struct rng *r,
                   const int64_t *parents[2], int64_t *children[2])
{
    double p = fmin(v->gene_mutation, 1 / (double)g->n);

    for (int i = 0; i < 2; i++)
        memcpy(children[i], parents[i], g->n * sizeof **children);
    if (rng_uniform(r) < v->crossover)
        vary_cross(r, children[0], children[1], g->n);
    for (int i = 0; i < 2; i++) {
        bool mutates = rng_uniform(r) < v->mutation;

        for (size_t k = 0; mutates && k < g->n; k++)
            if (rng_uniform(r) < p)
                children[i][k] = vary_polynomial(r, children[i][k],
                                                 g->v[k].n_choices - 1, v->eta);
        genes_canonical(g, children[i], r);
    }
}
