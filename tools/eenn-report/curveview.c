/* SPDX-License-Identifier: MIT
 * The view of results that were tuned under one limit on the cost each
 * (thresh-tune --curve): accuracy over cost as the thresholds move. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "tools/eenn-report/charts.h"

static const struct column first_columns[] = {
    {"id", "design", COL_ID, 0, 0, 0,
     "iteration/slot of the search, or first digits of the id"},
    {"limit", "limit M", COL_REAL, 1e-6, 3, 0,
     "limit on the cost that the thresholds were tuned under"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

static const struct column last_columns[] = {
    {"feasible", "feasible", COL_BOOL, 0, 0, 2, "yes: all limits are kept"},
    {"chosen", "chosen", COL_BOOL, 0, 0, 0,
     "yes: the most accurate feasible result of the network, the cheapest of "
     "several"},
    {"rule", "rule", COL_TEXT, 0, 0, 5, "halting rule"},
    {"thresholds", "thresholds", COL_REALS, 0, 2, 3,
     "score from which on a sample leaves at an exit; - is an exit that is "
     "off"},
    {"utilisation", "leaving %", COL_REALS, 100, 1, 4,
     "share of the samples that leave at each exit"},
};

/* The points of one network, which follow one another in the stream. */
struct curve {
    const struct result *v;
    size_t n;
    const struct result *chosen; /* or NULL */
};

struct curves {
    const struct results *x;
    const char *cost; /* metric that is limited */
    struct curve *v;
    size_t n, cap;
};

/* Returns the limit that the thresholds were tuned under, NAN = none. */
static double limit_of(const struct curves *c, const struct result *r)
{
    const struct result stored = {.limits = c->x->stored[r - c->x->v]};
    const struct limit *l = result_limit(&stored, c->cost);

    return l ? l->max : NAN;
}

/* Collect the networks' curves and choose a point of each.  Failed results are
 * passed over. */
static void collect(struct curves *c, const struct results *x)
{
    c->x = x;
    c->cost = x->cost;
    for (size_t i = 0, n; i < x->n; i += n) {
        struct curve *v;

        for (n = 1; i + n < x->n &&
                    !strcmp(result_key(&x->v[i + n]), result_key(&x->v[i]));
             n++)
            ;
        GROW(c->v, c->n, c->cap);
        v = &c->v[c->n++];
        *v = (struct curve){&x->v[i], n, NULL};
        for (const struct result *r = v->v; r < v->v + n; r++) {
            double gain = v->chosen ? r->accuracy - v->chosen->accuracy : 1;

            if (result_fits(r) && !isnan(r->accuracy) &&
                !isnan(result_value(r, c->cost)) &&
                (gain > 0 ||
                 (gain >= 0 &&
                  result_value(r, c->cost) < result_value(v->chosen, c->cost))))
                v->chosen = r;
        }
    }
}

static void put_table(const struct curves *c, struct report *rep)
{
    struct table *t = report_table(rep, "curve", first_columns);
    struct buf title = {0};

    results_figure_column(t, results_figure(c->x, c->cost));
    results_figure_column(t, results_figure(c->x, "accuracy"));
    for (size_t i = 0; i < ARRAY_LEN(last_columns); i++)
        table_column(t, &last_columns[i]);
    for (const struct curve *v = c->v; v < c->v + c->n; v++)
        for (const struct result *r = v->v; r < v->v + v->n; r++) {
            report_design(t, NULL, *result_key(r) ? result_key(r) : NULL,
                          &r->summary.origin);
            table_real(t, limit_of(c, r));
            table_real(t, result_value(r, c->cost));
            table_share(t, r->accuracy, result_samples(r));
            table_bool(t, result_fits(r));
            table_bool(t, r == v->chosen);
            table_text(t, r->rule);
            table_reals(t, r->thresholds.v, r->thresholds.n);
            table_reals(t, r->utilisation.v, r->utilisation.n);
        }
    results_about(c->x, &title);
    table_title(t, title.data);
    buf_free(&title);
}

