/* SPDX-License-Identifier: MIT */
#include "tools/surrogate-fit/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

int fit_archive(const struct archive *a, char *target,
                const struct select_opts *o, struct fitted *out, struct err *e)
{
    struct selection *sel = &out->selection;
    struct surrogate *model = &out->record;
    int64_t *x = xcalloc(a->n, a->genes * sizeof *x);
    double *y = xcalloc(a->n, sizeof *y);
    struct samples s;
    int rc = 0;

    *out = (struct fitted){.measured = y};
    s = (struct samples){x, y, 0, a->genes};
    for (size_t i = 0; rc == 0 && i < a->n; i++) {
        const struct result *r = &a->v[i];

        if (r->status == RESULT_FAILED)
            continue;
        memcpy(x + s.n * s.genes, r->summary.genome.v, s.genes * sizeof *x);
        rc = result_metric(r, target, &y[s.n], e);
        if (rc == 0 && fabs(y[s.n]) > SURROGATE_MAX_VALUE)
            rc = err_set(e, ERR_FORMAT,
                         "%s is %g in a result, beyond %g: give it in a "
                         "larger unit",
                         target, y[s.n], SURROGATE_MAX_VALUE);
        s.n++;
    }
    if (rc == 0)
        rc = surrogate_select(&s, o, sel, e);
    if (rc < 0) {
        free(x);
        return rc;
    }

    *model = (struct surrogate){
        .target = target,
        .space = a->space,
        .genes = (int64_t)a->genes,
        .points = (int64_t)s.n,
        .failed = (int64_t)a->failed,
        .duplicates = (int64_t)a->duplicates,
        .low = y[0],
        .high = y[0],
        .folds = (int64_t)sel->folds,
        .pooled = sel->pooled,
        .scores = {sel->score, sel->n_scores},
        .model = arena_strdup(&out->arena, sel->ops->name),
    };
    for (size_t i = 0; i < s.n; i++) {
        model->low = fmin(model->low, y[i]);
        model->high = fmax(model->high, y[i]);
    }
    if (s.n <= PAIRS_MAX) {
        model->measured = (struct reals){y, s.n};
        model->predicted = (struct reals){sel->guess, s.n};
    }
    sel->ops->save(sel->model, &out->arena, &model->arrays);
    free(x);
    return 0;
}

void fitted_fini(struct fitted *f)
{
    selection_fini(&f->selection);
    free(f->measured);
    arena_free(&f->arena);
}
