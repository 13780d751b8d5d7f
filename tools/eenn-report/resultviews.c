/* SPDX-License-Identifier: MIT
 * Views of results. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/result.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/halting.h"
#include "libcommon/stats/stats.h"
#include "tools/eenn-report/charts.h"

/* ---- one row per result ---- */

/* Between the two are the usual figures, behind them all others. */
static const struct column first_columns[] = {
    {"id", "id", COL_ID, 0, 0, 0,
     "first digits of the arch id, or of the net id where there is no arch"},
    {"iteration", "it", COL_INT, 0, 0, 1, "iteration of the search"},
    {"slot", "slot", COL_INT, 0, 0, 1,
     "place of the design within the iteration"},
    {"status", "status", COL_TEXT, 0, 0, 9, NULL},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

static const struct column last_columns[] = {
    {"exits", "exits", COL_INT, 0, 0, 6,
     "exits of the network, the final one included"},
    {"rule", "rule", COL_TEXT, 0, 0, 7, "halting rule"},
    {"thresholds", "thresholds", COL_REALS, 0, 2, 3,
     "score from which on a sample leaves at an exit; - is an exit that is off, or the final one"},
    {"utilisation", "leaving %", COL_REALS, 100, 1, 4,
     "share of the samples that leave at each exit"},
    {"feasible", "feasible", COL_BOOL, 0, 0, 0, "yes: all limits are kept"},
    {"violation", "violation", COL_REAL, 0, 3, 0,
     "sum of how far the limits are exceeded, as shares of them; 0 = feasible"},
    {"judged_by", "judged by", COL_TEXT, 0, 0, 7,
     "Eq.13: the limit on the cost is one on the cost by Eq. 13"},
    {"rank", "rank", COL_INT, 0, 0, 7,
     "number of the front, 0 is not dominated"},
    {"reason", "reason", COL_TEXT, 0, 0, 0, "why the training failed"},
};

void results_figure_column(struct table *t, const struct figure *f)
{
    struct buf key = {0};
    size_t i = 0;

    while (i < t->n_columns && strcmp(t->columns[i].key, f->name) != 0)
        i++;
    buf_addf(&key, "%s%s", i < t->n_columns ? "metrics." : "", f->name);
    table_column(t, &(struct column){key.data, f->head, COL_REAL, f->scale,
                                     f->decimals, f->drop, f->legend});
    buf_free(&key);
}

static struct table *result_table(const struct results *x, const char *name,
                                  struct report *rep)
{
    struct table *t = report_table(rep, name, first_columns);

    for (size_t i = 0; i < FIGURES_USUAL; i++)
        results_figure_column(t, &figures_known[i]);
    for (size_t i = 0; i < ARRAY_LEN(last_columns); i++)
        table_column(t, &last_columns[i]);
    for (size_t i = 0; i < x->n_more; i++)
        results_figure_column(t, &x->more[i]);
    return t;
}

static void table_row(struct table *t, const struct results *x,
                      const struct result *r)
{
    bool by_paper = result_limit(r, cost_metrics[COST_PAPER]) != NULL;
    double samples = result_samples(r);

    table_text(t, *result_key(r) ? result_key(r) : NULL);
    table_int(t, r->summary.origin.iteration);
    table_int(t, r->summary.origin.slot);
    table_text(t, result_status_names[r->status]);
    for (size_t i = 0; i < FIGURES_USUAL; i++)
        table_share(t, result_value(r, figures_known[i].name),
                    metric_is_share(figures_known[i].name) ? samples : NAN);
    table_int(t, result_exits(r) ? (int64_t)result_exits(r) : NIL_INT);
    table_text(t, r->rule);
    table_reals(t, r->thresholds.v, r->thresholds.n);
    table_reals(t, r->utilisation.v, r->utilisation.n);
    table_bool(t, result_fits(r));
    table_real(t, result_violation(r));
    table_text(t, by_paper ? "Eq.13" : NULL);
    table_int(t, r->rank);
    table_text(t, r->reason);
    for (size_t i = 0; i < x->n_more; i++)
        table_real(t, result_value(r, x->more[i].name));
}

static void add_bound(struct buf *b, const struct figure *f, const char *sense,
                      double bound)
{
    if (isnan(bound))
        return;
    buf_addf(b, ", %s %s ", f->word, sense);
    figure_add(b, f, bound);
}

static void add_limits(struct buf *b, const struct results *x)
{
    const struct limit *l = x->limits.v;

    for (size_t i = 0; i < x->limits.n; i++) {
        const struct figure *f = results_figure(x, l[i].name);

        add_bound(b, f, ">=", l[i].min);
        add_bound(b, f, "<=", l[i].max);
    }
}

/* Show all results.  The title reads "12 results, 1 failed, 5 feasible, 2 above
 * the cost of the final exit alone, accuracy >= 60 %". */
static void view_table(const struct results *x, struct report *rep)
{
    struct table *t = result_table(x, "results", rep);
    size_t failed = 0, fit = 0, bounded = 0, above = 0;
    struct buf b = {0};
    for (size_t i = 0; i < x->n; i++) {
        table_row(t, x, &x->v[i]);
        failed += x->v[i].status == RESULT_FAILED;
        fit += result_fits(&x->v[i]);
        bounded += results_bounded(&x->v[i].limits);
        above += result_above_final(&x->v[i]);
    }
    results_about(x, &b);
    if (failed)
        buf_addf(&b, ", %zu failed", failed);
    if (bounded)
        buf_addf(&b, ", %zu feasible", fit);
    if (above)
        buf_addf(&b, ", %zu above the cost of the final exit alone", above);
    add_limits(&b, x);
    table_title(t, b.data);
    buf_free(&b);
}

/* Show the front.  The title reads "3 of 12 results, accuracy >= 60 %, ...". */
static int view_front(const struct results *x, struct report *rep,
                      struct err *e)
{
    struct buf b = {0};
    struct table *t;
    uint32_t *index;
    size_t n;

    if (results_have(x, &x->drawn, e) < 0)
        return e->code;
    t = result_table(x, "front", rep);
    index = xcalloc(x->n ? x->n : 1, sizeof *index);
    n = results_front(x, index);
    for (size_t i = 0; i < n; i++)
        table_row(t, x, &x->v[index[i]]);
    buf_addf(&b, "%zu of ", n);
    results_about(x, &b);
    add_limits(&b, x);
    if (n && !result_fits(&x->v[index[0]]))
        buf_adds(&b, ": none of them is feasible");
    table_title(t, b.data);
    buf_free(&b);
    free(index);
    return 0;
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
    const struct limit *l = x->limits.v;
    double low, high;

    buf_addf(b, "%.8s", *result_key(r) ? result_key(r) : "-");
    if (r->status == RESULT_FAILED) {
        buf_addf(b, "  failed: %s", r->reason ? r->reason : "no reason given");
        return;
    }
    if (!isnan(result_value(r, "accuracy")))
        buf_addf(b, "  %5.2f %%", 100 * result_value(r, "accuracy"));
    stats_wilson(result_value(r, "accuracy"), result_samples(r), &low, &high);
    if (!isnan(low))
        buf_addf(b, " (%.1f-%.1f)", 100 * low, 100 * high);
    if (!isnan(result_value(r, "macs")))
        buf_addf(b, "  %7.3f M", result_value(r, "macs") / 1e6);
    for (size_t i = 0; i < x->limits.n; i++)
        if (!strcmp(l[i].name, cost_metrics[COST_PAPER]))
            buf_addf(b, "  Eq.13 %.3f M", r->macs_paper / 1e6);
    for (size_t i = 0; i < x->n_more; i++) {
        double value = result_value(r, x->more[i].name);

        if (isnan(value))
            continue;
        buf_addf(b, "  %s ", x->more[i].word);
        figure_add(b, &x->more[i], value);
    }
    add_list(b, "thresholds", &r->thresholds, 1, 2);
    add_list(b, "leaving %", &r->utilisation, 100, 0);
    if (result_above_final(r))
        buf_adds(b, "  above the cost of the final exit alone");
    guarantee_line(x, r, b);
    if (!results_bounded(&r->limits))
        return;
    if (result_fits(r))
        buf_adds(b, "  feasible");
    else if (isnan(result_violation(r)))
        buf_adds(b, "  infeasible");
    else
        buf_addf(b, "  violation %.4g", result_violation(r));
}

/* ---- one row per exit ---- */

static const struct column exit_columns[] = {
    {"id", "design", COL_ID, 0, 0, 0,
     "iteration/slot of the search, or first digits of the id"},
    {"exit", "exit", COL_INT, 0, 0, 0, NULL},
    {"threshold", "threshold", COL_REAL, 0, 2, 0,
     "score from which on a sample leaves; - is an exit that is off, or the final one"},
    {"temperature", "temp.", COL_REAL, 0, 3, 5,
     "temperature that logits are divided by before the softmax"},
    {"gamma", "gamma M", COL_REAL, 1e-6, 3, 8,
     "cost of leaving here with all exits on, in millions of MACs"},
    {"cost", "cost M", COL_REAL, 1e-6, 3, 0,
     "cost of leaving here with the exits that are on, in millions of MACs"},
    {"cost_paper", "Eq.13 M", COL_REAL, 1e-6, 3, 7,
     "the same by Eq. 13, the head of this exit taken alone"},
    {"utilisation", "leaving %", COL_REAL, 100, 2, 0,
     "share of the samples that leave here"},
    {"accuracy", "acc of these %", COL_REAL, 100, 2, 0,
     "accuracy on the samples that leave here (in brackets: 95 % interval)"},
    {"accuracy_all", "acc of all %", COL_REAL, 100, 2, 6,
     "accuracy of this exit on all samples (in brackets: 95 % interval)"},
    {"ece", "ECE %", COL_REAL, 100, 2, 7, "expected calibration error"},
    {"feasible", "feasible", COL_BOOL, 0, 0, 3, "yes: all limits are kept"},
    {"violation", "violation", COL_REAL, 0, 3, 3,
     "sum of how far the limits are exceeded, as shares of them; 0 = feasible"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

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
        double cost[NET_MAX_EXITS], samples = result_samples(r);
        result_exit_costs(r, n, cost);
        for (size_t i = 0; i < n; i++) {
            report_design(t, NULL, *result_key(r) ? result_key(r) : NULL,
                          &r->summary.origin);
            table_int(t, (int64_t)i + 1);
            table_real(t, real_at(&r->thresholds, i));
            table_real(t, real_at(&r->temperatures, i));
            table_real(t, int_at(&r->summary.gamma, i));
            table_real(t, cost[i]);
            table_real(t, int_at(&r->summary.gamma_paper, i));
            table_real(t, real_at(&r->utilisation, i));
            table_share(t, real_at(&r->exit_accuracy, i),
                        round(samples * real_at(&r->utilisation, i)));
            table_share(t, real_at(&r->exit_accuracy_all, i), samples);
            table_real(t, real_at(&r->ece, i));
            table_bool(t, result_fits(r));
            table_real(t, result_violation(r));
        }
    }
}

/* Draw the share of samples that leave at each exit, and what that costs. */
static int draw_exits(const struct results *x, struct report *rep,
                      struct err *e)
{
    struct chart_bar *bars = xcalloc(x->n ? x->n : 1, sizeof *bars);
    struct buf title = {0};
    size_t n = 0;

    results_about(x, &title);
    for (size_t i = 0; i < x->n; i++) {
        const struct result *r = &x->v[i];
        if (!r->utilisation.n)
            continue;
        struct chart_bar *b = &bars[n++];
        b->label = report_label(NULL, result_key(r), &r->summary.origin);
        b->exits = r->utilisation.n;
        memcpy(b->share, r->utilisation.v, b->exits * sizeof *b->share);
        result_exit_costs(r, b->exits, b->cost);
    }
    int rc = n ? 0
               : err_set(e, ERR_FORMAT, "no result says where samples leave");
    if (rc == 0)
        chart_exits(title.data, bars, n, &rep->script);
    for (size_t i = 0; i < n; i++)
        free((char *)bars[i].label);
    buf_free(&title);
    free(bars);
    return rc;
}

/* ---- */

static int show(const struct results *x, const struct report_opts *o,
                struct report *rep, struct err *e)
{
    switch (o->view) {
    case VIEW_DEFAULT:
    case VIEW_TABLE:
        if (o->draw)
            return chart_front(x, o, &rep->script, e);
        view_table(x, rep);
        if (o->view == VIEW_DEFAULT)
            view_guarantees(x, rep);
        return 0;
    case VIEW_FRONT:
        if (o->draw)
            return chart_front(x, o, &rep->script, e);
        return view_front(x, rep, e);
    case VIEW_EXITS:
        if (o->draw)
            return draw_exits(x, rep, e);
        view_exits(x, rep);
        return 0;
    case VIEW_GUARANTEES:
        if (o->draw)
            break;
        view_guarantees(x, rep);
        return rep->n ? 0
                      : err_set(e, ERR_FORMAT,
                                "no result has a guarantee (thresh-tune "
                                "--confidence)");
    case VIEW_CURVE:
        return view_curve(x, o, rep, e);
    case VIEW_ITERATIONS:
        return view_iterations(x, o, rep, e);
    case VIEW_LINE:
        for (size_t i = 0; i < x->n; i++) {
            size_t line = rep->text.len;

            add_line(x, &x->v[i], &rep->text);
            buf_mask(&rep->text, line);
            buf_adds(&rep->text, "\n");
        }
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
    } while ((rc = report_next(r, rec, o, e)) > 0);
    if (rc == 0)
        rc = results_settle(&x, o, e);
    if (rc == 0)
        rc = show(&x, o, rep, e);
    results_free(&x);
    return rc;
}
