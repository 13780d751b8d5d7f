/* SPDX-License-Identifier: MIT
 * Models that predict a figure from a genome, and the choice between them.
 *
 * Input is the genome as it stands: one choice index per gene, unused slots 0.
 * Each model is a row of models_all; what is fitted turns into named arrays
 * and back, so that a stream carries any of them alike.
 *
 * Example (const struct samples *samples, const struct select_opts *opts,
 *          const int64_t *genomes, size_t n, double *y, struct err *e):
 *     struct selection sel;
 *
 *     if (surrogate_select(samples, opts, &sel, e) < 0)
 *         return e->code;
 *     sel.ops->predict(sel.model, genomes, n, y);
 *     selection_fini(&sel);
 */
#ifndef SURROGATE_SURROGATE_H
#define SURROGATE_SURROGATE_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/base/arena.h"
#include "libcommon/base/err.h"
#include "libcommon/base/values.h"

#define SURROGATE_MIN_POINTS 8
#define MODELS_MAX 8

/* What is fitted to; borrowed. */
struct samples {
    const int64_t *x;       /* (n, genes) row-major, 0 .. GENE_CHOICES_MAX-1 */
    const double *y;        /* (n) */
    size_t n, genes;
};

struct fit_opts {
    uint64_t seed;
    uint64_t trees;         /* of the cart ensemble */
    uint64_t hidden;        /* units of each hidden layer of mlp; 0 = 300 */
};

/* Part of a fitted model. */
struct model_array {
    char *name;
    struct tensor value;
};

struct model_ops {
    const char *name;
    const char *doc;        /* one line */

    /* *model is owned (->free).  ERR_ARG when these samples cannot be fitted,
     * with the reason. */
    int (*fit)(const struct samples *s, const struct fit_opts *o,
               void **model, struct err *e);
    /* genomes (n, genes) -> y (n); many at once are faster than each alone,
     * and give the same. */
    void (*predict)(const void *model, const int64_t *genomes, size_t n,
                    double *y);

    /* Fill list with struct model_array, in the arena. */
    void (*save)(const void *model, struct arena *a, struct list *arrays);
    /* The way back; believes nothing.  ERR_FORMAT. */
    int (*load)(const struct list *arrays, size_t genes, void **model,
                struct err *e);
    void (*free)(void *model);  /* NULL is fine */
};

extern const struct model_ops *const models_all[];  /* NULL-terminated */
const struct model_ops *model_find(const char *name);   /* NULL = none */

/* "auto", all of them, or names with commas between: rows of models_all, in its
 * order, NULL-terminated, into v (MODELS_MAX + 1).  ERR_ARG names an unknown
 * one. */
int models_parse(const char *text, const struct model_ops **v,
                 struct err *e) MUST_CHECK;

/* What cross-validation says of a model: predictions of points it has not
 * been fitted to. */
struct model_score {
    char *model;
    bool fitted;            /* false = dropped, and why: */
    char *reason;
    double tau;             /* Kendall's tau-b: mean over folds, or pooled */
    double tau_std;         /* population std over folds; 0 when pooled */
    double rho;             /* Spearman's, all points */
    double rmse;            /* all points, in the target's unit */
};

struct select_opts {
    struct fit_opts fit;
    uint64_t folds;
    const struct model_ops *const *models;  /* to choose among,
                                     * NULL-terminated; NULL = models_all */
    void (*tick)(void *ctx);        /* after each of the (folds + 1) fits of
                                     * a model, for progress; may be NULL */
    void *ctx;
};

struct selection {
    const struct model_ops *ops;    /* the winner, fitted to all samples */
    void *model;
    struct model_score score[MODELS_MAX];   /* every model tried */
    size_t n_scores;
    double *guess;          /* (n) the winner's out-of-fold predictions, in
                             * the order of the samples */
    uint64_t folds;         /* at most the number of samples */
    bool pooled;            /* folds under 10 points: one tau over all
                             * out-of-fold predictions (D14) */
};

/* Adaptive switching (D14): cross-validate each model, take the one with the
 * largest mean - std of tau, fit it to everything.  A tau that does not exist
 * (constant predictions) counts as 0.  A model that cannot be fitted is
 * dropped with its reason.  ERR_FORMAT with fewer than SURROGATE_MIN_POINTS
 * samples or when no model is left. */
int surrogate_select(const struct samples *s, const struct select_opts *o,
                     struct selection *out, struct err *e) MUST_CHECK;
void selection_fini(struct selection *s);

/* A record holds at most so many pairs of measured and predicted; of more
 * points there are none. */
#define PAIRS_MAX 10000

/* Record `surrogate`: one fitted model of one figure. */
struct surrogate {
    char *target;           /* a name result_metric knows */
    char *space;            /* spec, NULL = unknown */
    int64_t genes;
    int64_t points;         /* fitted to */
    int64_t failed;         /* results left out: no figures */
    int64_t duplicates;     /* results left out: a later one came */
    double low, high;       /* of the target among the points */
    int64_t folds;
    bool pooled;
    struct list scores;     /* struct model_score */
    char *model;            /* which one is below */
    struct reals measured;  /* (points) the target, or none: see PAIRS_MAX */
    struct reals predicted; /* (points) out of fold, by the chosen model */
    struct list arrays;     /* struct model_array */
};

#endif
