/* SPDX-License-Identifier: MIT
 * Views of results. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/result.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/halting.h"
#include "tools/eenn-report/charts.h"
#include "tools/eenn-report/report.h"
#include "tools/eenn-report/results.h"

/* ---- one row per result ---- */

static const struct column table_columns[] = {
    {"id", "id", COL_ID, 0, 0},
    {"iteration", "it", COL_INT, 0, 0},
    {"slot", "slot", COL_INT, 0, 0},
    {"status", "status", COL_TEXT, 0, 0},
    {"accuracy", "acc %", COL_REAL, 100, 2},
    {"macs", "MACs M", COL_REAL, 1e-6, 3},
    {"macs_paper", "Eq.13 M", COL_REAL, 1e-6, 3},
    {"final_accuracy", "final %", COL_REAL, 100, 2},
    {"final_macs", "final M", COL_REAL, 1e-6, 3},
    {"exits", "exits", COL_INT, 0, 0},
    {"rule", "rule", COL_TEXT, 0, 0},
    {"thresholds", "thresholds", COL_REALS, 0, 2},
    {"utilisation", "leaving %", COL_REALS, 100, 1},
    {"feasible", "fits", COL_BOOL, 0, 0},
    {"violation", "violation", COL_REAL, 0, 3},
    {"judged_by", "judged by", COL_TEXT, 0, 0},
    {"rank", "rank", COL_INT, 0, 0},
    {"reason", "reason", COL_TEXT, 0, 0},
    {NULL, NULL, 0, 0, 0}};

static void table_row(struct table *t, const struct results *x,
                      const struct result *r)
{
    table_text(t, *result_key(r) ? result_key(r) : NULL);
    table_int(t, r->summary.origin.iteration);
    table_int(t, r->summary.origin.slot);
    table_text(t, result_status_names[r->status]);
    table_real(t, r->accuracy);
    table_real(t, r->macs);
    table_real(t, r->macs_paper);
    table_real(t, r->final_accuracy);
    table_real(t, r->final_macs);
    table_int(t, result_exits(r) ? (int64_t)result_exits(r) : NIL_INT);
    table_text(t, r->rule);
    table_reals(t, r->thresholds.v, r->thresholds.n);
    table_reals(t, r->utilisation.v, r->utilisation.n);
    table_bool(t, results_feasible(x, r));
    table_real(t, results_violation(x, r));
    table_text(t, r->cost == COST_PAPER ? "Eq.13" : NULL);
    table_int(t, r->rank);
    table_text(t, r->reason);
}

static void add_limits(struct buf *b, const struct limits *l)
{
    if (!isnan(l->min_accuracy))
        buf_addf(b, ", accuracy >= %.6g %%", 100 * l->min_accuracy);
    if (!isnan(l->max_macs))
        buf_addf(b, ", MACs <= %.6g M", l->max_macs / 1e6);
}

/* Show all results.  The title reads "12 results, 1 failed, 5 within the
 * limits, accuracy >= 60 %". */
static void view_table(const struct results *x, struct report *rep)
{
    struct table *t = report_table(rep, "results", table_columns);
    size_t failed = 0, fit = 0;
    struct buf b = {0};
    for (size_t i = 0; i < x->n; i++) {
        table_row(t, x, &x->v[i]);
        failed += x->v[i].status == RESULT_FAILED;
        fit += results_feasible(x, &x->v[i]);
    }
    buf_addf(&b, "%zu result%s", x->n, x->n == 1 ? "" : "s");
    if (failed)
        buf_addf(&b, ", %zu failed", failed);
    if (!isnan(x->limits.min_accuracy) || !isnan(x->limits.max_macs))
        buf_addf(&b, ", %zu within the limits", fit);
    add_limits(&b, &x->limits);
    table_title(t, b.data);
    buf_free(&b);
}

