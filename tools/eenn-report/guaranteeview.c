/* SPDX-License-Identifier: MIT
 * The view of guarantees: limits that hold on unseen data with a probability,
 * what the samples said of them and how sure that is. */
#include <math.h>

#include "libcommon/base/mem.h"
#include "tools/eenn-report/results.h"

static const struct column columns[] = {
    {"id", "design", COL_ID, 0, 0, 0,
     "iteration/slot of the search, or first digits of the id"},
    {"metric", "metric", COL_TEXT, 0, 0, 0, "what is limited"},
    {"min", "min %", COL_REAL, 100, 2, 0, "limit from below"},
    {"max", "max %", COL_REAL, 100, 2, 0, "limit from above"},
    {"estimate", "seen %", COL_REAL, 100, 2, 0,
     "the metric on the samples of the test"},
    {"bound", "bound %", COL_REAL, 100, 2, 0,
     "confidence bound on it, below for min, above for max"},
    {"samples", "samples", COL_INT, 0, 0, 5,
     "number of samples that the bound is computed from"},
    {"confidence", "confidence %", COL_REAL, 100, -6, 9,
     "probability with which the limits of the design hold on unseen data"},
    {"certified", "certified", COL_BOOL, 0, 0, 0,
     "yes: the limits of the design hold with that probability"},
    {"independent", "indep.", COL_BOOL, 0, 0, 1,
     "yes: nothing else was chosen by the samples, which are of the split cal"},
    {"tested", "tested", COL_INT, 0, 0, 7, "policies tested"},
    {"passed", "passed", COL_INT, 0, 0, 7,
     "policies that passed, of which the last was taken"},
    {"needed", "needed", COL_INT, 0, 0, 3,
     "all early exits are off: about how many samples would be needed"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

void view_guarantees(const struct results *x, struct report *rep)
{
    struct table *t = NULL;
    struct buf title = {0};
    double confidence = NAN;

    for (size_t k = 0; k < x->n; k++) {
        const struct result *r = &x->v[k];
        const struct guarantee *g = &r->guarantee;
        const struct certified *c = g->limits.v;

        if (!g->limits.n)
            continue;
        confidence = !t || g->confidence == confidence ? g->confidence : NAN;
        if (!t)
            t = report_table(rep, "guarantees", columns);
        for (size_t i = 0; i < g->limits.n; i++) {
            report_design(t, NULL, *result_key(r) ? result_key(r) : NULL,
                          &r->summary.origin);
            table_text(t, c[i].name);
            table_real(t, c[i].min);
            table_real(t, c[i].max);
            table_real(t, c[i].estimate);
            table_real(t, c[i].bound);
            table_int(t, c[i].samples);
            table_real(t, g->confidence);
            table_bool(t, g->certified);
            table_bool(t, g->independent);
            table_int(t, g->tested);
            table_int(t, g->passed);
            table_int(t, g->needed);
        }
    }
    if (!t)
        return;
    buf_adds(&title, "Limits on unseen data");
    if (!isnan(confidence))
        buf_addf(&title, ", confidence %.6g %%", 100 * confidence);
    table_title(t, title.data);
    buf_free(&title);
}

void guarantee_line(const struct results *x, const struct result *r,
                    struct buf *b)
{
    const struct guarantee *g = &r->guarantee;
    const struct certified *c = g->limits.v;

    for (size_t i = 0; i < g->limits.n; i++) {
        const struct figure *f = results_figure(x, c[i].name);
        bool most = isnan(c[i].min);

        buf_addf(b, "  %s%s %s ",
                 g->certified ? "certified " : "NOT certified ", f->word,
                 most ? "<=" : ">=");
        figure_add(b, f, most ? c[i].max : c[i].min);
        buf_addf(b, " (%.6g %%, bound %.4g %%)", 100 * c[i].estimate,
                 100 * c[i].bound);
    }
    if (g->limits.n)
        buf_addf(b, " at %.6g %%%s", 100 * g->confidence,
                 g->independent ? "" : ", not independent");
}
