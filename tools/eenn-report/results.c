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

void results_limits(struct results *x, const struct limits *given)
{
    bool first = true;
    for (size_t i = 0; i < x->n; i++) {
        if (x->v[i].status != RESULT_OK)
            continue;
        if (!first && x->v[i].cost != x->cost) {
            x->cost = COST_SEQUENTIAL;
            break;
        }
        x->cost = x->v[i].cost;
        first = false;
    }
    x->limits = *given;
    x->given = !isnan(given->min_accuracy) || !isnan(given->max_macs);
    if (x->given)
        return;
    first = true;
    for (size_t i = 0; i < x->n; i++) {
        const struct result *r = &x->v[i];
        if (r->status != RESULT_OK)
            continue;
        if (!first && (!alike(r->min_accuracy, x->limits.min_accuracy) ||
                       !alike(r->max_macs, x->limits.max_macs))) {
            x->limits = (struct limits){NAN, NAN};
            return;
        }
        x->limits = (struct limits){r->min_accuracy, r->max_macs};
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
        cost[i] = i < r->summary.gamma.n ? (double)r->summary.gamma.v[i] : NAN;
    if (r->thresholds.n + 1 == exits && halt_cost_known(&c.v[COST_SEQUENTIAL]))
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
    return results_violation(x, r) <= 0; /* false for NAN */
}

double results_dearest(const struct results *x)
{
    double most = NAN;
    for (size_t i = 0; i < x->n; i++) {
        const struct ints *gamma = &x->v[i].summary.gamma;
        double cost = gamma->n ? (double)gamma->v[gamma->n - 1] : x->v[i].macs;
        most = fmax(most, cost);
    }
    return most;
}

/* ---- fronts ---- */

size_t results_front(const struct results *x, uint32_t *index)
{
    size_t n = 0, kept = 0;
    bool any = false;
    double *f = xcalloc(x->n + 1, 2 * sizeof *f);
    double *macs = xcalloc(x->n + 1, sizeof *macs);
    uint32_t *rank = xcalloc(x->n + 1, sizeof *rank);

    for (size_t i = 0; i < x->n; i++) {
        any |= results_feasible(x, &x->v[i]);
        macs[i] = results_macs(x, &x->v[i]);
    }
    for (size_t i = 0; i < x->n; i++) {
        if (x->v[i].status != RESULT_OK ||
            (any && !results_feasible(x, &x->v[i])))
            continue;
        index[n] = (uint32_t)i;
        f[2 * n] = 1 - x->v[i].accuracy; /* both are minimised */
        f[2 * n++ + 1] = macs[i];
    }
    if (n)
        front_sort(f, n, 2, rank);
    for (size_t i = 0; i < n; i++)
        if (rank[i] == 0)
            index[kept++] = index[i];
    sort_rows(macs, 1, 1, index, kept);
    free(f);
    free(macs);
    free(rank);
    return kept;
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

/* Set the metrics of the archive as it is after the iteration. */
static void cumulate(const struct results *x, const struct archive *a,
                     double ref_macs, struct iteration *it)
{
    struct objectives objectives;
    struct reference ref;
    struct err never;
    double *f = xcalloc(a->n + 1, 2 * sizeof *f);
    uint32_t *rank = xcalloc(a->n + 1, sizeof *rank);
    struct outcome best = {NAN, NAN, INFINITY};
    size_t n = 0;

    BUG_IF(objectives_parse("accuracy:max,macs:min", &objectives, &never) < 0);
    for (size_t i = 0; i < a->n; i++) {
        const struct result *r = &a->v[i];
        struct outcome o;

        if (r->status != RESULT_OK)
            continue;
        o = (struct outcome){r->accuracy, results_macs(x, r),
                             results_violation(x, r)};
        if (n == 0 || outcome_compare(&o, &best) < 0)
            best = o;
        BUG_IF(objectives_row(&objectives, r, f + 2 * n++, &never) < 0);
    }
    it->best_accuracy = best.accuracy;
    it->best_macs = best.macs;
    it->best_violation = n ? best.violation : NAN;

    if (n)
        front_sort(f, n, 2, rank);
    for (size_t i = 0; i < n; i++)
        it->front += rank[i] == 0;
    reference_init(&ref, &objectives);
    ref.worst[1] = ref_macs;
    ref.best[1] = 0;
    it->hypervolume = ref_macs > 0 ? reference_volume(&ref, &objectives, f, n)
                                   : NAN;
    free(f);
    free(rank);
}

struct iteration *results_iterations(const struct results *x, double ref_macs,
                                     size_t *n)
{
    int64_t *number = xcalloc(x->n + 1, sizeof *number);
    struct iteration *its;

    for (size_t i = 0; i < x->n; i++)
        number[i] = iteration_of(&x->v[i]);
    qsort(number, x->n, sizeof *number, compare_numbers);
    *n = 0;
    for (size_t i = 0; i < x->n; i++)
        if (i == 0 || number[i] != number[i - 1])
            number[(*n)++] = number[i];

    its = xcalloc(*n + 1, sizeof *its);
    for (size_t i = 0; i < *n; i++) {
        struct iteration *it = &its[i];
        struct archive a;
        struct err never;

        it->number = number[i];
        archive_init(&a, false);
        for (size_t k = 0; k < x->n; k++) {
            const struct result *r = &x->v[k];

            if (iteration_of(r) <= it->number)
                BUG_IF(archive_add(&a, r, &never) < 0);
            if (iteration_of(r) != it->number)
                continue;
            it->candidates++;
            it->failed += r->status == RESULT_FAILED;
            it->feasible += results_feasible(x, r);
        }
        cumulate(x, &a, ref_macs, it);
        archive_free(&a);
    }
    free(number);
    return its;
}
