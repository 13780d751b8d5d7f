/* SPDX-License-Identifier: MIT
 * Adaptive switching between surrogate models. */
#include "libcommon/surrogate/surrogate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/stats/stats.h"

#define POOL_BELOW 10 /* points in a fold */

/* Samples in a random order, cut into folds of sizes that differ by one at
 * most: fold k holds [bound(k), bound(k + 1)). */
struct folds {
    const struct samples *all;
    uint32_t *order;
    size_t n;   /* folds */
    int64_t *x; /* the training part, (all->n, genes) */
    double *y;
    double *guess; /* (all->n) out-of-fold, by place in order */
    double *truth; /* (all->n) likewise */
};

static size_t bound(const struct folds *f, size_t k)
{
    return k * f->all->n / f->n;
}

static int fit(const struct model_ops *ops, const struct samples *s,
               const struct select_opts *o, void **model, struct err *e)
{
    int rc = ops->fit(s, &o->fit, model, e);

    if (o->tick)
        o->tick(o->ctx);
    return rc;
}

static int predict_folds(struct folds *f, const struct model_ops *ops,
                         const struct select_opts *o, struct err *e)
{
    size_t genes = f->all->genes;

    for (size_t k = 0; k < f->n; k++) {
        struct samples train = {f->x, f->y, 0, genes};
        size_t first = bound(f, k), n = bound(f, k + 1) - first;
        void *model;
        int rc;

        for (size_t i = 0; i < f->all->n; i++) {
            if (i >= first && i < first + n)
                continue;
            memcpy(f->x + train.n * genes, f->all->x + f->order[i] * genes,
                   genes * sizeof *f->x);
            f->y[train.n++] = f->truth[i];
        }
        if ((rc = fit(ops, &train, o, &model, e)) < 0)
            return rc;
        /* The samples of the fit are not needed any more, so f->x takes the
         * genomes of the fold. */
        for (size_t i = 0; i < n; i++)
            memcpy(f->x + i * genes, f->all->x + f->order[first + i] * genes,
                   genes * sizeof *f->x);
        ops->predict(model, f->x, n, f->guess + first);
        ops->free(model);
    }
    for (size_t i = 0; i < f->all->n; i++)
        if (!isfinite(f->guess[i]))
            return err_set(e, ERR_ARG, "predictions are not finite");
    return 0;
}

static double tau_or_zero(const double *a, const double *b, size_t n)
{
    double tau = stats_kendall(a, b, n);

    return isnan(tau) ? 0 : tau;
}

/* Score one model and, if it is the best so far, keep it, fitted to all
 * samples. */
static void try_model(struct folds *f, const struct model_ops *ops,
                      const struct select_opts *o, struct selection *out,
                      double *best)
{
    struct model_score *score = &out->score[out->n_scores++];
    size_t n = f->all->n;
    struct err why = {0};
    double *tau;
    void *model;

    *score = (struct model_score){
        .model = xstrdup(ops->name),
        .tau = NAN,
        .tau_std = NAN,
        .rho = NAN,
        .rmse = NAN,
    };
    if (predict_folds(f, ops, o, &why) < 0 ||
        fit(ops, f->all, o, &model, &why) < 0) {
        score->reason = xstrdup(why.text);
        return;
    }
    score->fitted = true;
    score->tau = tau_or_zero(f->truth, f->guess, n);
    score->tau_std = 0;
    if (!out->pooled) {
        tau = xcalloc(f->n, sizeof *tau);
        for (size_t k = 0; k < f->n; k++)
            tau[k] = tau_or_zero(f->truth + bound(f, k), f->guess + bound(f, k),
                                 bound(f, k + 1) - bound(f, k));
        score->tau = stats_mean(tau, f->n);
        score->tau_std = stats_std_all(tau, f->n);
        free(tau);
    }
    score->rho = stats_spearman(f->truth, f->guess, n);
    score->rmse = stats_rmse(f->truth, f->guess, n);
    if (out->ops && !(score->tau - score->tau_std > *best)) {
        ops->free(model);
        return;
    }
    if (out->ops)
        out->ops->free(out->model);
    out->ops = ops;
    out->model = model;
    for (size_t i = 0; i < n; i++) /* in the order of the samples */
        out->guess[f->order[i]] = f->guess[i];
    *best = score->tau - score->tau_std;
}

int surrogate_select(const struct samples *s, const struct select_opts *o,
                     struct selection *out, struct err *e)
{
    const struct model_ops *const *models = o->models;
    struct folds f = {.all = s};
    struct rng r = rng_make(o->fit.seed, "folds", 0, 0);
    double best = 0;

    *out = (struct selection){.folds = o->folds < s->n ? o->folds : s->n};
    if (s->n < SURROGATE_MIN_POINTS)
        return err_set(e, ERR_FORMAT,
                       "%zu measured points: a model needs at least %d", s->n,
                       SURROGATE_MIN_POINTS);
    out->pooled = s->n / out->folds < POOL_BELOW;
    out->guess = xcalloc(s->n, sizeof *out->guess);
    f.n = (size_t)out->folds;
    f.order = xcalloc(s->n, sizeof *f.order);
    f.x = xcalloc(s->n, s->genes * sizeof *f.x);
    f.y = xcalloc(s->n, sizeof *f.y);
    f.guess = xcalloc(s->n, sizeof *f.guess);
    f.truth = xcalloc(s->n, sizeof *f.truth);
    for (size_t i = 0; i < s->n; i++)
        f.order[i] = (uint32_t)i;
    rng_shuffle(&r, f.order, s->n);
    for (size_t i = 0; i < s->n; i++)
        f.truth[i] = s->y[f.order[i]];
    for (size_t i = 0; models[i]; i++) {
        BUG_IF(i == MODELS_MAX);
        try_model(&f, models[i], o, out, &best);
    }
    free(f.order);
    free(f.x);
    free(f.y);
    free(f.guess);
    free(f.truth);
    if (out->ops)
        return 0;
    err_set(e, ERR_FORMAT, "no model can be fitted: %s: %s",
            out->score[0].model, out->score[0].reason);
    selection_fini(out);
    return e->code;
}

void selection_fini(struct selection *s)
{
    if (s->ops)
        s->ops->free(s->model);
    free(s->guess);
    for (size_t i = 0; i < s->n_scores; i++) {
        free(s->score[i].model);
        free(s->score[i].reason);
    }
    *s = (struct selection){0};
}