/* Show the front.  The title reads "3 of 12 results, accuracy >= 60 %, ...". */
static void view_front(const struct results *x, struct report *rep)
{
    struct table *t = report_table(rep, "front", table_columns);
    uint32_t *index = xcalloc(x->n ? x->n : 1, sizeof *index);
    size_t n = results_front(x, index);
    struct buf b = {0};
    for (size_t i = 0; i < n; i++)
        table_row(t, x, &x->v[index[i]]);
    buf_addf(&b, "%zu of %zu result%s", n, x->n, x->n == 1 ? "" : "s");
    add_limits(&b, &x->limits);
    if (n && !results_feasible(x, &x->v[index[0]]))
        buf_adds(&b, ": none of them is within the limits");
    table_title(t, b.data);
    buf_free(&b);
    free(index);
}

/* ---- one line for a log ---- */

static void add_list(struct buf *b, const char *name, const struct reals *v,
                     double scale, int decimals)
{
    if (v->n)
        buf_addf(b, "  %s", name);
    for (size_t i = 0; i < v->n; i++)
        if (isnan(v->v[i]))
            buf_adds(b, " -");
        else
            buf_addf(b, " %.*f", decimals, scale * v->v[i]);
}

static void add_line(const struct results *x, const struct result *r,
                     struct buf *b)
{
    buf_addf(b, "%.8s  ", *result_key(r) ? result_key(r) : "-");
    if (r->status == RESULT_FAILED) {
        buf_addf(b, "failed: %s\n", r->reason ? r->reason : "no reason given");
        return;
    }
    buf_addf(b, "%5.2f %%  %7.3f M", 100 * r->accuracy, r->macs / 1e6);
    add_list(b, "eps", &r->thresholds, 1, 2);
    add_list(b, "leaving %", &r->utilisation, 100, 0);
    bool limits = !isnan(x->limits.min_accuracy) || !isnan(x->limits.max_macs);
    if (limits && results_feasible(x, r))
        buf_adds(b, "  fits");
    else if (limits)
        buf_addf(b, "  violation %.3f", results_violation(x, r));
    buf_adds(b, "\n");
}

/* ---- one row per exit ---- */

static const struct column exit_columns[] = {
    {"id", "id", COL_ID, 0, 0},
    {"exit", "exit", COL_INT, 0, 0},
    {"threshold", "threshold", COL_REAL, 0, 2},
    {"temperature", "temperature", COL_REAL, 0, 3},
    {"gamma", "gamma M", COL_REAL, 1e-6, 3},
    {"cost", "cost M", COL_REAL, 1e-6, 3},
    {"cost_paper", "Eq.13 M", COL_REAL, 1e-6, 3},
    {"utilisation", "leaving %", COL_REAL, 100, 2},
    {"accuracy", "acc of these %", COL_REAL, 100, 2},
    {"accuracy_all", "acc of all %", COL_REAL, 100, 2},
    {"ece", "ECE %", COL_REAL, 100, 2},
    {NULL, NULL, 0, 0, 0}};

static double real_at(const struct reals *v, size_t i)
{
    return i < v->n ? v->v[i] : NAN;
}

static double int_at(const struct ints *v, size_t i)
{
    return i < v->n ? (double)v->v[i] : NAN;
}

static void view_exits(const struct results *x, struct report *rep)
{
    struct table *t = report_table(rep, "exits", exit_columns);
    for (size_t k = 0; k < x->n; k++) {
        const struct result *r = &x->v[k];
        size_t n = r->status == RESULT_OK ? result_exits(r) : 0;
        double cost[NET_MAX_EXITS];
        result_exit_costs(r, n, cost);
        for (size_t i = 0; i < n; i++) {
            table_text(t, *result_key(r) ? result_key(r) : NULL);
            table_int(t, (int64_t)i + 1);
            table_real(t, real_at(&r->thresholds, i));
            table_real(t, real_at(&r->temperatures, i));
            table_real(t, int_at(&r->summary.gamma, i));
            table_real(t, cost[i]);
            table_real(t, int_at(&r->summary.gamma_paper, i));
            table_real(t, real_at(&r->utilisation, i));
            table_real(t, real_at(&r->exit_accuracy, i));
            table_real(t, real_at(&r->exit_accuracy_all, i));
            table_real(t, real_at(&r->ece, i));
        }
    }
}

