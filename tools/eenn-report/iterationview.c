/* SPDX-License-Identifier: MIT
 * The view of iterations: one row each, or their hypervolume drawn. */
#include <math.h>
#include <stdlib.h>

#include "libcommon/base/mem.h"
#include "tools/eenn-report/charts.h"

static const struct column reached_columns[] = {
    {"iteration", "it", COL_INT, 0, 0, 0, "iteration of the search"},
    {"candidates", "candidates", COL_INT, 0, 0, 1,
     "designs that were measured"},
    {"failed", "failed", COL_INT, 0, 0, 1, "candidates whose training failed"},
    {"feasible", "feasible", COL_INT, 0, 0, 0,
     "candidates that keep all limits"},
    {"front", "front", COL_INT, 0, 0, 1,
     "size of the front of all results so far"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

static const struct column volume_columns[] = {
    {"best_violation", "violation", COL_REAL, 0, 3, 0,
     "how far the best so far exceeds the limits, 0 = feasible"},
    {"hypervolume", "hypervolume", COL_REAL, 0, 6, 0,
     "share of the box that the results so far dominate"}};

static struct table *iteration_table(const struct results *x,
                                     struct report *rep)
{
    struct table *t = report_table(rep, "iterations", reached_columns);
    struct buf key = {0}, head = {0};

    for (size_t j = 0; j < x->objectives.n; j++) {
        const struct figure *f = results_figure(x, x->objectives.v[j].name);

        buf_clear(&key);
        buf_clear(&head);
        buf_addf(&key, "best_%s", f->name);
        buf_addf(&head, "best %s", f->best);
        table_column(t, &(struct column){key.data, head.data, COL_REAL,
                                         f->scale, f->decimals, 0,
                                         j ? "of the same result"
                                           : "of the best result so far: of "
                                             "least violation, then best in "
                                             "this objective"});
    }
    for (size_t i = 0; i < ARRAY_LEN(volume_columns); i++)
        table_column(t, &volume_columns[i]);
    buf_free(&key);
    buf_free(&head);
    return t;
}

/* Set the title: "Hypervolume up to error 1 and cost 0.4 M, as a share". */
static void volume_title(struct table *t, const struct results *x,
                         const struct reference *ref)
{
    size_t m = x->objectives.n;
    struct buf b = {0};

    buf_adds(&b, "Hypervolume up to ");
    for (size_t j = 0; j < m; j++) {
        const struct figure *f = results_figure(x, x->objectives.v[j].name);

        buf_adds(&b, j == 0 ? "" : j + 1 < m ? ", " : " and ");
        if (f->rest) {
            buf_addf(&b, "%s %.6g", f->rest, 1 - ref->worst[j]);
        } else {
            buf_addf(&b, "%s ", f->word);
            figure_add(&b, f, ref->worst[j]);
        }
    }
    buf_adds(&b, ", as a share");
    table_title(t, b.data);
    buf_free(&b);
}

int view_iterations(const struct results *x, const struct report_opts *o,
                    struct report *rep, struct err *e)
{
    struct reference ref = o->reference;
    double samples = results_samples(x);
    struct iteration *its;
    struct table *t;
    bool known;
    size_t n;

    if (results_have(x, &x->objectives, e) < 0 ||
        results_have(x, &x->drawn, e) < 0)
        return e->code;
    iterations_reference(x, &ref);
    known = iterations_volume(x, &ref, e) == 0;
    if (!known)
        err_prefix(e, "Hypervolume left out");
    if (!known && o->draw)
        return e->code;
    its = iterations_make(x, known ? &ref : NULL, &n);
    if (o->draw) {
        struct buf title = {0};

        results_about(x, &title);
        chart_iterations(title.data, its, n, &rep->script);
        buf_free(&title);
        free(its);
        return 0;
    }
    t = iteration_table(x, rep);
    for (const struct iteration *it = its; it < its + n; it++) {
        table_int(t, it->number);
        table_int(t, (int64_t)it->candidates);
        table_int(t, (int64_t)it->failed);
        table_int(t, (int64_t)it->feasible);
        table_int(t, (int64_t)it->front);
        for (size_t j = 0; j < x->objectives.n; j++)
            table_share(t, it->best[j],
                        metric_is_share(x->objectives.v[j].name) ? samples
                                                                 : NAN);
        table_real(t, it->best_violation);
        table_real(t, it->hypervolume);
    }
    if (known)
        volume_title(t, x, &ref);
    else
        table_title(t, e->text);
    free(its);
    return 0;
}
