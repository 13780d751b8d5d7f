/* SPDX-License-Identifier: MIT
 * Views of plans. */
#include "tools/eenn-report/plans.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/plan.h"
#include "libcommon/base/mem.h"
#include "libcommon/stats/stats.h"
#include "tools/eenn-report/results.h"

/* ---- one row per plan ---- */

/* What the table shows, in its order. */
static const char *const shown_figures[] = {
    "accuracy",    "loss",        "macs",        "latency",
    "latency_p50", "latency_p95", "latency_p99", "worst_latency",
    "energy",      "memory",      "storage"};

static const struct column first_columns[] = {
    {"rank", "rank", COL_INT, 0, 0, 0,
     "0 is the best plan of the run; only the best ones have one"},
    {"role", "role", COL_TEXT, 0, 0, 0,
     "plan: found; base: no early exits, one processor; partition: no early "
     "exits, the best division"},
    {"net", "net", COL_ID, 0, 0, 9, NULL},
    {"platform", "platform", COL_TEXT, 0, 0, 9, NULL},
    {"processors", "runs on", COL_TEXT, 0, 0, 0,
     "processors that run a part of the network, in their order"},
    {"segments", "segments", COL_INT, 0, 0, 7,
     "parts that the network is divided into"},
    {"exits", "exits", COL_INT, 0, 0, 2,
     "exits that are on, the final one included"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

static const struct column last_columns[] = {
    {"taps", "exits at", COL_TEXT, 0, 0, 8, "layers that the early exits tap"},
    {"rule", "rule", COL_TEXT, 0, 0, 7, "halting rule"},
    {"thresholds", "thresholds", COL_REALS, 0, 2, 7,
     "score from which on a sample leaves; - is the final exit"},
    {"utilisation", "leaving %", COL_REALS, 100, 1, 6,
     "share of the samples that leave at each exit that is on"},
    {"feasible", "feasible", COL_BOOL, 0, 0, 3, "yes: all limits are kept"},
    {"violation", "violation", COL_REAL, 0, 3, 6,
     "sum of how far the limits are exceeded, as shares of them; 0 = feasible"},
    {"pareto", "front", COL_BOOL, 0, 0, 2,
     "yes: no plan is better in accuracy and in what was made small"},
    {"minimise", NULL, COL_TEXT, 0, 0, 0, NULL},
    {"precision", NULL, COL_TEXT, 0, 0, 0, NULL},
    {"dataset", NULL, COL_TEXT, 0, 0, 0, NULL},
    {"split", NULL, COL_TEXT, 0, 0, 0, NULL},
    {"samples", NULL, COL_INT, 0, 0, 0, NULL},
};

static double samples_of(const struct plan *p)
{
    return p->samples == NIL_INT ? NAN : (double)p->samples;
}

static void plan_row(struct table *t, const struct plan *p)
{
    double *thresholds = xcalloc(p->segments.n, 2 * sizeof *thresholds);
    double *shares = thresholds + p->segments.n;
    struct buf on = {0}, taps = {0};
    size_t n = 0;

    plan_processors(p, &on);
    for (size_t s = 0; s < p->segments.n; s++) {
        const struct plan_segment *x = plan_segment_at(p, s);

        if (!x->exit)
            continue;
        thresholds[n] = x->threshold;
        shares[n++] = x->utilisation;
        if (s + 1 < p->segments.n)
            buf_addf(&taps, "%s%s", taps.len ? " " : "", x->to);
    }
    table_int(t, p->rank);
    table_text(t, plan_role_names[p->role]);
    table_text(t, p->summary.net);
    table_text(t, p->platform);
    table_text(t, on.data);
    table_int(t, (int64_t)p->segments.n);
    table_int(t, (int64_t)n);
    for (size_t i = 0; i < ARRAY_LEN(shown_figures); i++)
        table_share(t, plan_value(p, shown_figures[i]),
                    metric_is_share(shown_figures[i]) ? samples_of(p) : NAN);
    table_text(t, taps.data);
    table_text(t, p->rule);
    table_reals(t, thresholds, n);
    table_reals(t, shares, n);
    table_bool(t, plan_fits(p));
    table_real(t, p->violation);
    table_bool(t, p->pareto);
    table_text(t, p->minimise);
    table_text(t, precision_names[p->precision]);
    table_text(t, p->dataset);
    table_text(t, p->split);
    table_int(t, p->samples);
    free(thresholds);
    buf_free(&on);
    buf_free(&taps);
}

/* Show the plans in their order, those of a front or curve by their latency; of a
 * front those on it and what they are compared with. */
static void view_plans(const struct plans *x, const struct report_opts *o,
                       struct report *rep)
{
    bool sorted = o->view == VIEW_FRONT || o->view == VIEW_CURVE;
    struct table *t = report_table(rep, "plans", first_columns);
    bool *done = xcalloc(x->n, sizeof *done);
    struct buf title = {0};

    for (size_t i = 0; i < ARRAY_LEN(shown_figures); i++) {
        const struct figure *f = plan_figure(shown_figures[i]);

        table_column(t, &(struct column){f->name, f->head, COL_REAL, f->scale,
                                         f->decimals, f->drop, f->legend});
    }
    for (size_t i = 0; i < ARRAY_LEN(last_columns); i++)
        table_column(t, &last_columns[i]);
    for (size_t k = 0; k < x->n; k++) {
        size_t next = x->n;

        for (size_t i = 0; i < x->n; i++)
            if (!done[i] && (next == x->n ||
                             (sorted && x->v[i].latency < x->v[next].latency)))
                next = i;
        done[next] = true;
        if (o->view != VIEW_FRONT || x->v[next].role != PLAN_CHOICE ||
            x->v[next].pareto)
            plan_row(t, &x->v[next]);
    }
    plans_about(x, &title);
    for (size_t i = 0; i < x->limits.n; i++) {
        const struct limit *l = (const struct limit *)x->limits.v + i;
        const struct figure *f = plan_figure(l->name);

        if (!isnan(l->min)) {
            buf_addf(&title, ", %s >= ", f->word);
            figure_add(&title, f, l->min);
        }
        if (!isnan(l->max)) {
            buf_addf(&title, ", %s <= ", f->word);
            figure_add(&title, f, l->max);
        }
    }
    table_title(t, title.data);
    buf_free(&title);
    free(done);
}

/* ---- one plan ---- */

static const struct column segment_columns[] = {
    {"segment", "part", COL_INT, 0, 0, 0, "parts of the network, in order"},
    {"processor", "processor", COL_TEXT, 0, 0, 0, NULL},
    {"from", "from", COL_TEXT, 0, 0, 9, "layer that its input comes from"},
    {"to", "up to layer", COL_TEXT, 0, 0, 0, "its last layer"},
    {"coming", "coming %", COL_REAL, 100, 1, 0,
     "share of the samples that it runs for"},
    {"macs", "cost M", COL_REAL, 1e-6, 3, 0, "millions of MACs"},
    {"branch_macs", "head M", COL_REAL, 1e-6, 3, 5,
     "those of the head of its exit"},
    {"seconds", "ms", COL_REAL, 1e3, -4, 0, "time, the call included"},
    {"branch_seconds", "head ms", COL_REAL, 1e3, -4, 4, "time of the head"},
    {"sent", "sent kB", COL_REAL, 1e-3, 1, 3, "what comes to it over a link"},
    {"sent_seconds", "link ms", COL_REAL, 1e3, -4, 2, "time of the link"},
    {"memory", "mem kB", COL_REAL, 1e-3, 1, 1,
     "peak of its activations, head included"},
    {"storage", "store kB", COL_REAL, 1e-3, 1, 1, "weights, head included"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

/* The first two are not for the view of one plan. */
static const struct column path_columns[] = {
    {"rank", "rank", COL_INT, 0, 0, 0,
     "0 is the best plan of the run; only the best ones have one"},
    {"role", "role", COL_TEXT, 0, 0, 0, NULL},
    {"exit", "exit", COL_INT, 0, 0, 0, NULL},
    {"to", "at layer", COL_TEXT, 0, 0, 0, "layer that the exit taps"},
    {"processor", "on", COL_TEXT, 0, 0, 4, "processor of the exit"},
    {"threshold", "threshold", COL_REAL, 0, 3, 0,
     "score from which on a sample leaves"},
    {"temperature", "temp.", COL_REAL, 0, 3, 6, "temperature of the softmax"},
    {"utilisation", "leaving %", COL_REAL, 100, 1, 0,
     "share of the samples that leave at the exit"},
    {"exit_accuracy", "acc %", COL_REAL, 100, 2, 0,
     "accuracy on these samples (in brackets: 95 % interval)"},
    {"exit_accuracy_all", "all %", COL_REAL, 100, 2, 3,
     "accuracy of the exit on all samples"},
    {"macs", "cost M", COL_REAL, 1e-6, 3, 5,
     "cost of leaving there, all heads that ran counted"},
    {"latency", "ms", COL_REAL, 1e3, -5, 0, "latency of leaving there"},
    {"energy", "mJ", COL_REAL, 1e3, -5, 1, "energy of leaving there"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

static const struct column store_columns[] = {
    {"name", "processor or pool", COL_TEXT, 0, 0, 0, NULL},
    {"pool", "shared", COL_BOOL, 0, 0, 0, "yes: memory that processors share"},
    {"memory", "mem kB", COL_REAL, 1e-3, 1, 0, "activations"},
    {"memory_limit", "of kB", COL_REAL, 1e-3, 1, 0, "room for them"},
    {"storage", "store kB", COL_REAL, 1e-3, 1, 0, "weights"},
    {"storage_limit", "of kB", COL_REAL, 1e-3, 1, 0, "room for them"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

static double bytes(int64_t n)
{
    return n == NIL_INT ? NAN : (double)n;
}

static void add_paths(struct table *t, const struct plan *p, bool whose)
{
    double macs = 0, samples = samples_of(p);
    int64_t n = 0;

    for (size_t s = 0; s < p->segments.n; s++) {
        const struct plan_segment *x = plan_segment_at(p, s);

        macs += (double)(x->macs + x->branch_macs);
        if (!x->exit)
            continue;
        if (whose) {
            table_int(t, p->rank);
            table_text(t, plan_role_names[p->role]);
        }
        table_int(t, ++n);
        table_text(t, x->to);
        table_text(t, x->processor);
        table_real(t, x->threshold);
        table_real(t, x->temperature);
        table_real(t, x->utilisation);
        table_share(t, x->exit_accuracy, round(samples * x->utilisation));
        table_share(t, x->exit_accuracy_all, samples);
        table_real(t, macs);
        table_real(t, x->latency);
        table_real(t, x->energy);
    }
}

static void view_plan(const struct plan *p, struct report *rep)
{
    struct table *t = report_table(rep, "segments", segment_columns);
    const struct plan_store *v = p->stores.v;
    struct buf title = {0};
    double coming = 1;

    plan_label(p, &title);
    buf_addf(&title, " for net %.8s on %s, %s, rule %s", p->summary.net,
             p->platform, precision_names[p->precision], p->rule);
    table_title(t, title.data);
    buf_free(&title);
    for (size_t s = 0; s < p->segments.n; s++) {
        const struct plan_segment *x = plan_segment_at(p, s);

        table_int(t, (int64_t)s + 1);
        table_text(t, x->processor);
        table_text(t, x->from);
        table_text(t, x->to);
        table_real(t, coming);
        table_real(t, (double)x->macs);
        table_real(t, x->exit ? (double)x->branch_macs : NAN);
        table_real(t, x->seconds);
        table_real(t, x->exit ? x->branch_seconds : NAN);
        table_real(t, x->sent ? (double)x->sent : NAN);
        table_real(t, x->sent ? x->sent_seconds : NAN);
        table_real(t, bytes(x->memory));
        table_real(t, bytes(x->storage));
        coming = fmax(coming - (x->exit ? x->utilisation : 0), 0);
    }
    add_paths(report_table(rep, "exits", path_columns + 2), p, false);
    t = report_table(rep, "stores", store_columns);
    for (size_t i = 0; i < p->stores.n; i++) {
        table_text(t, v[i].name);
        table_bool(t, v[i].pool);
        table_real(t, bytes(v[i].memory));
        table_real(t, bytes(v[i].memory_limit));
        table_real(t, bytes(v[i].storage));
        table_real(t, bytes(v[i].storage_limit));
    }
}

/* ---- the views ---- */

/* Judge the plans by limits that were given, find the one to show and the limits
 * that all have.  ERR_FORMAT when there is no plan of the rank that was asked for. */
static int settle(struct plans *x, const struct report_opts *o, struct err *e)
{
    const struct plan *first = NULL;
    bool alike = true;

    if (limits_add(o->limits, "macs", true, o->max_macs, e) < 0)
        return e->code;
    for (size_t i = 0; o->limits->n && i < x->n; i++)
        if (plan_judge(&x->v[i], o->limits, e) < 0)
            return e->code;
    for (size_t i = 0; i < x->n; i++) {
        const struct plan *p = &x->v[i], *best = x->shown;

        if (o->rank != NIL_INT ? p->rank == o->rank && !best
                               : !best || p->role < best->role ||
                                     (p->role == best->role &&
                                      (uint64_t)p->rank < (uint64_t)best->rank))
            x->shown = p;
        if (p->role != PLAN_CHOICE)
            continue;
        first = first ? first : p;
        alike &= limit_lists_alike(&first->limits, &p->limits);
    }
    if (first && alike)
        x->limits = first->limits;
    if (!x->shown)
        return err_set(e, ERR_FORMAT, "no plan has the rank %" PRId64, o->rank);
    return 0;
}

/* Append "plan 0  84.38 % (60.4-95.0)  0.250 M  21.8 ms  39.2 ms at worst ...",
 * with what leaves at each exit. */
static void add_line(const struct plan *p, struct buf *b)
{
    double low, high;

    plan_label(p, b);
    if (!isnan(p->accuracy))
        buf_addf(b, "  %5.2f %%", 100 * p->accuracy);
    stats_wilson(p->accuracy, samples_of(p), &low, &high);
    if (!isnan(low))
        buf_addf(b, " (%.1f-%.1f)", 100 * low, 100 * high);
    buf_addf(b, "  %7.3f M  %.4g ms, %.4g ms at worst", p->macs / 1e6,
             1e3 * p->latency, 1e3 * p->worst_latency);
    if (!isnan(p->energy))
        buf_addf(b, "  %.4g mJ", 1e3 * p->energy);
    for (size_t s = 0; s < p->segments.n; s++) {
        const struct plan_segment *x = plan_segment_at(p, s);

        buf_addf(b, "  %s", x->processor);
        if (x->exit)
            buf_addf(b, " %.0f %%", 100 * x->utilisation);
    }
    if (!results_bounded(&p->limits))
        return;
    if (plan_fits(p))
        buf_adds(b, "  feasible");
    else
        buf_addf(b, "  violation %.4g", p->violation);
}

static int make(struct plans *x, const struct report_opts *o,
                struct report *rep, struct err *e)
{
    if (o->draw && (o->view == VIEW_TABLE || o->view == VIEW_FRONT ||
                    o->view == VIEW_CURVE))
        return chart_plans(x, o, &rep->script, e);
    if (o->draw) {
        chart_plan(x->shown, &rep->script);
        return 0;
    }
    for (size_t i = 0; o->view == VIEW_LINE && i < x->n; i++) {
        size_t line = rep->text.len;

        add_line(&x->v[i], &rep->text);
        buf_mask(&rep->text, line);
        buf_adds(&rep->text, "\n");
    }
    if (o->view == VIEW_EXITS)
        for (size_t i = 0; i < x->n; i++)
            add_paths(i ? &rep->tables[0]
                        : report_table(rep, "exits", path_columns),
                      &x->v[i], true);
    if (o->view <= VIEW_FRONT || o->view == VIEW_CURVE)
        view_plans(x, o, rep);
    if (o->view == VIEW_PLAN || o->view == VIEW_DEFAULT)
        view_plan(x->shown, rep);
    if (o->view == VIEW_GUARANTEES || o->view == VIEW_DEFAULT) {
        /* as those of results */
        struct results r = {.n = x->n, .v = xcalloc(x->n, sizeof *r.v)};

        for (size_t i = 0; i < x->n; i++) {
            result_init(&r.v[i]);
            r.v[i].summary = x->v[i].summary;
            r.v[i].guarantee = x->v[i].guarantee;
        }
        view_guarantees(&r, rep);
        free(r.v);
    }
    if (o->view == VIEW_GUARANTEES && !rep->n)
        return err_set(e, ERR_FORMAT,
                       "no plan has a guarantee (exit-map --confidence)");
    return 0;
}

int report_plans(struct reader *r, struct record *rec,
                 const struct report_opts *o, struct report *rep, struct err *e)
{
    struct plans x = {.n = 0};
    int rc;

    static const unsigned views = 1u << VIEW_DEFAULT | 1u << VIEW_TABLE |
                                  1u << VIEW_FRONT | 1u << VIEW_EXITS |
                                  1u << VIEW_CURVE | 1u << VIEW_PLAN;
    static const unsigned texts = 1u << VIEW_LINE | 1u << VIEW_GUARANTEES;

    if (!((o->draw ? views : views | texts) >> o->view & 1))
        return report_no_view(o, "plan", e);
    do {
        if ((rc = reader_decode(r, rec, e)) < 0)
            break;
        GROW(x.v, x.n, x.cap);
        plan_copy(&x.v[x.n++], rec->data, &x.arena);
    } while ((rc = report_next(r, rec, o, e)) > 0);
    if (rc == 0)
        rc = settle(&x, o, e);
    if (rc == 0)
        rc = make(&x, o, rep, e);
    free(x.v);
    arena_free(&x.arena);
    return rc;
}
