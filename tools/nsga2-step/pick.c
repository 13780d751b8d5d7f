/* SPDX-License-Identifier: MIT */
#include "tools/nsga2-step/pick.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/search/hypervolume.h"
#include "libcommon/stats/sort.h"
#include "tools/nsga2-step/spread.h"

#define BEYOND 0.1 /* of the range: the reference of the hypervolume */
#define VOLUME_OBJECTIVES 3

const char *const pick_names[] = {"mixed", "gain", "spread", NULL};

struct picking {
    const struct pick_opts *o;
    const double *f; /* (n, m) the candidates */
    size_t n;
    bool *taken;   /* (n) */
    double *fixed; /* (n_fixed + 1, m) front and chosen ones, and room for
                      * one more */
    size_t n_fixed;
    double *range;  /* (m) of front and candidates */
    double *ref;    /* (m) */
    double volume;  /* of the fixed points */
    double *most;   /* (n) upper bounds of the scores */
    uint32_t *pick; /* the chosen ones so far */
    size_t n_picked;
};

/* Set range and reference by front and candidates. */
static void measure_ranges(struct picking *p)
{
    size_t m = p->o->m, n = p->n_fixed + p->n;

    for (size_t j = 0; j < m; j++) {
        double low = INFINITY, high = -INFINITY;

        for (size_t i = 0; i < n; i++) {
            double v = i < p->n_fixed ? p->fixed[i * m + j]
                                      : p->f[(i - p->n_fixed) * m + j];

            low = fmin(low, v);
            high = fmax(high, v);
        }
        p->range[j] = high - low;
        p->ref[j] = high + BEYOND * p->range[j];
    }
}

/* Returns the hypervolume that candidate i would add: exactly 0 when a fixed
 * point is as good in every objective, whatever the rounding. */
static double gain(const struct picking *p, size_t i)
{
    size_t m = p->o->m;
    const double *point = p->f + i * m;

    for (size_t q = 0; q < p->n_fixed; q++) {
        size_t j = 0;

        while (j < m && p->fixed[q * m + j] <= point[j])
            j++;
        if (j == m)
            return 0;
    }
    memcpy(p->fixed + p->n_fixed * m, point, m * sizeof *point);
    return hypervolume(p->fixed, p->n_fixed + 1, m, p->ref) - p->volume;
}

/* Returns the squared distance from candidate i to the nearest fixed point, in
 * units of the ranges. */
static double distance(const struct picking *p, size_t i)
{
    size_t m = p->o->m;
    double nearest = INFINITY;

    for (size_t q = 0; q < p->n_fixed; q++) {
        double square = 0;

        for (size_t j = 0; j < m; j++) {
            double d = p->f[i * m + j] - p->fixed[q * m + j];

            if (p->range[j] > 0)
                square += d / p->range[j] * (d / p->range[j]);
        }
        nearest = fmin(nearest, square);
    }
    return nearest;
}

static void take(struct picking *p, size_t i)
{
    size_t m = p->o->m;

    memcpy(p->fixed + p->n_fixed++ * m, p->f + i * m, m * sizeof *p->f);
    p->taken[i] = true;
    p->pick[p->n_picked++] = (uint32_t)i;
}

/* Take candidates until `want` are taken: each time the one of largest score,
 * as long as that is above `least`.  No score grows when more is taken, so a
 * candidate whose last score does not beat the best one need not be scored
 * anew. */
static void take_best(struct picking *p, size_t want, double least,
                      double (*score)(const struct picking *, size_t))
{
    for (size_t i = 0; i < p->n; i++)
        p->most[i] = INFINITY;
    while (p->n_picked < want) {
        double best = least;
        size_t at = p->n;

        if (p->o->m <= VOLUME_OBJECTIVES)
            p->volume = hypervolume(p->fixed, p->n_fixed, p->o->m, p->ref);
        for (size_t i = 0; i < p->n; i++) {
            if (p->taken[i] || !(p->most[i] > best))
                continue;
            p->most[i] = score(p, i);
            if (p->most[i] > best) {
                best = p->most[i];
                at = i;
            }
        }
        if (at == p->n)
            return;
        take(p, at);
    }
}

/* Take candidates until k are taken: those that leave the most even gaps. */
static void take_spread(struct picking *p, size_t k)
{
    size_t m = p->o->m, left = 0, want = k - p->n_picked;
    double *value = xcalloc(p->n_fixed + p->n, sizeof *value);
    double *fixed = value + p->n;
    uint32_t *index = xcalloc(p->n, sizeof *index);
    uint32_t *chosen = xcalloc(want + 1, sizeof *chosen);

    for (size_t i = 0; i < p->n_fixed; i++)
        fixed[i] = p->fixed[i * m + p->o->spread];
    for (size_t i = 0; i < p->n; i++) {
        if (p->taken[i])
            continue;
        value[left] = p->f[i * m + p->o->spread];
        index[left++] = (uint32_t)i;
    }
    if (want)
        spread_choose(fixed, p->n_fixed, value, left, want, chosen);
    for (size_t i = 0; i < want; i++)
        take(p, index[chosen[i]]);
    free(value);
    free(index);
    free(chosen);
}

/* For each objective, take the candidate of the least value, if that is below
 * every fixed point's. */
static void take_ends(struct picking *p)
{
    size_t m = p->o->m;

    for (size_t j = 0; j < m; j++) {
        double least = INFINITY;
        size_t at = p->n;

        for (size_t q = 0; q < p->n_fixed; q++)
            least = fmin(least, p->fixed[q * m + j]);
        for (size_t i = 0; i < p->n; i++)
            if (p->f[i * m + j] < least) {
                least = p->f[i * m + j];
                at = i;
            }
        if (at < p->n)
            take(p, at);
    }
}

static void choose(struct picking *p, size_t k)
{
    size_t m = p->o->m, by_gain = k - k / 4;

    if (p->o->how == PICK_SPREAD) {
        take_spread(p, k);
        return;
    }
    if (p->o->how == PICK_MIXED && m <= VOLUME_OBJECTIVES && m <= by_gain)
        take_ends(p);
    if (m <= VOLUME_OBJECTIVES)
        take_best(p, p->o->how == PICK_GAIN ? k : by_gain, 0, gain);
    if (m == 2)
        take_spread(p, k);
    else
        take_best(p, k, -1, distance);
}

void pick_choose(const struct pick_opts *o, const double *front, size_t n_front,
                 const double *f, size_t n, size_t k, uint32_t *chosen)
{
    struct picking p = {.o = o, .f = f, .n = n, .pick = chosen};
    size_t m = o->m;

    if (n > PICK_MAX)
        p.n = k > PICK_MAX ? k : PICK_MAX;
    if (m == 1) {
        uint32_t *order = xcalloc(p.n, sizeof *order);

        sort_values(f, p.n, order);
        memcpy(chosen, order, k * sizeof *order);
        free(order);
    } else {
        p.n_fixed = n_front;
        p.fixed = xcalloc(n_front + k + 1, m * sizeof *p.fixed);
        if (n_front)
            memcpy(p.fixed, front, n_front * m * sizeof *front);
        p.taken = xcalloc(p.n, sizeof *p.taken);
        p.most = xcalloc(p.n, sizeof *p.most);
        p.range = xcalloc(m, 2 * sizeof *p.range);
        p.ref = p.range + m;
        measure_ranges(&p);
        choose(&p, k);
        free(p.fixed);
        free(p.taken);
        free(p.most);
        free(p.range);
    }
    sort_rows(f + o->spread, m, 1, chosen, k);
}
