/* SPDX-License-Identifier: MIT */
#include "tools/eenn-report/results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/halting.h"
#include "libcommon/search/front.h"
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
    free(x->more);
    free(x->stored);
    memset(x, 0, sizeof *x);
}

/* ---- limits and objectives ---- */

static int judge(struct results *x, const struct limits *l, struct err *e)
{
    x->limits = limits_list(l);
    for (size_t i = 0; i < x->n; i++) {
        if (x->v[i].status != RESULT_OK)
            continue;
        x->v[i].limits = x->limits;
        if (limits_violation(l, &x->v[i], &x->v[i].violation, e) < 0)
            return err_prefix(e, "limits are on metrics that all results have");
    }
    return 0;
}

/* Returns the limits that all ok results were judged by, or none; none, too,
 * where they have no bounds. */
static struct list common_limits(const struct results *x)
{
    const struct list none = {NULL, 0};
    const struct result *first = NULL;

    for (size_t i = 0; i < x->n; i++) {
        if (x->v[i].status != RESULT_OK)
            continue;
        if (!first)
            first = &x->v[i];
        if (!limit_lists_alike(&first->limits, &x->v[i].limits))
            return none;
    }
    return first && results_bounded(&first->limits) ? first->limits : none;
}

int results_have(const struct results *x, const struct objectives *o,
                 struct err *e)
{
    double f[OBJECTIVES_MAX];

    for (size_t i = 0; i < x->n; i++)
        if (x->v[i].status == RESULT_OK &&
            objectives_row(o, &x->v[i], f, e) < 0)
            return err_prefix(
                e,
                "--objectives=LIST is to name metrics that all results have");
    return 0;
}

/* ---- figures ---- */

static const struct figure *find_more(const struct results *x, const char *name)
{
    for (size_t i = 0; i < x->n_more; i++)
        if (!strcmp(x->more[i].name, name))
            return &x->more[i];
    return NULL;
}

const struct figure *results_figure(const struct results *x, const char *name)
{
    size_t i = figure_place(name);
    const struct figure *f = figures_known[i].name ? &figures_known[i]
                                                   : find_more(x, name);

    BUG_IF(!f);
    return f;
}

/* Returns the unit of a user's metric, NULL if it has none or two. */
static const char *unit_of(const struct results *x, const char *name)
{
    const char *unit = NULL;

    for (size_t i = 0; i < x->n; i++) {
        const struct metric *m = x->v[i].metrics.v;

        for (size_t k = 0; k < x->v[i].metrics.n; k++) {
            if (!m[k].unit || strcmp(m[k].name, name) != 0)
                continue;
            if (unit && strcmp(unit, m[k].unit) != 0)
                return NULL;
            unit = m[k].unit;
        }
    }
    return unit;
}

static void add_figure(struct results *x, const char *name)
{
    size_t i = figure_place(name);

    if (i < FIGURES_USUAL || find_more(x, name))
        return;
    x->more = xreallocarray(x->more, x->n_more + 1, sizeof *x->more);
    x->more[x->n_more++] = figures_known[i].name
                               ? figures_known[i]
                               : figure_own(name, unit_of(x, name), &x->arena);
}

static void add_figures(struct results *x)
{
    const struct limit *l = x->limits.v;

    for (size_t i = 0; i < x->n; i++) {
        const struct metric *m = x->v[i].metrics.v;

        for (size_t k = 0; k < x->v[i].metrics.n; k++)
            add_figure(x, m[k].name);
    }
    for (size_t i = 0; i < x->objectives.n; i++)
        add_figure(x, x->objectives.v[i].name);
    for (size_t i = 0; i < x->limits.n; i++)
        add_figure(x, l[i].name);
}

int results_settle(struct results *x, const struct report_opts *o,
                   struct err *e)
{
    const char *cost = x->cost = results_cost_metric(x->v, x->n);
    int rc = limits_add(o->limits, cost, true, o->max_macs, e);

    x->stored = xcalloc(x->n + 1, sizeof *x->stored);
    for (size_t i = 0; i < x->n; i++)
        x->stored[i] = x->v[i].limits;
    x->objectives = x->drawn = o->objectives;
    for (size_t i = 0; !o->objectives_given && i < x->drawn.n; i++)
        if (!strcmp(x->drawn.v[i].name, cost_metrics[COST_SEQUENTIAL]))
            memcpy(x->drawn.v[i].name, cost, strlen(cost) + 1);
    if (rc == 0 && o->limits->n)
        rc = judge(x, o->limits, e);
    else
        x->limits = common_limits(x);
    if (rc == 0 && o->objectives_given)
        rc = results_have(x, &x->objectives, e);
    add_figures(x);
    return rc;
}

/* ---- of one result ---- */

double result_value(const struct result *r, const char *name)
{
    struct err none;
    double value;

    return result_metric(r, name, &value, &none) < 0 ? NAN : value;
}

