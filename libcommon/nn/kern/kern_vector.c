/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/kern/kern_scalar.h"

void scalar_add(size_t n, const real *x, real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}

void scalar_mul(size_t n, const real *x, const real *y, real *z)
{
    for (size_t i = 0; i < n; i++)
        z[i] = x[i] * y[i];
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
