/* SPDX-License-Identifier: MIT
 * Private to the Gaussian process surrogate: its likelihood, for the tests.
 *
 * Targets y are a draw of  N(0, v (R + eta I)),  R the correlations
 *     R_ij = exp(-1/2 sum_k (x_ik - x_jk)^2 exp(-2 (t_0 + t_2+k))),  eta = e^t_1;
 * t_0 is the length scale all columns have in common, t_2+k what column k
 * differs by.  The variance v is the best there is for the rest:
 * y' (R + eta I)^-1 y / n. */
#ifndef SURROGATE_GP_H
#define SURROGATE_GP_H

#include <stddef.h>

enum { GP_LENGTH, GP_NOISE, GP_FIRST };     /* places in t */

struct gp_data {
    size_t n, columns;
    const double *x;        /* (n, columns) */
    const double *y;        /* (n) */
    double spread;          /* lengths differ by so much: t_2.. have a normal
                             * prior of this deviation; 0 = no prior */
    int common;             /* t has two elements: no t_2+k, all are 0 */
    double *block;          /* memory of gp_loss (gp_data_init) */
    double v;               /* of the last call */
    double *weight;         /* (n) (R + eta I)^-1 y, of the last call */
};

/* Memory for the rest, which the caller has filled in. */
void gp_data_init(struct gp_data *p);
void gp_data_fini(struct gp_data *p);

/* - log p(y | t) - log p(t), constants of the prior left out, and its gradient
 * (NULL = not wanted, which is faster).  t and grad: (2 + columns), or 2 where
 * p->common.  INFINITY where R + eta I has no Cholesky factor. */
double gp_loss(void *data, const double *t, double *grad);

/* z = x w, both (n, columns), w (columns), and |z|^2 of each row. */
void gp_scale(const double *x, const double *w, size_t n, size_t columns,
              double *z, double *square);

/* Of two scaled rows: their |z|^2 and their product. */
double gp_correlation(double square_a, double square_b, double product);

#endif
