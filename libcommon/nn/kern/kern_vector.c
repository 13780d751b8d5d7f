/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/kern/kern_scalar.h"

#include <math.h>

void scalar_add(size_t n, const real *x, real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}

void scalar_reduce(size_t n, size_t count, const real *const *parts, real *out)
{
    for (size_t i = 0; i < n; i++) {
        real s = parts[0][i];
        for (size_t p = 1; p < count; p++)
            s += parts[p][i];
        out[i] = s;
    }
}

void scalar_sgd(const struct sgd_rule *s, size_t n, const real *g, real *v,
                real *w)
{
    for (size_t i = 0; i < n; i++) {
        real d = g[i] + s->decay * w[i];
        v[i] = s->momentum * v[i] + d;
        w[i] -= s->lr * (s->nesterov ? d + s->momentum * v[i] : v[i]);
    }
}

/* One row; returns the loss.  Sums in double, so that it is exact to the
 * precision of the logits. */
static double softmax_row(size_t n, const real *x, int32_t label, double eps,
                          real *prob)
{
    double top = x[0], sum = 0, all = 0;

    for (size_t i = 1; i < n; i++)
        top = x[i] > top ? x[i] : top;
    for (size_t i = 0; i < n; i++) {
        sum += exp(x[i] - top);
        all += x[i];
    }
    double log_sum = top + log(sum);
    if (prob)
        for (size_t i = 0; i < n; i++)
            prob[i] = (real)exp(x[i] - log_sum);
    return log_sum - (1 - eps) * x[label] - eps / n * all;
}

void scalar_softmax(size_t rows, size_t classes, const real *logits, size_t ld,
                    const int32_t *label, double eps, real *prob, double *loss)
{
    for (size_t r = 0; r < rows; r++) {
        double l = softmax_row(classes, logits + r * ld, label ? label[r] : 0,
                               eps, prob ? prob + r * classes : NULL);
        if (loss)
            loss[r] = l;
    }
}
