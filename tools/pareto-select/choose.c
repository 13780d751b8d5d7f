/* SPDX-License-Identifier: MIT */
#include "tools/pareto-select/choose.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/search/front.h"
#include "libcommon/search/tradeoff.h"
#include "libcommon/stats/sort.h"

int choose_rows(const struct archive *a, const struct objectives *o, double **f,
                size_t *n, struct err *e)
{
    *f = xcalloc(a->n, o->n * sizeof **f);
    *n = 0;
    for (size_t i = 0; i < a->n; i++) {
        if (a->v[i].status == RESULT_FAILED)
            continue;
        if (objectives_row(o, &a->v[i], *f + *n * o->n, e) < 0) {
            free(*f);
            return e->code;
        }
        ++*n;
    }
    return 0;
}

/* Sort n results by their rows of `keys` numbers each, ascending. */
static void sort_results(struct result **v, size_t n, const double *key,
                         size_t keys)
{
    uint32_t *order = xcalloc(n, sizeof *order);
    struct result **old = xmemdup(v, n * sizeof *v);

    sort_identity(order, n);
    sort_rows(key, keys, keys, order, n);
    for (size_t i = 0; i < n; i++)
        v[i] = old[order[i]];
    free(order);
    free(old);
}

/* Set key to what decides between results that are equal otherwise: accuracy
 * and MACs where there are any, then the m objectives of the row f. */
static void set_ties(const struct result *r, const double *f, size_t m,
                     double *key)
{
    key[0] = isnan(r->accuracy) ? 0 : -r->accuracy;
    key[1] = isnan(r->macs) ? 0 : r->macs;
    memcpy(key + 2, f, m * sizeof *f);
}

static void least_violating(struct choice *c, const double *f, size_t m,
                            uint64_t k)
{
    size_t width = m + 3;
    double *key = xcalloc(c->measured, width * sizeof *key);

    for (size_t i = 0; i < c->measured; i++) {
        key[width * i] = c->v[i]->violation;
        set_ties(c->v[i], f + i * m, m, key + width * i + 1);
    }
    sort_results(c->v, c->measured, key, width);
    free(key);
    c->n = k ? (size_t)k : 1;
    if (c->n > c->measured)
        c->n = c->measured;
}

/* Rank the feasible results, sort them by rank and take as many as are asked
 * for. */
static void rank_feasible(struct choice *c, const double *f, size_t m,
                          const struct choose_opts *o)
{
    uint32_t *rank = xcalloc(c->feasible, sizeof *rank);
    double *crowding = xcalloc(c->feasible, sizeof *crowding);
    double *part = xcalloc(c->feasible, m * sizeof *part);
    double *mu = xcalloc(c->feasible, sizeof *mu);
    size_t width = m + 4;
    double *key = xcalloc(c->feasible, width * sizeof *key);
    size_t fronts = front_sort(f, c->feasible, m, rank);
    size_t by = o->k ? objectives_find(&o->objectives, c->by) : m - 1;

    front_crowding_all(f, c->feasible, m, rank, crowding);
    for (size_t k = 0; k < fronts; k++) { /* trade-offs are those within a
                                           * front */
        size_t n = 0;

        for (size_t i = 0; i < c->feasible; i++)
            if (rank[i] == k)
                memcpy(part + n++ * m, f + i * m, m * sizeof *f);
        tradeoff(part, n, m, mu);
        n = 0;
        for (size_t i = 0; i < c->feasible; i++)
            if (rank[i] == k)
                c->v[i]->tradeoff = mu[n++];
    }
    for (size_t i = 0; i < c->feasible; i++) {
        struct result *r = c->v[i];

        r->rank = rank[i];
        r->crowding = isinf(crowding[i]) ? -1 : crowding[i];
        key[width * i] = (double)r->rank;
        key[width * i + 1] = by < m ? f[i * m + by] : -r->tradeoff;
        set_ties(r, f + i * m, m, key + width * i + 2);
    }
    sort_results(c->v, c->feasible, key, width);
    while (c->n < c->feasible && (o->all_fronts || c->v[c->n]->rank == 0) &&
           (!o->k || c->n < o->k))
        c->n++;
    free(rank);
    free(crowding);
    free(part);
    free(mu);
    free(key);
}

/* List the measured results, the feasible ones in front, and remove the keys of
 * an earlier selection. */
static void list_measured(struct archive *a, struct choice *out)
{
    out->v = xcalloc(a->n, sizeof *out->v);
    for (int feasible = 1; feasible >= 0; feasible--) {
        for (size_t i = 0; i < a->n; i++) {
            struct result *r = &a->v[i];

            if (r->status == RESULT_FAILED ||
                (r->violation <= 0) != (feasible == 1))
                continue;
            r->feasible = feasible;
            r->rank = NIL_INT;
            r->crowding = r->tradeoff = NAN;
            out->v[out->measured++] = r;
        }
        if (feasible)
            out->feasible = out->measured;
    }
}

/* Returns what the best are best in. */
static const char *chosen_by(const struct choose_opts *o,
                             const struct choice *c)
{
    static const char *const accuracy[] = {"accuracy", "error"};
    bool limited = false;

    if (strcmp(o->by, CHOOSE_AUTO) != 0)
        return o->by;
    for (size_t i = 0; i < c->measured; i++)
        limited |= results_bounded(&c->v[i]->limits);
    for (size_t i = 0; limited && i < ARRAY_LEN(accuracy); i++)
        if (objectives_find(&o->objectives, accuracy[i]) < o->objectives.n)
            return accuracy[i];
    return o->objectives.n == 1 ? o->objectives.v[0].name : CHOOSE_TRADEOFF;
}

int choose(struct archive *a, const struct choose_opts *o, struct choice *out,
           struct err *e)
{
    size_t m = o->objectives.n;
    double *f;
    int rc = 0;

    *out = (struct choice){0};
    for (size_t i = 0; o->limits.n && i < a->n; i++) {
        struct result *r = &a->v[i];

        if (r->status == RESULT_FAILED)
            continue;
        r->limits = limits_list(&o->limits);
        if (limits_violation(&o->limits, r, &r->violation, e) < 0)
            return e->code;
        r->feasible = r->violation <= 0;
    }
    list_measured(a, out);
    out->by = chosen_by(o, out);
    f = xcalloc(out->measured, m * sizeof *f);
    for (size_t i = 0; rc == 0 && i < out->measured; i++)
        rc = objectives_row(&o->objectives, out->v[i], f + i * m, e);
    if (rc == 0 && out->feasible)
        rank_feasible(out, f, m, o);
    else if (rc == 0)
        least_violating(out, f, m, o->k);
    free(f);
    return rc;
}

void choice_fini(struct choice *c)
{
    free(c->v);
}
