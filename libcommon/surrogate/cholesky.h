/* SPDX-License-Identifier: MIT
 * Symmetric positive definite systems are solved in double, block by block, so
 * that most of the work is matrix products.  Matrices are (n, n), row-major. */
#ifndef SURROGATE_CHOLESKY_H
#define SURROGATE_CHOLESKY_H

#include <stdbool.h>
#include <stddef.h>

/* Factor a = L L'.  L replaces the lower triangle, zeros replace the upper one;
 * only the lower triangle is read.  Returns false when a is not positive
 * definite; what a holds then is of no use. */
bool cholesky_factor(double *a, size_t n);

/* b (n) becomes the solution of L L' x = b. */
void cholesky_solve(const double *l, size_t n, double *b);

double cholesky_log_det(const double *l, size_t n); /* of L L' */

/* Set inverse to (L L')^-1, both triangles of it.  l is replaced by L^-1. */
void cholesky_invert(double *l, size_t n, double *inverse);

#endif
