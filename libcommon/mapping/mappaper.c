/* SPDX-License-Identifier: MIT */
#include "libcommon/mapping/mappaper.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/mapping/mapexact.h"

double map_shortest(const struct map_edge *edge, size_t edges, size_t n,
                    size_t *before)
{
    double *length = xcalloc(n, sizeof *length), found;
    bool shorter = true;

    for (size_t i = 1; i < n; i++)
        length[i] = INFINITY;
    for (size_t round = 0; round < n && shorter; round++) {
        shorter = false;
        for (size_t i = 0; i < edges; i++) {
            double by = length[edge[i].from] + edge[i].length;

            if (by < length[edge[i].to]) {
                length[edge[i].to] = by;
                before[edge[i].to] = edge[i].from;
                shorter = true;
            }
        }
    }
    found = length[n - 1];
    free(length);
    return found;
}

/* ---- samples that leave at the second of two exits ---- */

struct pair {
    uint32_t n, right, final_right;
};

struct paper {
    const struct map_case *c;
    struct map_keep *keep;
    size_t most, exits, values;
    size_t set[PLATFORM_MAX_PROCESSORS], n;
    /* (exits, exits) and then (values, values): those that pass the first by its
     * value and leave at the second by its own.  Of an exit with itself: (values)
     * that leave there, whatever was before. */
    struct pair **pairs;
    struct map_edge *edge;
    size_t *before;
};

/* Returns the table of two exits. */
static const struct pair *pair_table(struct paper *x, size_t i, size_t j)
{
    const struct map_samples *s = x->c->samples;
    const uint16_t *one = s->code + i * s->samples,
                   *two = s->code + j * s->samples;
    size_t t = s->values, bins = t + 1;
    struct pair **at = &x->pairs[i * x->exits + j];

    if (*at)
        return *at;
    *at = xcalloc(bins, bins * sizeof **at);
    for (size_t k = 0; k < s->samples; k++) {
        unsigned state = two[k] % MAP_STATES;
        struct pair *p = *at + (i == j ? 0 : one[k] / MAP_STATES) * bins +
                         two[k] / MAP_STATES;

        p->n++;
        p->right += state & MAP_RIGHT ? 1 : 0;
        p->final_right += state & MAP_FINAL_RIGHT ? 1 : 0;
    }
    /* Sums over the bins up to the first's value and above the second's. */
    for (size_t a = 0; a < bins; a++)
        for (size_t b = bins; b-- > 0;) {
            struct pair *p = *at + a * bins + b;

            if (b + 1 < bins) {
                p->n += p[1].n;
                p->right += p[1].right;
                p->final_right += p[1].final_right;
            }
        }
    for (size_t a = 1; a < bins; a++)
        for (size_t b = 0; b < bins; b++) {
            struct pair *p = *at + a * bins + b, *q = p - bins;

            p->n += q->n;
            p->right += q->right;
            p->final_right += q->final_right;
        }
    return *at;
}

/* ---- graphs ---- */

/* Returns what changes where those samples leave at a place and not at the end,
 * which is `last`. */
static double change(const struct paper *x, const struct pair *p,
                     const double *cost, size_t place, size_t last)
{
    const struct map_goal *g = x->c->goal;

    return (g->weight * p->n * (cost[place] - cost[last]) / g->unit +
            (1 - g->weight) * ((double)p->final_right - p->right)) /
           (double)x->c->samples->samples;
}

/* Solve the graph of a mapping, and offer the plan. */
static void solve(void *ctx, const struct map_plan *given)
{
    struct paper *x = ctx;
    struct map_plan plan;
    struct map_takes takes;
    struct map_outcome o;
    size_t t = x->values, bins = t + 1, edges = 0, last = x->n * t + 1, at;
    const double *cost;

    map_plan_copy(&plan, given);
    if (plan.segments != x->n + 1 || !map_price(x->c, &plan, &takes))
        return;
    cost = x->c->goal->minimise == MAP_MACS     ? takes.macs
           : x->c->goal->minimise == MAP_ENERGY ? takes.energy
                                                : takes.latency;
    for (size_t d = 0; d < x->n; d++) {
        const struct pair *p = pair_table(x, d ? x->set[d - 1] : x->set[0],
                                          x->set[d]);

        for (size_t a = 0; a < (d ? t : 1); a++)
            for (size_t b = 0; b < t; b++)
                x->edge[edges++] = (struct map_edge){
                    d ? (d - 1) * t + a + 1 : 0, d * t + b + 1,
                    change(x, &p[a * bins + b + 1], cost, d, x->n)};
    }
    for (size_t a = 0; a < t && x->n; a++)
        x->edge[edges++] = (struct map_edge){(x->n - 1) * t + a + 1, last, 0};
    if (x->n && isinf(map_shortest(x->edge, edges, last + 1, x->before)))
        return;
    at = last;
    for (size_t d = x->n; d-- > 0;) {
        at = x->before[at];
        plan.s[d].value = (uint16_t)((at - 1) % t);
    }
    keep_judge(x->keep, &plan, &o);
}

static void try_sets(struct paper *x, size_t from)
{
    map_each(x->c, x->set, x->n, x->n + 1, solve, x);
    for (size_t i = from; i + 1 < x->exits && x->n < x->most; i++)
        if (x->c->allowed[i]) {
            x->set[x->n++] = i;
            try_sets(x, i + 1);
            x->n--;
        }
}

double map_paper_work(const struct map_case *c)
{
    double t = (double)c->samples->values, sets = 1, work = 0;
    size_t n = c->samples->exits - 1;

    for (size_t m = 0; m < c->model->processors && m <= n; m++) {
        work += sets * map_count(c, m, m + 1) * (50 + 2 * (double)m * t * t);
        sets *= (double)(n - m) / (double)(m + 1);
    }
    return work;
}

void map_paper(const struct map_case *c, struct map_keep *k)
{
    struct paper x = {.c = c,
                      .keep = k,
                      .most = c->model->processors - 1,
                      .exits = c->samples->exits,
                      .values = c->samples->values};
    size_t n = x.exits * x.exits;

    x.pairs = xcalloc(n, sizeof(struct pair *));
    x.edge = xcalloc(c->model->processors,
                     x.values * (x.values + 1) * sizeof *x.edge);
    x.before = xcalloc(c->model->processors * x.values + 2, sizeof *x.before);
    try_sets(&x, 0);
    for (size_t i = 0; i < n; i++)
        free(x.pairs[i]);
    free(x.pairs);
    free(x.edge);
    free(x.before);
}
