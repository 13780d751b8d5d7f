/* SPDX-License-Identifier: MIT */
#include "tools/eenn-report/results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/halting.h"
#include "libcommon/search/front.h"
#include "libcommon/search/reference.h"
#include "libcommon/stats/sort.h"

void results_add(struct results *x, const struct result *r)
{
    GROW(x->v, x->n, x->cap);
    result_copy(&x->v[x->n++], r, &x->arena);
}

void results_free(struct results *x)
{
    arena_free(&x->arena);
    free(x->v);
    memset(x, 0, sizeof *x);
}

static bool alike(double a, double b)
{
    return (isnan(a) && isnan(b)) || (a <= b && a >= b);
}

static void settle_cost(struct results *x)
{
    bool first = true;
    for (size_t i = 0; i < x->n; i++) {
        if (x->v[i].status != RESULT_OK)
            continue;
        if (!first && x->v[i].cost != x->cost) {
            x->cost = COST_SEQUENTIAL;
            return;
        }
        x->cost = x->v[i].cost;
        first = false;
    }
}

void results_limits(struct results *x, const struct limits *given)
{
    settle_cost(x);
    x->limits = *given;
    x->given = !isnan(given->min_accuracy) || !isnan(given->max_macs);
    if (x->given)
        return;
    bool first = true;
    for (size_t i = 0; i < x->n; i++) {
        const struct result *r = &x->v[i];
        if (r->status != RESULT_OK)
            continue;
        if (!first && (!alike(r->min_accuracy, x->limits.min_accuracy) ||
                       !alike(r->max_macs, x->limits.max_macs))) {
            x->limits = (struct limits){ NAN, NAN };
            return;
        }
        x->limits = (struct limits){ r->min_accuracy, r->max_macs };
        first = false;
    }
}

double results_macs(const struct results *x, const struct result *r)
{
    return result_macs(r, x->cost);
}

size_t result_exits(const struct result *r)
{
    return r->utilisation.n ? r->utilisation.n : r->summary.gamma.n;
}

void result_exit_costs(const struct result *r, size_t exits, double *cost)
{
    struct halt_costs c;
    halt_costs_of(&c, &r->summary, exits);
    for (size_t i = 0; i < exits; i++)
        cost[i] = i < r->summary.gamma.n ? (double)r->summary.gamma.v[i]
                                         : NAN;
    if (r->thresholds.n + 1 == exits &&
        halt_cost_known(&c.v[COST_SEQUENTIAL]))
        halt_cost_leaving(&c.v[COST_SEQUENTIAL], exits, r->thresholds.v, cost);
}

double results_violation(const struct results *x, const struct result *r)
{
    if (r->status != RESULT_OK)
        return NAN;
    return x->given ? limits_violation(&x->limits, r->accuracy,
                                       result_judged_macs(r))
                    : r->violation;
}

bool results_feasible(const struct results *x, const struct result *r)
{
    return results_violation(x, r) <= 0;    /* NAN: no */
}

double results_dearest(const struct results *x)
{
    double most = NAN;
    for (size_t i = 0; i < x->n; i++) {
        const struct ints *gamma = &x->v[i].summary.gamma;
        double cost = gamma->n ? (double)gamma->v[gamma->n - 1]
                               : x->v[i].macs;
        most = fmax(most, cost);
    }
    return most;
}

/* ---- fronts ---- */

/* Both to be made small. */
static void errors_and_macs(const struct results *x, const struct result *r,
                            double *f)
{
    f[0] = 1 - r->accuracy;
    f[1] = results_macs(x, r);
}

/* Of the n results index names, the non-dominated ones. */
static size_t keep_front(const struct results *x, uint32_t *index, size_t n)
{
    double *f = xcalloc(n ? n : 1, 2 * sizeof *f);
    uint32_t *rank = xcalloc(n ? n : 1, sizeof *rank);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        errors_and_macs(x, &x->v[index[i]], f + 2 * i);
    if (n)
        front_sort(f, n, 2, rank);
    for (size_t i = 0; i < n; i++)
        if (rank[i] == 0)
            index[kept++] = index[i];
    free(f);
    free(rank);
    return kept;
}

