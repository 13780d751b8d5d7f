/* SPDX-License-Identifier: MIT
 * The likelihood of the Gaussian process surrogate.  Only gp.c and a test call
 * it.
 *
 * Targets y are a draw of  N(0, v (R + eta I))  with the correlations
 *     R_ij = exp(-1/2 sum_k (x_ik - x_jk)^2 exp(-2 (t_0 + t_2+k))),  eta = e^t_1;
 * exp(t_0) is the length scale that all columns have in common, exp(t_2+k) the
 * factor by which column k's differs from it.  The variance v is the likeliest
 * one for the other parameters: y' (R + eta I)^-1 y / n. */
#ifndef SURROGATE_GP_H
#define SURROGATE_GP_H

#include <stddef.h>

enum { GP_LENGTH, GP_NOISE, GP_FIRST }; /* places in t */

struct gp_data {
    size_t n, columns;
    const double *x; /* (n, columns) */
    const double *y; /* (n) */
    double spread;   /* t_2.. have a normal prior of this deviation;
                             * 0 = no prior */
    int common;      /* t has two elements: no t_2+k, all are 0 */
    double *block;   /* memory of gp_loss (gp_data_init) */
    double v;        /* of the last call */
    double *weight;  /* (n) (R + eta I)^-1 y, of the last call */
};

/* Allocate block and weight; the caller has set the members before them. */
void gp_data_init(struct gp_data *p);
void gp_data_fini(struct gp_data *p);

/* Returns - log p(y | t) - log p(t) without the constants of the prior,
 * INFINITY where R + eta I has no Cholesky factor, and sets grad to its
 * gradient (NULL = not wanted, which is faster).  t and grad: (2 + columns), or
 * 2 where p->common. */
double gp_loss(void *data, const double *t, double *grad);

/* Scale the columns of x (n, columns) by w (columns) into z, and set square (n)
 * to |z|^2 of each row. */
void gp_scale(const double *x, const double *w, size_t n, size_t columns,
              double *z, double *square);

/* Returns the correlation of two scaled rows, given |z|^2 of each and their
 * scalar product. */
double gp_correlation(double square_a, double square_b, double product);

#endif
