/* SPDX-License-Identifier: MIT */
#include "tools/eenn-report/iterations.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/search/archive.h"
#include "libcommon/search/front.h"
#include "libcommon/stats/sort.h"

/* ---- the reference ---- */

void iterations_reference(const struct results *x, struct reference *ref)
{
    double most = NAN;

    for (size_t i = 0; i < x->n; i++) {
        const struct ints *gamma = &x->v[i].summary.gamma;

        most = fmax(most,
                    gamma->n ? (double)gamma->v[gamma->n - 1] : x->v[i].macs);
    }
    for (size_t i = 0; i < x->objectives.n; i++)
        if (!strcmp(x->objectives.v[i].name, "macs") &&
            !x->objectives.v[i].maximise && isnan(ref->worst[i]) && most > 0)
            ref->worst[i] = most;
}

int iterations_volume(const struct results *x, const struct reference *ref,
                      struct err *e)
{
    if (x->objectives.n > HYPERVOLUME_OBJECTIVES)
        return err_set(e, ERR_ARG, "more than %d objectives",
                       HYPERVOLUME_OBJECTIVES);
    return reference_complete(ref, &x->objectives, e);
}

/* ---- what was reached ---- */

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

/* Set what the best of the archive has.  The best is the first when rows of
 * violation and objectives are sorted. */
static void set_best(const struct results *x, const struct archive *a,
                     struct iteration *it)
{
    struct err never;
    size_t width = x->drawn.n + 1, n = 0;
    double *key = xcalloc(a->n + 1, width * sizeof *key);
    uint32_t *order = xcalloc(a->n + 1, sizeof *order);
    const double *best;

    for (size_t i = 0; i < a->n; i++)
        if (a->v[i].status == RESULT_OK) {
            key[n * width] = a->v[i].violation;
            BUG_IF(objectives_row(&x->drawn, &a->v[i], key + n * width + 1,
                                  &never) < 0);
            n++;
        }
    sort_identity(order, n);
    sort_rows(key, width, width, order, n);
    best = key + order[0] * width;
    it->best_violation = n ? best[0] : NAN;
    for (size_t j = 0; j < x->drawn.n; j++)
        it->best[j] = !n                       ? NAN
                      : x->drawn.v[j].maximise ? -best[j + 1]
                                               : best[j + 1];
    free(key);
    free(order);
}

/* Set front and hypervolume of the archive as it is after the iteration. */
static void set_front(const struct results *x, const struct archive *a,
                      const struct reference *ref, struct iteration *it)
{
    struct err never;
    size_t m = x->objectives.n, n = 0;
    double *f = xcalloc(a->n + 1, m * sizeof *f);
    uint32_t *rank = xcalloc(a->n + 1, sizeof *rank);

    for (size_t i = 0; i < a->n; i++)
        if (a->v[i].status == RESULT_OK)
            BUG_IF(objectives_row(&x->objectives, &a->v[i], f + m * n++,
                                  &never) < 0);
    if (n)
        front_sort(f, n, m, rank);
    for (size_t i = 0; i < n; i++)
        it->front += rank[i] == 0;
    it->hypervolume = ref ? reference_volume(ref, &x->objectives, f, n) : NAN;
    free(f);
    free(rank);
}

/* Set all of an iteration but its number. */
static void set_iteration(const struct results *x, const struct reference *ref,
                          struct iteration *it)
{
    struct archive a;
    struct err never;

    archive_init(&a, false);
    for (size_t k = 0; k < x->n; k++) {
        const struct result *r = &x->v[k];

        if (iteration_of(r) <= it->number)
            BUG_IF(archive_add(&a, r, &never) < 0);
        if (iteration_of(r) != it->number)
            continue;
        it->candidates++;
        it->failed += r->status == RESULT_FAILED;
        it->feasible += result_fits(r);
    }
    set_best(x, &a, it);
    set_front(x, &a, ref, it);
    archive_free(&a);
}

struct iteration *iterations_make(const struct results *x,
                                  const struct reference *ref, size_t *n)
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
        its[i].number = number[i];
        set_iteration(x, ref, &its[i]);
    }
    free(number);
    return its;
}
