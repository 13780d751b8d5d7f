/* SPDX-License-Identifier: MIT
 * Small dense linear systems in double. */
#ifndef STATS_LINEAR_H
#define STATS_LINEAR_H

#include <stdbool.h>
#include <stddef.h>

/* Solve A x = b by LU with partial pivoting.  a: (n, n) row-major, destroyed;
 * b: (n), becomes x.  Returns false when A is singular to working precision. */
bool linear_solve(double *a, size_t n, double *b);

/* Returns true when the columns of a (rows, columns), row-major, are linearly
 * dependent to working precision, as more columns than rows always are. */
bool linear_dependent(const double *a, size_t rows, size_t columns);

#endif