double result_samples(const struct result *r)
{
    return r->samples == NIL_INT ? NAN : (double)r->samples;
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

double result_violation(const struct result *r)
{
    return r->status == RESULT_OK ? r->violation : NAN;
}

bool result_fits(const struct result *r)
{
    return result_violation(r) <= 0; /* false for NAN */
}

bool result_above_final(const struct result *r)
{
    const struct ints *paper = &r->summary.gamma_paper;

    if (!result_limit(r, cost_metrics[COST_PAPER]))
        return r->macs > r->final_macs; /* false for NAN */
    return paper->n && r->macs_paper > (double)paper->v[paper->n - 1];
}

/* ---- all of them ---- */

static bool same_text(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

double results_samples(const struct results *x)
{
    double n = NAN;
    bool any = false;

    for (size_t i = 0; i < x->n; i++) {
        double samples = result_samples(&x->v[i]);

        if (x->v[i].status != RESULT_OK)
            continue;
        if (any && (n < samples || n > samples || isnan(n) != isnan(samples)))
            return NAN;
        n = samples;
        any = true;
    }
    return n;
}

void results_about(const struct results *x, struct buf *b)
{
    const struct result *first = NULL;
    bool set = true, split = true;

    for (size_t i = 0; i < x->n; i++) {
        if (x->v[i].status != RESULT_OK)
            continue;
        first = first ? first : &x->v[i];
        set &= same_text(first->dataset, x->v[i].dataset);
        split &= same_text(first->split, x->v[i].split);
    }
    buf_addf(b, "%zu result%s", x->n, x->n == 1 ? "" : "s");
    if (first && set)
        buf_addf(b, " of %s", first->dataset);
    if (first && split)
        buf_addf(b, ", %s", first->split);
}

/* Returns true when row a of n numbers is less than b, compared from number
 * `from` on and then by the others in turn. */
static bool row_less(const double *a, const double *b, size_t n, size_t from)
{
    if (a[from] < b[from] || a[from] > b[from])
        return a[from] < b[from];
    for (size_t i = 0; i < n; i++)
        if (a[i] < b[i] || a[i] > b[i])
            return a[i] < b[i];
    return false;
}

int results_winner(const struct results *x, const struct report_opts *o,
                   size_t *at, struct err *e)
{
    double best[OBJECTIVES_MAX], f[OBJECTIVES_MAX];
    const struct objectives *by = &x->drawn;
    size_t from = 0;

    *at = x->n;
    for (size_t i = 0; o->winner->n && i < x->n; i++) {
        struct item_ids ids = {.recipe = ""};

        snprintf(ids.arch, sizeof ids.arch, "%s",
                 x->v[i].summary.arch ? x->v[i].summary.arch : "");
        snprintf(ids.net, sizeof ids.net, "%s",
                 x->v[i].summary.net ? x->v[i].summary.net : "");
        if (id_prefixes_match(o->winner, &ids))
            *at = i;
    }
    if (o->winner->n)
        return id_prefixes_check(o->winner, e);
    while (from < by->n && strcmp(by->v[from].name, "accuracy") != 0 &&
           strcmp(by->v[from].name, "error") != 0)
        from++;
    for (size_t i = 0; from < by->n && i < x->n; i++)
        if (result_fits(&x->v[i]) && results_bounded(&x->v[i].limits) &&
            objectives_row(by, &x->v[i], f, e) == 0 &&
            (*at == x->n || row_less(f, best, by->n, from))) {
            memcpy(best, f, sizeof best);
            *at = i;
        }
    return 0;
}

/* ---- the front ---- */

/* Set index to the results among which the front is found, f to their rows. */
static size_t add_rows(const struct results *x, uint32_t *index, double *f)
{
    struct err never;
    size_t n = 0;
    bool any = false;

    for (size_t i = 0; i < x->n; i++)
        any |= result_fits(&x->v[i]);
    for (size_t i = 0; i < x->n; i++) {
        const struct result *r = &x->v[i];

        if (r->status != RESULT_OK || (any && !result_fits(r)))
            continue;
        BUG_IF(objectives_row(&x->drawn, r, f + n * x->drawn.n, &never) < 0);
        index[n++] = (uint32_t)i;
    }
    return n;
}

size_t results_front(const struct results *x, uint32_t *index)
{
    size_t m = x->drawn.n, n, kept = 0;
    double *f = xcalloc(x->n + 1, m * sizeof *f);
    double *last = xcalloc(x->n + 1, sizeof *last);
    uint32_t *rank = xcalloc(x->n + 1, sizeof *rank);

    n = add_rows(x, index, f);
    if (n)
        front_sort(f, n, m, rank);
    for (size_t i = 0; i < n; i++)
        if (rank[i] == 0) {
            last[index[i]] = f[i * m + m - 1];
            index[kept++] = index[i];
        }
    sort_rows(last, 1, 1, index, kept);
    free(f);
    free(last);
    free(rank);
    return kept;
}
