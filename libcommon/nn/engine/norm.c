/* SPDX-License-Identifier: MIT
 * Batch norm is an epilogue, which kernels apply: only its scale and shift and
 * the coefficients of its gradient are computed here. */
#include "libcommon/nn/engine/norm.h"

#include <math.h>
#include <string.h>

#include "libcommon/nn/engine/pass.h"
#include "libcommon/nn/graph/fold.h"

#define MOMENTUM 0.1

void norm_begin(const struct plan_node *n, int shard)
{
    if (n->sums)
        memset(sums_of(n, shard), 0, 2 * n->c * sizeof *n->sums);
}

void norm_collect(const struct engine_pass *p, const struct plan_node *n,
                  int shard, size_t first, size_t rows)
{
    if (!n->norm || !p->batch_stats)
        return;
    double *sums = sums_of(n, shard);
    p->k->sums(rows, n->c, n->y + first * n->c, sums, sums + n->c);
}

static double merged(const struct engine_pass *p, const struct plan_node *n,
                     size_t i)
{
    double sum = 0;

    for (int s = 0; s < p->plan->opts.shards; s++)
        sum += sums_of(n, s)[i];
    return sum;
}

static double bias_of(const struct plan_node *n, size_t i)
{
    return n->bias ? (double)n->bias[i] : 0;
}

/* Updates the running statistics, or a calibration's sums, of channel i.  y is
 * stored without the layer's bias.  In front of batch norm a bias moves the
 * mean and nothing else, so it is added to the mean here. */
static void update(const struct engine_pass *p, const struct plan_node *n,
                   size_t i, double mean, double var, double count)
{
    struct norm *m = n->norm;
    double unbiased = count > 1 ? var * count / (count - 1) : var;

    mean += bias_of(n, i);
    if (p->update_running) {
        m->mean[i] = (real)((1 - MOMENTUM) * (double)m->mean[i] +
                            MOMENTUM * mean);
        m->var[i] = (real)((1 - MOMENTUM) * (double)m->var[i] +
                           MOMENTUM * unbiased);
    }
    if (p->calibrating) {
        m->cal_mean[i] += p->n * mean;
        m->cal_var[i] += p->n * var;
    }
}

void norm_forward(const struct engine_pass *p, const struct plan_node *n)
{
    struct norm *m = n->norm;
    double count = (double)p->n * (double)n->rows;

    if (!m || !p->batch_stats)
        return;
    for (size_t i = 0; i < n->c; i++) {
        double mean = merged(p, n, i) / count;
        double var = merged(p, n, n->c + i) / count - mean * mean;
        if (var < 0)
            var = 0;
        double rstd = 1 / sqrt(var + NORM_EPSILON);
        m->batch_mean[i] = mean;
        m->batch_rstd[i] = rstd;
        m->scale[i] = (real)((double)m->gamma[i] * rstd);
        m->shift[i] = (real)((double)m->beta[i] -
                             mean * rstd * (double)m->gamma[i]);
        update(p, n, i, mean, var, count);
    }
}

void norm_eval(const struct plan_node *n)
{
    struct norm *m = n->norm;

    if (!m)
        return;
    for (size_t i = 0; i < n->c; i++) {
        struct folded f = fold_norm((double)m->gamma[i], (double)m->beta[i],
                                    (double)m->mean[i], (double)m->var[i],
                                    bias_of(n, i));

        m->scale[i] = (real)f.scale;
        m->shift[i] = (real)f.shift;
    }
}

/* Computes the gradients of channel i.  With x^ = (y - mean) r, z = gamma x^ +
 * beta, S1 = sum d and S2 = sum d x^ over m rows,
 *     dy = gamma r (d - S1 / m - x^ S2 / m)
 * which is written as a d + b y + s. */
static void backward_channel(const struct engine_pass *p,
                             const struct plan_node *n, size_t i)
{
    struct norm *m = n->norm;
    double count = (double)p->n * (double)n->rows;
    double r = m->batch_rstd[i], mean = m->batch_mean[i];
    double s1 = merged(p, n, i);
    double s2 = r * (merged(p, n, n->c + i) - mean * s1);
    double a = (double)m->gamma[i] * r, b = -a * r * s2 / count;

    m->dgamma[i] = (real)s2;
    m->dbeta[i] = (real)s1;
    m->a[i] = (real)a;
    m->b[i] = (real)b;
    m->s[i] = (real)(-a * s1 / count - b * mean);
}

void norm_gradient(const struct engine_pass *p, const struct plan_node *n)
{
    for (size_t i = 0; n->norm && i < n->c; i++)
        backward_channel(p, n, i);
    for (size_t i = 0; n->bias && i < n->c; i++)
        n->dbias[i] = n->norm ? 0 : (real)merged(p, n, i);
}
