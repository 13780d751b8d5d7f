/* SPDX-License-Identifier: MIT
 * Models that are fitted to normal scores of the ranks of the target instead of
 * its values, so that outliers and a target that saturates do not bend what the
 * model has to follow.  A predicted score is turned back into the target's unit
 * along the line through the scores and values of the points; beyond its ends
 * the line goes on with the slope from end to end. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/stats/sort.h"
#include "libcommon/stats/stats.h"
#include "libcommon/surrogate/models.h"

struct ranked {
    const struct model_ops *ops; /* of the model within */
    void *model;
    size_t n;              /* distinct values among the points */
    double *score, *value; /* (n) both ascend strictly */
    double slope;          /* beyond the ends */
};

static void ranked_free(void *model)
{
    struct ranked *m = model;

    if (!m)
        return;
    if (m->model)
        m->ops->free(m->model);
    free(m->score);
    free(m);
}

static struct ranked *ranked_new(const struct model_ops *ops, size_t n)
{
    struct ranked *m = xcalloc(1, sizeof *m);

    m->ops = ops;
    m->n = n;
    m->score = xcalloc(n, 2 * sizeof *m->score);
    m->value = m->score + n;
    return m;
}

static void set_slope(struct ranked *m)
{
    size_t last = m->n - 1;

    m->slope = last ? (m->value[last] - m->value[0]) /
                          (m->score[last] - m->score[0])
                    : 0;
}

static int ranked_fit(const struct model_ops *ops, const struct samples *s,
                      const struct fit_opts *o, void **model, struct err *e)
{
    struct ranked *m = ranked_new(ops, s->n);
    double *score = xcalloc(s->n, sizeof *score);
    uint32_t *order = xcalloc(s->n, sizeof *order);
    struct samples scored = {s->x, score, s->n, s->genes};
    int rc;

    stats_normal_scores(s->y, s->n, score);
    sort_values(s->y, s->n, order);
    m->n = 0;
    for (size_t i = 0; i < s->n; i++) {
        double v = s->y[order[i]];

        if (m->n && m->value[m->n - 1] == v)
            continue;
        m->score[m->n] = score[order[i]];
        m->value[m->n++] = v;
    }
    set_slope(m);
    rc = ops->fit(&scored, o, &m->model, e);
    free(score);
    free(order);
    if (rc < 0) {
        m->model = NULL;
        ranked_free(m);
        return rc;
    }
    *model = m;
    return 0;
}

/* Returns the target's value at a score. */
static double value_at(const struct ranked *m, double score)
{
    size_t low = 0, high = m->n - 1;

    if (score <= m->score[low])
        return m->value[low] + m->slope * (score - m->score[low]);
    if (score >= m->score[high])
        return m->value[high] + m->slope * (score - m->score[high]);
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (m->score[middle] <= score)
            low = middle;
        else
            high = middle;
    }
    return m->value[low] + (m->value[high] - m->value[low]) *
                               (score - m->score[low]) /
                               (m->score[high] - m->score[low]);
}

static void ranked_predict(const void *model, const int64_t *genomes, size_t n,
                           double *y)
{
    const struct ranked *m = model;

    m->ops->predict(m->model, genomes, n, y);
    for (size_t i = 0; i < n; i++)
        y[i] = value_at(m, y[i]);
}

static void ranked_save(const void *model, struct arena *a, struct list *arrays)
{
    const struct ranked *m = model;
    int64_t n = (int64_t)m->n;

    m->ops->save(m->model, a, arrays);
    model_array_add(arrays, a, "rank_score", DT_F64, 1, &n, m->score);
    model_array_add(arrays, a, "rank_value", DT_F64, 1, &n, m->value);
}

static int ranked_load(const struct model_ops *ops, const struct list *arrays,
                       size_t genes, void **model, struct err *e)
{
    const struct tensor *score, *value;
    struct ranked *m;
    int rc;

    if (!(score = model_array(arrays, "rank_score", DT_F64, 1, NULL, e)) ||
        !(value = model_array(arrays, "rank_value", DT_F64, 1, score->shape,
                              e)))
        return ERR_FORMAT;
    if (score->shape[0] < 1)
        return err_set(e, ERR_FORMAT, "there are no ranks");
    m = ranked_new(ops, (size_t)score->shape[0]);
    memcpy(m->score, score->data, tensor_bytes(score));
    memcpy(m->value, value->data, tensor_bytes(value));
    for (size_t i = 1; i < m->n; i++)
        if (!(m->score[i - 1] < m->score[i] && m->value[i - 1] < m->value[i])) {
            ranked_free(m);
            return err_set(e, ERR_FORMAT, "ranks do not ascend at %zu", i);
        }
    set_slope(m);
    if ((rc = ops->load(arrays, genes, &m->model, e)) < 0) {
        m->model = NULL;
        ranked_free(m);
        return rc;
    }
    *model = m;
    return 0;
}

static int rbf_scores_fit(const struct samples *s, const struct fit_opts *o,
                          void **model, struct err *e)
{
    return ranked_fit(&model_rbf, s, o, model, e);
}

static int rbf_scores_load(const struct list *arrays, size_t genes,
                           void **model, struct err *e)
{
    return ranked_load(&model_rbf, arrays, genes, model, e);
}

const struct model_ops model_rank_rbf = {
    .name = "rank-rbf",
    .doc = "rbf of normal scores of the target's ranks",
    .fit = rbf_scores_fit,
    .predict = ranked_predict,
    .save = ranked_save,
    .load = rbf_scores_load,
    .free = ranked_free,
};

static int gp_scores_fit(const struct samples *s, const struct fit_opts *o,
                         void **model, struct err *e)
{
    return ranked_fit(&model_gp, s, o, model, e);
}

static int gp_scores_load(const struct list *arrays, size_t genes, void **model,
                          struct err *e)
{
    return ranked_load(&model_gp, arrays, genes, model, e);
}

const struct model_ops model_rank_gp = {
    .name = "rank-gp",
    .doc = "gp of normal scores of the target's ranks",
    .fit = gp_scores_fit,
    .predict = ranked_predict,
    .save = ranked_save,
    .load = gp_scores_load,
    .free = ranked_free,
};
