/* SPDX-License-Identifier: MIT
 * Models that predict one metric of a network from its genome are fitted here,
 * and the best of them is chosen.
 *
 * A model's input is the genome as it is: one choice index per gene, 0 for
 * unused genes.  Each model is a row of models_all; a fitted one turns into
 * named arrays and back, so that a stream carries any of them alike.
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
#define SURROGATE_MAX_VALUE 1e150 /* of a target: its square is a number, too */

/* The points that a model is fitted to; the arrays are borrowed. */
struct samples {
    const int64_t *x; /* (n, genes) row-major, 0 .. GENE_CHOICES_MAX-1 */
    const double *y;  /* (n) */
    size_t n, genes;
};

struct fit_opts {
    uint64_t seed;
    uint64_t trees;  /* of the cart ensemble */
    uint64_t hidden; /* units of each hidden layer of mlp; 0 = 300 */
};

/* One of the arrays that a fitted model is saved as. */
struct model_array {
    char *name;
    struct tensor value;
};

struct model_ops {
    const char *name;
    const char *doc; /* one line */

    /* Fit *model (owned, ->free).  Returns 0, or ERR_ARG with the reason when
     * these samples cannot be fitted. */
    int (*fit)(const struct samples *s, const struct fit_opts *o, void **model,
               struct err *e);
    /* Set y (n) to the predictions for genomes (n, genes).  One call for many
     * genomes is faster than a call for each, and gives the same. */
    void (*predict)(const void *model, const int64_t *genomes, size_t n,
                    double *y);

    /* Fill the list with struct model_array, in the arena. */
    void (*save)(const void *model, struct arena *a, struct list *arrays);
    /* Make a model (owned, ->free) of such arrays.  They come from a stream:
     * ERR_FORMAT says what is wrong with them. */
    int (*load)(const struct list *arrays, size_t genes, void **model,
                struct err *e);
    void (*free)(void *model); /* NULL is fine */
};

extern const struct model_ops *const models_all[];    /* NULL-terminated */
const struct model_ops *model_find(const char *name); /* NULL = none */

/* Set v (MODELS_MAX + 1) to the models that text names, in the order of
 * models_all, and a NULL.  text has names with commas between; "auto" stands for
 * rbf, gp, cart and mlp.  ERR_ARG names an unknown one. */
int models_parse(const char *text, const struct model_ops **v,
                 struct err *e) MUST_CHECK;

/* How well a model predicts points that it was not fitted to, by
 * cross-validation. */
struct model_score {
    char *model;
    bool fitted; /* false = dropped, and why: */
    char *reason;
    double tau;     /* Kendall's tau-b: mean over folds, or pooled */
    double tau_std; /* population std over folds; 0 when pooled */
    double rho;     /* Spearman's, all points */
    double rmse;    /* all points, in the target's unit */
};

struct select_opts {
    struct fit_opts fit;
    uint64_t folds;
    const struct model_ops *const *models; /* to choose among,
                                     * NULL-terminated */
    void (*tick)(void *ctx); /* after each of the (folds + 1) fits of
                                     * a model, for progress; may be NULL */
    void *ctx;
};

struct selection {
    const struct model_ops *ops; /* the winner, fitted to all samples */
    void *model;
    struct model_score score[MODELS_MAX]; /* every model tried */
    size_t n_scores;
    double *guess;  /* (n) the winner's out-of-fold predictions, in
                             * the order of the samples */
    uint64_t folds; /* at most the number of samples */
    bool pooled;    /* folds under 10 points: one tau over all
                             * out-of-fold predictions */
};

/* Adaptive switching (D14): each model is cross-validated, and the one with the
 * largest mean - std of tau is fitted to all samples.  A tau that does not
 * exist (constant predictions) counts as 0.  A model that cannot be fitted is
 * dropped with its reason.  Returns 0, or ERR_FORMAT with fewer than
 * SURROGATE_MIN_POINTS samples or when no model is left. */
int surrogate_select(const struct samples *s, const struct select_opts *o,
                     struct selection *out, struct err *e) MUST_CHECK;
void selection_fini(struct selection *s);

/* A record holds the measured and predicted values of all points, or of none
 * where there are more points than this. */
#define PAIRS_MAX 10000

/* The record `surrogate` is one fitted model of one metric. */
struct surrogate {
    char *target; /* a name result_metric knows */
    char *space;  /* spec, NULL = unknown */
    int64_t genes;
    int64_t points;     /* fitted to */
    int64_t failed;     /* results left out: no metrics */
    int64_t duplicates; /* results left out: a later one came */
    double low, high;   /* of the target among the points */
    int64_t folds;
    bool pooled;
    struct list scores;     /* struct model_score */
    char *model;            /* which one is below */
    struct reals measured;  /* (points) the target, or none: see PAIRS_MAX */
    struct reals predicted; /* (points) out of fold, by the chosen model */
    struct list arrays;     /* struct model_array */
};

#endif
