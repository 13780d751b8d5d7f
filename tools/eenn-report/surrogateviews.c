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
    { "target", "target", COL_TEXT, 0, 0 },
    { "model", "model", COL_TEXT, 0, 0 },
    { "chosen", "chosen", COL_BOOL, 0, 0 },
    { "points", "points", COL_INT, 0, 0 },
    { "folds", "folds", COL_INT, 0, 0 },
    { "tau", "tau", COL_REAL, 0, 4 },
    { "tau_std", "std of tau", COL_REAL, 0, 4 },
    { "rho", "rho", COL_REAL, 0, 4 },
    { "rmse", "RMSE", COL_REAL, 0, -5 },
    { "reason", "reason", COL_TEXT, 0, 0 },
    { NULL, NULL, 0, 0, 0 }
};

static const struct column pair_columns[] = {
    { "target", "target", COL_TEXT, 0, 0 },
    { "model", "model", COL_TEXT, 0, 0 },
    { "point", "point", COL_INT, 0, 0 },
    { "measured", "measured", COL_REAL, 0, -7 },
    { "predicted", "predicted", COL_REAL, 0, -7 },
    { "error", "error", COL_REAL, 0, -4 },
    { NULL, NULL, 0, 0, 0 }
};

struct panels {
    struct chart_panel *v;
    size_t n, cap;
};

struct surrogate_view {
    struct table *models, *pairs;   /* NULL: not wanted */
    bool draw;
    struct panels panels;
    uint64_t shown;                 /* pairs of all surrogates */
    struct buf title;
};

static void model_rows(struct table *t, const struct surrogate *s)
{
    const struct model_score *v = s->scores.v;
    for (size_t i = 0; i < s->scores.n; i++) {
        table_text(t, s->target);
        table_text(t, v[i].model);
        table_bool(t, !strcmp(v[i].model, s->model));
        table_int(t, s->points);
        table_int(t, s->folds);
        table_real(t, v[i].tau);
        table_real(t, v[i].tau_std);
        table_real(t, v[i].rho);
        table_real(t, v[i].rmse);
        table_text(t, v[i].reason);
    }
}

static void pair_rows(struct table *t, const struct surrogate *s)
{
    for (size_t i = 0; i < s->measured.n; i++) {
        table_text(t, s->target);
        table_text(t, s->model);
        table_int(t, (int64_t)i);
        table_real(t, s->measured.v[i]);
        table_real(t, s->predicted.v[i]);
        table_real(t, s->predicted.v[i] - s->measured.v[i]);
    }
}

/* "accuracy: 24 results (0.4 to 0.7), 1 failed; macs: ..." */
static void add_title(struct buf *b, const struct surrogate *s)
{
    buf_addf(b, "%s%s: %" PRId64 " results, %.4g to %.4g", b->len ? "; " : "",
             s->target, s->points, s->low, s->high);
    if (s->failed)
        buf_addf(b, ", %" PRId64 " failed", s->failed);
    if (s->duplicates)
        buf_addf(b, ", %" PRId64 " replaced", s->duplicates);
}

static double *copy(const struct reals *v)
{
    return xmemdup(v->v, v->n * sizeof *v->v);
}

/* Names of targets come from a stream: quotes would end gnuplot's string. */
static char *panel_title(const struct surrogate *s)
{
    const struct model_score *v = s->scores.v;
    double tau = NAN;
    for (size_t i = 0; i < s->scores.n; i++)
        if (!strcmp(v[i].model, s->model))
            tau = v[i].tau;
    char *title = xasprintf("%s by %s, tau %.3f", s->target, s->model, tau);
    for (char *p = title; *p; p++)
        if (*p == '\'' || *p == '\\' || (unsigned char)*p < ' ')
            *p = ' ';
    return title;
}

static void add_panel(struct panels *p, const struct surrogate *s)
{
    if (!s->measured.n)
        return;
    GROW(p->v, p->n, p->cap);
    p->v[p->n++] = (struct chart_panel){
        panel_title(s), copy(&s->measured), copy(&s->predicted),
        s->measured.n };
}

static void free_panels(struct panels *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free((char *)p->v[i].title);
        free((double *)p->v[i].measured);
        free((double *)p->v[i].predicted);
    }
    free(p->v);
}

static void add(struct surrogate_view *v, const struct surrogate *s)
{
    if (v->models)
        model_rows(v->models, s);
    if (v->pairs)
        pair_rows(v->pairs, s);
    if (v->draw)
        add_panel(&v->panels, s);
    v->shown += s->measured.n;
    add_title(&v->title, s);
}

static int open_view(struct surrogate_view *v, const struct report_opts *o,
                     struct report *rep, struct err *e)
{
    bool pairs = o->view == VIEW_PAIRS;
    if (!pairs && o->view != VIEW_DEFAULT &&
        (o->draw || o->view != VIEW_TABLE))
        return report_no_view(o, "surrogate", e);
    v->draw = o->draw;
    if (o->draw)
        return 0;
    if (pairs)
        v->pairs = report_table(rep, "pairs", pair_columns);
    else
        v->models = report_table(rep, "models", model_columns);
    return 0;
}

static int close_view(struct surrogate_view *v, struct report *rep, struct err *e)
{
    if ((v->pairs || v->draw) && !v->shown)
        return err_set(e, ERR_FORMAT, "no surrogate tells what was measured "
                       "and predicted");
    if (v->draw)
        chart_pairs(v->panels.v, v->panels.n, &rep->script);
    if (v->models)
        table_title(v->models, v->title.data);
    if (v->pairs)
        table_title(v->pairs, v->title.data);
    return 0;
}

int report_surrogates(struct reader *r, struct record *rec,
                      const struct report_opts *o, struct report *rep,
                      struct err *e)
{
    struct surrogate_view v = { 0 };
    int rc = open_view(&v, o, rep, e);
    while (rc == 0 && (rc = reader_decode(r, rec, e)) == 0) {
        add(&v, rec->data);
        rc = reader_next_raw(r, rec, e);
        if (rc <= 0)
            break;
        rc = 0;
    }
    if (rc == 0)
        rc = close_view(&v, rep, e);
    free_panels(&v.panels);
    buf_free(&v.title);
    return rc;
}
