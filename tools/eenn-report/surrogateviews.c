/* SPDX-License-Identifier: MIT
 * Views of surrogates: how good each model was, and the chosen one's
 * predictions point by point. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/surrogate.h"
#include "libcommon/base/mem.h"
#include "tools/eenn-report/charts.h"
#include "tools/eenn-report/report.h"

static const struct column model_columns[] = {
    {"target", "target", COL_TEXT, 0, 0, 0, "metric that is predicted"},
    {"model", "model", COL_TEXT, 0, 0, 0, NULL},
    {"chosen", "chosen", COL_BOOL, 0, 0, 0,
     "yes: the model that the surrogate uses"},
    {"points", "points", COL_INT, 0, 0, 2, "results that it was fitted to"},
    {"folds", "folds", COL_INT, 0, 0, 3, "folds of the cross-validation"},
    {"tau", "tau", COL_REAL, 0, 4, 0,
     "Kendall's rank correlation of measured and predicted, mean of the folds"},
    {"tau_std", "std of tau", COL_REAL, 0, 4, 2,
     "its standard deviation over the folds"},
    {"rho", "rho", COL_REAL, 0, 4, 1, "Spearman's rank correlation"},
    {"rmse", "RMSE", COL_REAL, 0, -5, 0, "root mean squared error"},
    {"reason", "reason", COL_TEXT, 0, 0, 0,
     "why the model could not be fitted"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

static const struct column pair_columns[] = {
    {"target", "target", COL_TEXT, 0, 0, 0, NULL},
    {"model", "model", COL_TEXT, 0, 0, 0, NULL},
    {"point", "point", COL_INT, 0, 0, 0, NULL},
    {"measured", "measured", COL_REAL, 0, -7, 0, NULL},
    {"predicted", "predicted", COL_REAL, 0, -7, 0,
     "prediction of the model fitted without this point"},
    {"error", "error", COL_REAL, 0, -4, 0, "predicted less measured"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

struct surrogate_view {
    struct table *models, *pairs; /* NULL: not wanted */
    bool draw;
    struct chart_panel *panels;
    size_t n_panels, cap_panels;
    uint64_t shown; /* pairs of all surrogates */
    struct buf title;
};

static double *copy(const struct reals *v)
{
    return xmemdup(v->v, v->n * sizeof *v->v);
}

/* Tau counts as 0 where it is undefined, such as for a model that predicts one
 * value; rho is NAN there.  Returns the tau that is shown, NAN = undefined. */
static double shown_tau(const struct model_score *s)
{
    return isnan(s->rho) ? NAN : s->tau;
}

static char *panel_title(const struct surrogate *s)
{
    const struct model_score *v = s->scores.v;
    struct buf title = {0};
    double tau = NAN;

    for (size_t i = 0; i < s->scores.n; i++)
        if (!strcmp(v[i].model, s->model))
            tau = shown_tau(&v[i]);
    buf_addf(&title, "%s by %s", s->target, s->model);
    if (!isnan(tau))
        buf_addf(&title, ", tau %.3f", tau);
    return title.data;
}

static void add(struct surrogate_view *v, const struct surrogate *s)
{
    const struct model_score *score = s->scores.v;
    struct buf *title = &v->title;
    struct table *t = v->models;

    for (size_t i = 0; t && i < s->scores.n; i++) {
        table_text(t, s->target);
        table_text(t, score[i].model);
        table_bool(t, !strcmp(score[i].model, s->model));
        table_int(t, s->points);
        table_int(t, s->folds);
        table_real(t, shown_tau(&score[i]));
        table_real(t, isnan(score[i].rho) ? NAN : score[i].tau_std);
        table_real(t, score[i].rho);
        table_real(t, score[i].rmse);
        table_text(t, score[i].reason);
    }
    t = v->pairs;
    for (size_t i = 0; t && i < s->measured.n; i++) {
        table_text(t, s->target);
        table_text(t, s->model);
        table_int(t, (int64_t)i);
        table_real(t, s->measured.v[i]);
        table_real(t, s->predicted.v[i]);
        table_real(t, s->predicted.v[i] - s->measured.v[i]);
    }
    if (v->draw && s->measured.n) {
        GROW(v->panels, v->n_panels, v->cap_panels);
        v->panels[v->n_panels++] = (struct chart_panel){
            panel_title(s),
            copy(&s->measured),
            copy(&s->predicted),
            s->measured.n,
        };
    }
    v->shown += s->measured.n;

    /* The title reads "accuracy: 24 results, 0.4 to 0.7, 1 failed; macs:
     * ...". */
    buf_addf(title, "%s%s: %" PRId64 " results, %.4g to %.4g",
             title->len ? "; " : "", s->target, s->points, s->low, s->high);
    if (s->failed)
        buf_addf(title, ", %" PRId64 " failed", s->failed);
    if (s->duplicates)
        buf_addf(title, ", %" PRId64 " replaced", s->duplicates);
}

int report_surrogates(struct reader *r, struct record *rec,
                      const struct report_opts *o, struct report *rep,
                      struct err *e)
{
    struct surrogate_view v = {.draw = o->draw};
    int rc;

    if (o->view != VIEW_PAIRS && o->view != VIEW_DEFAULT &&
        (o->draw || o->view != VIEW_TABLE))
        return report_no_view(o, "surrogate", e);
    if (!o->draw && o->view == VIEW_PAIRS)
        v.pairs = report_table(rep, "pairs", pair_columns);
    else if (!o->draw)
        v.models = report_table(rep, "models", model_columns);
    do {
        if ((rc = reader_decode(r, rec, e)) < 0)
            break;
        add(&v, rec->data);
    } while ((rc = report_next(r, rec, o, e)) > 0);

    if (rc == 0 && (v.pairs || v.draw) && !v.shown)
        rc = err_set(e, ERR_FORMAT,
                     "no surrogate tells what was measured and predicted");
    if (rc == 0 && v.draw)
        chart_pairs(v.panels, v.n_panels, &rep->script);
    if (rc == 0 && v.models)
        table_title(v.models, v.title.data);
    if (rc == 0 && v.pairs)
        table_title(v.pairs, v.title.data);
    for (size_t i = 0; i < v.n_panels; i++) {
        free((char *)v.panels[i].title);
        free((double *)v.panels[i].measured);
        free((double *)v.panels[i].predicted);
    }
    free(v.panels);
    buf_free(&v.title);
    return rc;
}