size_t results_front(const struct results *x, uint32_t *index)
{
    size_t n = 0;
    bool any = false;
    for (size_t i = 0; i < x->n; i++)
        any |= results_feasible(x, &x->v[i]);
    for (size_t i = 0; i < x->n; i++)
        if (x->v[i].status == RESULT_OK &&
            (!any || results_feasible(x, &x->v[i])))
            index[n++] = (uint32_t)i;
    n = keep_front(x, index, n);
    double *macs = xcalloc(x->n ? x->n : 1, sizeof *macs);
    for (size_t i = 0; i < x->n; i++)
        macs[i] = results_macs(x, &x->v[i]);
    sort_rows(macs, 1, 1, index, n);
    free(macs);
    return n;
}

/* ---- iterations ---- */

static int64_t iteration_of(const struct result *r)
{
    int64_t it = r->summary.origin.iteration;
    return it == NIL_INT ? 0 : it;
}

static int compare_numbers(const void *a, const void *b)
{
    int64_t p = *(const int64_t *)a, q = *(const int64_t *)b;
    return (p > q) - (p < q);
}

/* The distinct iteration numbers, ascending. */
static int64_t *iteration_numbers(const struct results *x, size_t *n)
{
    int64_t *v = xcalloc(x->n ? x->n : 1, sizeof *v);
    for (size_t i = 0; i < x->n; i++)
        v[i] = iteration_of(&x->v[i]);
    qsort(v, x->n, sizeof *v, compare_numbers);
    *n = 0;
    for (size_t i = 0; i < x->n; i++)
        if (i == 0 || v[i] != v[i - 1])
            v[(*n)++] = v[i];
    return v;
}

static void count(const struct results *x, struct iteration *it)
{
    for (size_t i = 0; i < x->n; i++) {
        const struct result *r = &x->v[i];
        if (iteration_of(r) != it->number)
            continue;
        it->candidates++;
        it->failed += r->status == RESULT_FAILED;
        it->feasible += results_feasible(x, r);
    }
}

static const char both[] = "accuracy:max,macs:min";

/* Of n rows of objectives_row. */
static double volume(const struct objectives *o, double ref_macs,
                     const double *f, size_t n)
{
    struct reference ref;
    if (!(ref_macs > 0))
        return NAN;
    reference_init(&ref, o);
    ref.worst[1] = ref_macs;
    ref.best[1] = 0;
    return reference_volume(&ref, o, f, n);
}

static size_t front_size(const double *f, size_t n)
{
    uint32_t *rank = xcalloc(n ? n : 1, sizeof *rank);
    size_t size = 0;
    if (n)
        front_sort(f, n, 2, rank);
    for (size_t i = 0; i < n; i++)
        size += rank[i] == 0;
    free(rank);
    return size;
}

/* Figures of the archive as it is after the iteration. */
static void cumulate(const struct results *x, const struct archive *a,
                     double ref_macs, struct iteration *it)
{
    struct objectives objectives;
    struct err never;
    double *f = xcalloc(a->n ? a->n : 1, 2 * sizeof *f);
    struct outcome best = { NAN, NAN, INFINITY };
    size_t n = 0;
    BUG_IF(objectives_parse(both, &objectives, &never) < 0);
    for (size_t i = 0; i < a->n; i++) {
        const struct result *r = &a->v[i];
        if (r->status != RESULT_OK)
            continue;
        struct outcome o = { r->accuracy, results_macs(x, r),
                             results_violation(x, r) };
        if (n == 0 || outcome_compare(&o, &best) < 0)
            best = o;
        BUG_IF(objectives_row(&objectives, r, f + 2 * n++, &never) < 0);
    }
    it->front = front_size(f, n);
    it->hypervolume = volume(&objectives, ref_macs, f, n);
    it->best_accuracy = best.accuracy;
    it->best_macs = best.macs;
    it->best_violation = n ? best.violation : NAN;
    free(f);
}

struct iteration *results_iterations(const struct results *x, double ref_macs,
                                     size_t *n)
{
    int64_t *number = iteration_numbers(x, n);
    struct iteration *its = xcalloc(*n ? *n : 1, sizeof *its);
    for (size_t i = 0; i < *n; i++) {
        struct archive a;
        struct err never;
        its[i].number = number[i];
        count(x, &its[i]);
        archive_init(&a, false);
        for (size_t k = 0; k < x->n; k++)
            if (iteration_of(&x->v[k]) <= number[i])
                BUG_IF(archive_add(&a, &x->v[k], &never) < 0);
        cumulate(x, &a, ref_macs, &its[i]);
        archive_free(&a);
    }
    free(number);
    return its;
}
