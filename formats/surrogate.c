/* SPDX-License-Identifier: MIT */
#include "formats/surrogate.h"

#include <math.h>
#include <string.h>

#include "formats/summary.h"
#include "libcommon/search/result.h"
#include "libcommon/space/genes.h"

#define ARRAYS_MAX 64

static const struct field score_fields[] = {
    FIELD(model_score, model, F_STR, "", "name of the model", .max_count = 64),
    FIELD(model_score, fitted, F_BOOL, "",
          "false: the model could not be fitted and was not considered"),
    FIELD(model_score, reason, F_STR, "", "why the model could not be fitted",
          .max_count = 1024, .flags = F_OPT | F_NIL),
    FIELD(model_score, tau, F_REAL, "",
          "Kendall's tau-b of out-of-fold predictions: mean over the folds or, "
          "if pooled, over the predictions of all folds together",
          .min = -1, .max = 1, .flags = F_NIL),
    FIELD(model_score, tau_std, F_REAL, "",
          "population standard deviation of tau over the folds; 0 if pooled",
          .max = 1, .flags = F_NIL),
    FIELD(model_score, rho, F_REAL, "",
          "Spearman's rho of all out-of-fold predictions; nil if they are "
          "constant",
          .min = -1, .max = 1, .flags = F_NIL),
    FIELD(model_score, rmse, F_REAL, "of the target",
          "root mean squared error of the out-of-fold predictions",
          .max = 1e300, .flags = F_NIL),
    FIELD_END,
};

static const struct schema schema_score = {
    .size = sizeof(struct model_score),
    .fields = score_fields,
};

static const struct field array_fields[] = {
    FIELD(model_array, name, F_STR, "", "name of the array in the model",
          .max_count = 64),
    FIELD(model_array, value, F_TENSOR, "", "numbers of the array"),
    FIELD_END,
};

static const struct schema schema_array = {
    .size = sizeof(struct model_array),
    .fields = array_fields,
};

/* Loading the model finds out whether the arrays make one. */
static int check_surrogate(const void *data, struct err *e)
{
    const struct surrogate *s = data;
    const struct model_ops *ops = model_find(s->model);
    const struct model_score *v = s->scores.v;
    bool fitted = false;
    void *model;
    int rc;

    for (size_t i = 0; !fitted && i < s->scores.n; i++) {
        if (v[i].fitted && (isnan(v[i].tau) || isnan(v[i].rmse)))
            return err_set(e, ERR_FORMAT, "model %s is fitted and has no score",
                           v[i].model);
        fitted = v[i].fitted && !strcmp(v[i].model, s->model);
    }
    if (!fitted)
        return err_set(e, ERR_FORMAT, "model %s is not among the fitted ones",
                       s->model);
    if (s->measured.n != s->predicted.n)
        return err_set(e, ERR_FORMAT, "%zu measured and %zu predicted",
                       s->measured.n, s->predicted.n);
    if (s->measured.n && s->measured.n != (size_t)s->points)
        return err_set(e, ERR_FORMAT, "%zu measured of %zu points",
                       s->measured.n, (size_t)s->points);
    if (!ops)
        return err_set(e, ERR_FORMAT, "there is no model called %s", s->model);
    rc = ops->load(&s->arrays, (size_t)s->genes, &model, e);
    if (rc < 0)
        return rc;
    ops->free(model);
    return 0;
}

static const struct field surrogate_fields[] = {
    FIELD(surrogate, target, F_STR, "", "metric that the model predicts",
          .max_count = METRIC_NAME_MAX),
    FIELD(surrogate, space, F_STR, "", "spec of the space",
          .max_count = SPEC_MAX, .flags = F_OPT | F_NIL),
    FIELD(surrogate, genes, F_INT, "", "length of a genome", .min = 1,
          .max = GENES_MAX),
    FIELD(surrogate, points, F_INT, "",
          "number of results that the model is fitted to", .max = INT_EXACT),
    FIELD(surrogate, failed, F_INT, "",
          "number of results left out because they have no metrics",
          .max = INT_EXACT),
    FIELD(
        surrogate, duplicates, F_INT, "",
        "number of results left out because a later result has the same genome",
        .max = INT_EXACT),
    FIELD(surrogate, low, F_REAL, "of the target",
          "smallest value among the points"),
    FIELD(surrogate, high, F_REAL, "of the target",
          "largest value among the points"),
    FIELD(surrogate, folds, F_INT, "",
          "number of folds of the cross-validation", .min = 2,
          .max = INT_EXACT),
    FIELD(
        surrogate, pooled, F_BOOL, "",
        "whether the folds were too small, so that tau is over the predictions "
        "of all folds together"),
    FIELD(surrogate, scores, F_LIST, "", "scores of every model tried",
          .sub = &schema_score, .max_count = MODELS_MAX),
    FIELD(surrogate, model, F_STR, "", "name of the chosen model",
          .max_count = 64),
    FIELD(surrogate, measured, F_REALS, "(points)",
          "values of the target, in the order of the results; left out beyond "
          "10000 points",
          .max_count = PAIRS_MAX, .flags = F_OPT, .since = "1.1"),
    FIELD(surrogate, predicted, F_REALS, "(points)",
          "out-of-fold predictions of the chosen model", .max_count = PAIRS_MAX,
          .flags = F_OPT, .since = "1.1"),
    FIELD(surrogate, arrays, F_LIST, "",
          "the chosen model, fitted to all points", .sub = &schema_array,
          .max_count = ARRAYS_MAX),
    FIELD_END,
};

const struct schema schema_surrogate = {
    .type = "surrogate",
    .size = sizeof(struct surrogate),
    .fields = surrogate_fields,
    .check = check_surrogate,
};

static const struct schema *const records[] = {&schema_surrogate, NULL};

const struct kind kind_surrogate = {
    .id = {"surrogate", 1, 2},
    .doc = "a model that predicts a metric from a genome",
    .records = records,
};
