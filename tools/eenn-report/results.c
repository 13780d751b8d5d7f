/* SPDX-License-Identifier: MIT */
#include "tools/eenn-report/results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/search/front.h"
#include "libcommon/search/hypervolume.h"
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

/* Both objectives to be made small. */
static void objectives(const struct result *r, double *f)
{
    f[0] = 1 - r->accuracy;
    f[1] = r->macs;
}

/* Of the n results index names, the non-dominated ones. */
static size_t keep_front(const struct results *x, uint32_t *index, size_t n)
{
    double *f = xcalloc(n ? n : 1, 2 * sizeof *f);
    uint32_t *rank = xcalloc(n ? n : 1, sizeof *rank);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        objectives(&x->v[index[i]], f + 2 * i);
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
        macs[i] = x->v[i].macs;
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

/* Figures of everything up to and with the iteration. */
static void cumulate(const struct results *x, double ref_macs,
                     struct iteration *it)
{
    struct archive a;
    struct err never;
    archive_init(&a, false);
    for (size_t i = 0; i < x->n; i++)
        if (iteration_of(&x->v[i]) <= it->number)
            BUG_IF(archive_add(&a, &x->v[i], &never) < 0);
    double *f = xcalloc(a.n ? a.n : 1, 2 * sizeof *f);
    uint32_t *rank = xcalloc(a.n ? a.n : 1, sizeof *rank);
    struct outcome best = { NAN, NAN, INFINITY };
    size_t n = 0;
    for (size_t i = 0; i < a.n; i++) {
        if (a.v[i].status != RESULT_OK)
            continue;
        struct outcome o = { a.v[i].accuracy, a.v[i].macs,
                             results_violation(x, &a.v[i]) };
        if (n == 0 || outcome_compare(&o, &best) < 0)
            best = o;
        objectives(&a.v[i], f + 2 * n++);
    }
    if (n)
        front_sort(f, n, 2, rank);
    for (size_t i = 0; i < n; i++)
        it->front += rank[i] == 0;
    double ref[] = { 1, ref_macs };
    it->hypervolume = ref_macs > 0 ? hypervolume(f, n, 2, ref) / ref_macs
                                   : NAN;
    it->best_accuracy = best.accuracy;
    it->best_macs = best.macs;
    it->best_violation = n ? best.violation : NAN;
    free(f);
    free(rank);
    archive_free(&a);
}

struct iteration *results_iterations(const struct results *x, double ref_macs,
                                     size_t *n)
{
    int64_t *number = iteration_numbers(x, n);
    struct iteration *its = xcalloc(*n ? *n : 1, sizeof *its);
    for (size_t i = 0; i < *n; i++) {
        its[i].number = number[i];
        count(x, &its[i]);
        cumulate(x, ref_macs, &its[i]);
    }
    free(number);
    return its;
}
