/* SPDX-License-Identifier: MIT */
#include "libcommon/surrogate/dense.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/surrogate/matmul.h"

#ifdef REAL_DOUBLE
#define MATMUL matmul_f64
#define MATRIX struct matrix_f64
#else
#define MATMUL matmul_f32
#define MATRIX struct matrix_f32
#endif
#define PREDICT_ROWS 64

void dense_init(struct dense *d, size_t layers, const size_t *width)
{
    real *at;

    BUG_IF(layers < 1 || layers > DENSE_LAYERS_MAX || width[layers] != 1);
    *d = (struct dense){.layers = layers};
    memcpy(d->width, width, (layers + 1) * sizeof *width);
    for (size_t l = 0; l < layers; l++)
        d->count += (width[l] + 1) * width[l + 1];
    at = d->params = xcalloc(d->count, sizeof *at);
    for (size_t l = 0; l < layers; l++) {
        d->weight[l] = at;
        at += width[l] * width[l + 1];
        d->bias[l] = at;
        at += width[l + 1];
    }
}

void dense_fini(struct dense *d)
{
    free(d->params);
    *d = (struct dense){0};
}

/* Set v to 0 where gate is not above 0.  This works on vectors, since about
 * half of the units are off and no branch predictor knows which. */
static void keep_positive(size_t n, const real *gate, real *v)
{
    typedef real vec __attribute__((vector_size(16)));
    typedef int64_t bits __attribute__((vector_size(16)));
    size_t i = 0;

    for (; i + sizeof(vec) / sizeof *v <= n; i += sizeof(vec) / sizeof *v) {
        vec a, g;

        memcpy(&a, v + i, sizeof a);
        memcpy(&g, gate + i, sizeof g);
        a = (vec)((bits)a & (bits)(g > 0));
        memcpy(v + i, &a, sizeof a);
    }
    for (; i < n; i++)
        v[i] = gate[i] > 0 ? v[i] : 0;
}

/* Set z (rows, width[l + 1]) to x w + b, with ReLU except in the last layer. */
static void layer(const struct dense *d, size_t l, size_t rows, const real *x,
                  real *z)
{
    size_t in = d->width[l], out = d->width[l + 1];

    for (size_t i = 0; i < rows; i++)
        memcpy(z + i * out, d->bias[l], out * sizeof *z);
    MATMUL(MATMUL_ADD, rows, out, in, (MATRIX){x, in, 1},
           (MATRIX){d->weight[l], out, 1}, z, out);
    if (l + 1 < d->layers)
        keep_positive(rows * out, z, z);
}

void dense_predict(const struct dense *d, size_t n, const real *x, real *y)
{
    size_t widest = 1, half;
    real *z;

    for (size_t l = 1; l <= d->layers; l++)
        if (d->width[l] > widest)
            widest = d->width[l];
    half = PREDICT_ROWS * widest;
    z = xcalloc(2 * half, sizeof *z);
    for (size_t i = 0; i < n; i += PREDICT_ROWS) {
        size_t rows = n - i < PREDICT_ROWS ? n - i : PREDICT_ROWS;
        const real *from = x + i * d->width[0];

        for (size_t l = 0; l < d->layers; l++) {
            real *to = l + 1 < d->layers ? z + l % 2 * half : y + i;

            layer(d, l, rows, from, to);
            from = to;
        }
    }
    free(z);
}

/* ---- training ---- */

void trainer_init(struct trainer *t, const struct dense *d, size_t rows)
{
    size_t units = 0;
    real *at;

    for (size_t l = 1; l <= d->layers; l++)
        units += d->width[l];
    *t = (struct trainer){.rows = rows};
    at = t->block = xcalloc(2 * units * rows + 3 * d->count, sizeof *at);
    for (size_t l = 0; l < d->layers; l++) {
        t->z[l] = at;
        at += rows * d->width[l + 1];
        t->dz[l] = at;
        at += rows * d->width[l + 1];
    }
    t->grad = at;
    t->first = t->grad + d->count;
    t->second = t->first + d->count;
}

void trainer_fini(struct trainer *t)
{
    free(t->block);
    *t = (struct trainer){0};
}

static void multiply(real *v, const real *factor, size_t n)
{
    for (size_t i = 0; factor && i < n; i++)
        v[i] *= factor[i];
}

double dense_gradient(const struct dense *d, struct trainer *t, size_t rows,
                      const real *x, const real *y, const real *keep)
{
    const real *out = t->z[d->layers - 1];
    real *dout = t->dz[d->layers - 1];
    double loss = 0;

    BUG_IF(rows > t->rows);
    for (size_t l = 0; l < d->layers; l++) {
        layer(d, l, rows, l ? t->z[l - 1] : x, t->z[l]);
        if (l + 2 == d->layers)
            multiply(t->z[l], keep, rows * d->width[l + 1]);
    }
    for (size_t i = 0; i < rows; i++) {
        double r = (double)out[i] - (double)y[i];

        loss += fabs(r) < 1 ? r * r / 2 : fabs(r) - 0.5;
        dout[i] = (real)(fmax(-1, fmin(1, r)) / (double)rows);
    }

    /* From t->dz[l] come the gradients of layer l's parameters, and
     * t->dz[l - 1]. */
    for (size_t l = d->layers; l-- > 0;) {
        size_t in = d->width[l], units = d->width[l + 1];
        real *dw = t->grad + (d->weight[l] - d->params);
        real *db = t->grad + (d->bias[l] - d->params), *dx;

        MATMUL(MATMUL_SET, in, units, rows,
               (MATRIX){l ? t->z[l - 1] : x, 1, in},
               (MATRIX){t->dz[l], units, 1}, dw, units);
        memset(db, 0, units * sizeof *db);
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < units; j++)
                db[j] += t->dz[l][i * units + j];
        if (!l)
            break;
        dx = t->dz[l - 1];
        MATMUL(MATMUL_SET, rows, in, units, (MATRIX){t->dz[l], units, 1},
               (MATRIX){d->weight[l], 1, units}, dx, in);
        if (l + 1 == d->layers)
            multiply(dx, keep, rows * in);
        keep_positive(rows * in, t->z[l - 1], dx);
    }
    return loss / (double)rows;
}

void dense_adam(struct dense *d, struct trainer *t, double lr)
{
    real rate, scale;
    size_t i = 0;

    t->steps++;
    rate = (real)(lr / (1 - pow(0.9, (double)t->steps)));
    scale = (real)(1 / sqrt(1 - pow(0.999, (double)t->steps)));
#if defined(__SSE2__) && !defined(REAL_DOUBLE)
    for (; i + 4 <= d->count; i += 4) {
        __m128 g = _mm_loadu_ps(t->grad + i);
        __m128 m = 0.9f * _mm_loadu_ps(t->first + i) + 0.1f * g;
        __m128 v = 0.999f * _mm_loadu_ps(t->second + i) + 0.001f * (g * g);

        _mm_storeu_ps(t->first + i, m);
        _mm_storeu_ps(t->second + i, v);
        _mm_storeu_ps(d->params + i,
                      _mm_loadu_ps(d->params + i) -
                          rate * m / (_mm_sqrt_ps(v) * scale + 1e-8f));
    }
#endif
    for (; i < d->count; i++) { /* what does not fill a vector */
        real g = t->grad[i];

        t->first[i] = REAL(0.9) * t->first[i] + REAL(0.1) * g;
        t->second[i] = REAL(0.999) * t->second[i] + REAL(0.001) * (g * g);
        d->params[i] -= rate * t->first[i] /
                        ((real)sqrt((double)t->second[i]) * scale + REAL(1e-8));
    }
}
