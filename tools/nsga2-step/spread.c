/* SPDX-License-Identifier: MIT */
#include "tools/nsga2-step/spread.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "libcommon/base/mem.h"
#include "libcommon/stats/sort.h"

#define FIXED UINT32_MAX

struct line_point {
    double at;
    uint32_t index; /* of the candidate, or FIXED */
};

struct point_line {
    struct line_point *p; /* (n) ascending */
    size_t n, k, gaps;
    size_t first_fixed, last_fixed; /* n and 0 when there is none */
    double *cost;   /* (k + 1, n) row c: least sum of squared gaps of
                             * a path with c chosen that ends at each point */
    uint32_t *from; /* (k + 1, n) the point before that on the path */
    double best;    /* variance of the best choice so far */
    uint32_t *chosen;
};

/* Set the least cost of a path to point q with c chosen, for every c.  The
 * point before q is one of `first` .. q - 1, and no fixed one lies between
 * them. */
static void reach(struct point_line *l, size_t first, size_t q)
{
    bool fixed = l->p[q].index == FIXED;

    for (size_t c = 0; c <= l->k; c++) {
        double *cost = &l->cost[c * l->n + q];

        *cost = INFINITY;
        if (!fixed && c == 0)
            continue;
        for (size_t b = q; b-- > first;) {
            double gap = l->p[q].at - l->p[b].at;
            double v = l->cost[(c - !fixed) * l->n + b] + gap * gap;

            if (v < *cost) {
                *cost = v;
                l->from[c * l->n + q] = (uint32_t)b;
            }
            if (l->p[b].index == FIXED)
                break;
        }
    }
}

/* Compare all paths that start at the point `first` with the best one so
 * far. */
static void try_first(struct point_line *l, size_t first)
{
    double gaps = (double)l->gaps;
    size_t picked = l->p[first].index != FIXED;

    for (size_t c = 0; c <= l->k; c++)
        l->cost[c * l->n + first] = c == picked ? 0 : INFINITY;
    for (size_t q = first + 1; q < l->n; q++) {
        double range = (l->p[q].at - l->p[first].at) / gaps, variance;

        reach(l, first, q);
        if (q < l->last_fixed)
            continue; /* a fixed point would be left out */
        variance = l->cost[l->k * l->n + q] / gaps - range * range;
        if (!(variance < l->best))
            continue;
        l->best = variance;
        /* Write down the path, from its end back to its first point. */
        for (size_t c = l->k, at = q, before;; at = before) {
            before = l->from[c * l->n + at];
            if (l->p[at].index != FIXED)
                l->chosen[--c] = l->p[at].index;
            if (at == first)
                break;
        }
    }
}

void spread_choose(const double *fixed, size_t n_fixed, const double *value,
                   size_t n, size_t k, uint32_t *chosen)
{
    struct point_line l;
    double *all;
    uint32_t *order;

    if (n > SPREAD_MAX)
        n = k > SPREAD_MAX ? k : SPREAD_MAX;
    l = (struct point_line){.n = n_fixed + n,
                            .k = k,
                            .gaps = n_fixed + k - 1,
                            .first_fixed = n_fixed + n,
                            .best = INFINITY,
                            .chosen = chosen};
    l.p = xcalloc(l.n, sizeof *l.p);
    l.cost = xcalloc((k + 1) * l.n, sizeof *l.cost);
    l.from = xcalloc((k + 1) * l.n, sizeof *l.from);

    all = xcalloc(l.n, sizeof *all);
    order = xcalloc(l.n, sizeof *order);
    for (size_t i = 0; i < l.n; i++)
        all[i] = i < n_fixed ? fixed[i] : value[i - n_fixed];
    sort_values(all, l.n, order);
    for (size_t i = 0; i < l.n; i++) {
        bool f = order[i] < n_fixed;

        l.p[i].at = all[order[i]];
        l.p[i].index = f ? FIXED : order[i] - (uint32_t)n_fixed;
        if (f && l.first_fixed == l.n)
            l.first_fixed = i;
        if (f)
            l.last_fixed = i;
    }
    free(all);
    free(order);

    chosen[0] = 0; /* stays when one point is alone and has no gaps */
    for (size_t first = 0; l.gaps && first < l.n; first++) {
        try_first(&l, first);
        if (first == l.first_fixed)
            break;
    }
    free(l.p);
    free(l.cost);
    free(l.from);
}
