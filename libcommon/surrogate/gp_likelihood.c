/* SPDX-License-Identifier: MIT */
#include "libcommon/surrogate/gp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/surrogate/cholesky.h"
#include "libcommon/surrogate/matmul.h"

#define TWO_PI 6.28318530717958647692

void gp_scale(const double *x, const double *w, size_t n, size_t columns,
              double *z, double *square)
{
    for (size_t i = 0; i < n; i++) {
        square[i] = 0;
        for (size_t k = 0; k < columns; k++) {
            double v = x[i * columns + k] * w[k];

            z[i * columns + k] = v;
            square[i] += v * v;
        }
    }
}

double gp_correlation(double square_a, double square_b, double product)
{
    return exp(-fmax(0, (square_a + square_b) / 2 - product));
}

struct parts {           /* of gp_data.block */
    double *c, *inverse; /* (n, n) */
    double *r;           /* (n, n) correlations */
    double *z;           /* (n, columns) x in length scales */
    double *wz;          /* (n, columns) */
    double *square;      /* (n) |z|^2 */
};

void gp_data_init(struct gp_data *p)
{
    size_t numbers = 3 * p->n + 2 * p->columns + 2;

    p->block = xcalloc(p->n, numbers * sizeof *p->block);
    p->weight = p->block + p->n * (numbers - 1);
}

void gp_data_fini(struct gp_data *p)
{
    free(p->block);
    p->block = p->weight = NULL;
}

/* Set r = R and the lower triangle of c = R + eta I for length scales 1 / w. */
static void correlate(const struct gp_data *p, const struct parts *q,
                      const double *w, double eta)
{
    size_t n = p->n, d = p->columns;

    gp_scale(p->x, w, n, d, q->z, q->square);
    matmul_f64(MATMUL_SET, n, n, d, (struct matrix_f64){q->z, d, 1},
               (struct matrix_f64){q->z, 1, d}, q->r, n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            double r = gp_correlation(q->square[i], q->square[j],
                                      q->r[i * n + j]);

            q->r[i * n + j] = q->r[j * n + i] = r;
            q->c[i * n + j] = r;
        }
        q->r[i * n + i] = 1;
        q->c[i * n + i] = 1 + eta;
    }
}

/* With C = R + eta I, a = C^-1 y and M = C^-1 - a a' / v the derivative by any
 * parameter is 1/2 sum_ij M_ij dC_ij; for t_2+k, dC_ij = R_ij (z_ik -
 * z_jk)^2. */
static void gradient(const struct gp_data *p, const struct parts *q, double eta,
                     double *grad)
{
    size_t n = p->n, d = p->columns;
    double *m = q->inverse, trace = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            m[i * n + j] -= p->weight[i] * p->weight[j] / p->v;
        trace += m[i * n + i];
        for (size_t j = 0; j < n; j++)
            m[i * n + j] *= q->r[i * n + j];
    }
    grad[GP_LENGTH] = 0;
    grad[GP_NOISE] = eta * trace / 2;
    matmul_f64(MATMUL_SET, n, d, n, (struct matrix_f64){m, n, 1},
               (struct matrix_f64){q->z, d, 1}, q->wz, d);
    for (size_t k = 0; !p->common && k < d; k++)
        grad[GP_FIRST + k] = 0;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;

        for (size_t j = 0; j < n; j++)
            sum += m[i * n + j];
        for (size_t k = 0; k < d; k++) {
            double z = q->z[i * d + k], part = z * (sum * z - q->wz[i * d + k]);

            grad[GP_LENGTH] += part;
            if (!p->common)
                grad[GP_FIRST + k] += part;
        }
    }
}

double gp_loss(void *data, const double *t, double *grad)
{
    struct gp_data *p = data;
    size_t nn = p->n * p->n, nd = p->n * p->columns;
    double *b = p->block;
    struct parts q = {b,          b + nn,          b + 2 * nn,
                      b + 3 * nn, b + 3 * nn + nd, b + 3 * nn + 2 * nd};
    double n = (double)p->n, eta = exp(t[GP_NOISE]), loss;
    double s2 = p->spread * p->spread, prior = 0;
    double *w = xcalloc(p->columns, sizeof *w);

    for (size_t k = 0; k < p->columns; k++)
        w[k] = exp(-t[GP_LENGTH] - (p->common ? 0 : t[GP_FIRST + k]));
    correlate(p, &q, w, eta);
    free(w);
    if (!cholesky_factor(q.c, p->n))
        return INFINITY;
    memcpy(p->weight, p->y, p->n * sizeof *p->y);
    cholesky_solve(q.c, p->n, p->weight);
    p->v = 0;
    for (size_t i = 0; i < p->n; i++)
        p->v += p->y[i] * p->weight[i] / n;
    loss = (n * log(TWO_PI * p->v) + n + cholesky_log_det(q.c, p->n)) / 2;
    if (grad) {
        cholesky_invert(q.c, p->n, q.inverse);
        gradient(p, &q, eta, grad);
    }
    for (size_t k = 0; s2 > 0 && !p->common && k < p->columns; k++) {
        prior += t[GP_FIRST + k] * t[GP_FIRST + k] / (2 * s2);
        if (grad)
            grad[GP_FIRST + k] += t[GP_FIRST + k] / s2;
    }
    return loss + prior;
}