/* Draw the share of samples that leave at each exit, and what that costs. */
static int draw_exits(const struct results *x, struct report *rep,
                      struct err *e)
{
    struct chart_bar *bars = xcalloc(x->n ? x->n : 1, sizeof *bars);
    size_t n = 0;
    for (size_t i = 0; i < x->n; i++) {
        const struct result *r = &x->v[i];
        if (!r->utilisation.n)
            continue;
        struct chart_bar *b = &bars[n++];
        b->label = *result_key(r) ? result_key(r) : "-";
        b->exits = r->utilisation.n;
        memcpy(b->share, r->utilisation.v, b->exits * sizeof *b->share);
        result_exit_costs(r, b->exits, b->cost);
    }
    int rc = n ? 0
               : err_set(e, ERR_FORMAT, "no result says where samples leave");
    if (rc == 0)
        chart_exits(bars, n, &rep->script);
    free(bars);
    return rc;
}

/* ---- one row per iteration ---- */

static const struct column iteration_columns[] = {
    {"iteration", "it", COL_INT, 0, 0},
    {"candidates", "candidates", COL_INT, 0, 0},
    {"failed", "failed", COL_INT, 0, 0},
    {"feasible", "fit", COL_INT, 0, 0},
    {"front", "front so far", COL_INT, 0, 0},
    {"best_accuracy", "best acc %", COL_REAL, 100, 2},
    {"best_macs", "best M", COL_REAL, 1e-6, 3},
    {"best_violation", "violation", COL_REAL, 0, 3},
    {"hypervolume", "hypervolume", COL_REAL, 0, 6},
    {NULL, NULL, 0, 0, 0}};

static void view_iterations(const struct results *x,
                            const struct report_opts *o, struct report *rep)
{
    double ref = isnan(o->ref_macs) ? results_dearest(x) : o->ref_macs;
    size_t n;
    struct iteration *its = results_iterations(x, ref, &n);
    if (o->draw) {
        chart_iterations(its, n, &rep->script);
        free(its);
        return;
    }
    struct table *t = report_table(rep, "iterations", iteration_columns);
    struct buf title = {0};
    for (size_t i = 0; i < n; i++) {
        table_int(t, its[i].number);
        table_int(t, (int64_t)its[i].candidates);
        table_int(t, (int64_t)its[i].failed);
        table_int(t, (int64_t)its[i].feasible);
        table_int(t, (int64_t)its[i].front);
        table_real(t, its[i].best_accuracy);
        table_real(t, its[i].best_macs);
        table_real(t, its[i].best_violation);
        table_real(t, its[i].hypervolume);
    }
    buf_addf(&title, "Hypervolume up to error 1 and %.6g M MACs, as a share",
             ref / 1e6);
    table_title(t, title.data);
    buf_free(&title);
    free(its);
}

/* ---- */

static int show(const struct results *x, const struct report_opts *o,
                struct report *rep, struct err *e)
{
    switch (o->view) {
    case VIEW_DEFAULT:
    case VIEW_TABLE:
        if (o->draw)
            return chart_front(x, &rep->script, e);
        view_table(x, rep);
        return 0;
    case VIEW_FRONT:
        if (o->draw)
            return chart_front(x, &rep->script, e);
        view_front(x, rep);
        return 0;
    case VIEW_EXITS:
        if (o->draw)
            return draw_exits(x, rep, e);
        view_exits(x, rep);
        return 0;
    case VIEW_ITERATIONS:
        view_iterations(x, o, rep);
        return 0;
    case VIEW_LINE:
        for (size_t i = 0; i < x->n; i++)
            add_line(x, &x->v[i], &rep->text);
        return 0;
    }
    return report_no_view(o, "result", e);
}

int report_results(struct reader *r, struct record *rec,
                   const struct report_opts *o, struct report *rep,
                   struct err *e)
{
    struct results x = {0};
    int rc;
    do {
        if ((rc = reader_decode(r, rec, e)) < 0)
            break;
        results_add(&x, rec->data);
    } while ((rc = reader_next_raw(r, rec, e)) > 0);
    if (rc == 0) {
        results_limits(&x, &o->limits);
        rc = show(&x, o, rep, e);
    }
    results_free(&x);
    return rc;
}