/* Write a block of points (MACs in millions, accuracy in per cent). */
static void add_points(struct buf *s, const struct curves *c, const char *name,
                       size_t number, const struct result *v, size_t n)
{
    buf_addf(s, "$%s%zu << END\n", name, number);
    for (size_t i = 0; i < n; i++)
        if (v[i].status == RESULT_OK)
            buf_addf(s, "%.9g %.9g %.9g\n", result_value(&v[i], c->cost) / 1e6,
                     100 * v[i].accuracy, limit_of(c, &v[i]) / 1e6);
    buf_adds(s, "END\n");
}

/* Draw each curve with a tic per limit at the bottom, the chosen point in a ring
 * and what the final exit alone does as a diamond. */
static void draw(const struct curves *c, struct buf *s)
{
    const struct figure *cost = results_figure(c->x, c->cost);
    struct buf text = {0}, axis = {0};
    double bound = NAN;

    for (size_t i = 0; i < c->x->limits.n; i++) {
        const struct limit *l = (const struct limit *)c->x->limits.v + i;

        if (!strcmp(l->name, c->cost))
            bound = l->max;
    }
    results_about(c->x, &text);
    buf_adds(&text, ", tics at the bottom: their limits");
    buf_addf(&axis, "%s%s", cost->axis, CHART_LESS);
    chart_frame(s, text.data, axis.data, "accuracy, %" CHART_MORE);
    buf_adds(s, "set offsets graph 0.03, 0.03, 0.05, 0.05\n"
                "set key outside top center horizontal samplen 2\n");
    if (!isnan(bound))
        buf_addf(s,
                 "set arrow from %.9g, graph 0 to %.9g, graph 1 nohead lc "
                 "rgb '#444444' dt 2\n",
                 bound / 1e6, bound / 1e6);
    for (size_t k = 0; k < c->n; k++) {
        const struct curve *v = &c->v[k];

        add_points(s, c, "curve", k, v->v, v->n);
        add_points(s, c, "chosen", k, v->chosen, v->chosen != NULL);
        buf_addf(s, "$final%zu << END\n", k);
        if (!isnan(v->v[0].final_accuracy) && !isnan(v->v[0].final_macs))
            buf_addf(s, "%.9g %.9g\n", v->v[0].final_macs / 1e6,
                     100 * v->v[0].final_accuracy);
        buf_adds(s, "END\n");
        for (size_t i = 0; i < v->n; i++)
            if (!isnan(limit_of(c, &v->v[i])))
                buf_addf(s,
                         "set arrow from %.9g, graph 0 to %.9g, graph 0.025 "
                         "nohead lc rgb '#444444'\n",
                         limit_of(c, &v->v[i]) / 1e6,
                         limit_of(c, &v->v[i]) / 1e6);
    }
    for (size_t k = 0; k < c->n; k++) {
        char *label = report_label(NULL, result_key(c->v[k].v),
                                   &c->v[k].v->summary.origin);

        buf_addf(s,
                 "%s$curve%zu using 1:2 with linespoints lw 1.5 pt 7 ps 0.6 "
                 "lt %zu title ",
                 k ? ", " : "plot ", k, k % 7 + 1);
        chart_text(s, label);
        buf_addf(s,
                 ", $chosen%zu using 1:2 with points pt 6 ps 1.8 lw 2 lc rgb "
                 "'#000000' %s, $final%zu using 1:2 with points pt 13 ps 1 "
                 "lt %zu %s",
                 k, k ? "notitle" : "title 'chosen'", k, k % 7 + 1,
                 k ? "notitle" : "title 'final exit alone'");
        free(label);
    }
    buf_adds(s, "\n");
    buf_free(&text);
    buf_free(&axis);
}

int view_curve(const struct results *x, const struct report_opts *o,
               struct report *rep, struct err *e)
{
    struct curves c = {.n = 0};
    size_t points = 0;

    for (size_t i = 0; i < x->n; i++)
        points += x->v[i].status == RESULT_OK && !isnan(x->v[i].accuracy) &&
                  !isnan(x->v[i].macs);
    if (!points)
        return err_set(e, ERR_FORMAT,
                       "no result has accuracy and macs: there is no curve");
    collect(&c, x);
    if (o->draw)
        draw(&c, &rep->script);
    else
        put_table(&c, rep);
    free(c.v);
    return 0;
}
