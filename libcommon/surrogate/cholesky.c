/* SPDX-License-Identifier: MIT */
#include "libcommon/surrogate/cholesky.h"

#include <math.h>
#include <string.h>

#include "libcommon/surrogate/matmul.h"

#define BLOCK 16

static size_t block_at(size_t n, size_t i)
{
    return n - i < BLOCK ? n - i : BLOCK;
}

/* Factor the diagonal block at i, element by element. */
static bool factor_block(double *a, size_t n, size_t i, size_t size)
{
    double *d = a + i * n + i;

    for (size_t r = 0; r < size; r++)
        for (size_t c = 0; c <= r; c++) {
            double sum = d[r * n + c];

            for (size_t k = 0; k < c; k++)
                sum -= d[r * n + k] * d[c * n + k];
            if (r == c && !(sum > 0 && isfinite(sum)))
                return false;
            d[r * n + c] = r == c ? sqrt(sum) : sum / d[c * n + c];
        }
    return true;
}

/* Set inverse (BLOCK, BLOCK) to that of the lower triangular block at i. */
static void invert_block(const double *a, size_t n, size_t i, size_t size,
                         double *inverse)
{
    const double *d = a + i * n + i;

    memset(inverse, 0, BLOCK * BLOCK * sizeof *inverse);
    for (size_t c = 0; c < size; c++)
        for (size_t r = c; r < size; r++) {
            double sum = r == c;

            for (size_t k = c; k < r; k++)
                sum -= d[r * n + k] * inverse[k * BLOCK + c];
            inverse[r * BLOCK + c] = sum / d[r * n + r];
        }
}

bool cholesky_factor(double *a, size_t n)
{
    double inverse[BLOCK * BLOCK], rows[BLOCK * BLOCK];

    for (size_t i = 0; i < n; i += BLOCK) {
        size_t size = block_at(n, i);

        matmul_f64(MATMUL_SUBTRACT, n - i, size, i,
                   (struct matrix_f64){a + i * n, n, 1},
                   (struct matrix_f64){a + i * n, 1, n}, a + i * n + i, n);
        if (!factor_block(a, n, i, size))
            return false;
        invert_block(a, n, i, size, inverse);
        /* With D the factor of the diagonal block, the rows A below it become
         * the solution X = A D^-T of X D' = A, BLOCK rows at a time. */
        for (size_t r = i + size; r < n; r += BLOCK) {
            size_t m = block_at(n, r);

            for (size_t k = 0; k < m; k++)
                memcpy(rows + k * BLOCK, a + (r + k) * n + i,
                       size * sizeof *rows);
            matmul_f64(
                MATMUL_SET, m, size, size, (struct matrix_f64){rows, BLOCK, 1},
                (struct matrix_f64){inverse, 1, BLOCK}, a + r * n + i, n);
        }
    }
    for (size_t i = 0; i < n; i++)
        memset(a + i * n + i + 1, 0, (n - i - 1) * sizeof *a);
    return true;
}

void cholesky_solve(const double *l, size_t n, double *b)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            b[i] -= l[i * n + k] * b[k];
        b[i] /= l[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        b[i] /= l[i * n + i];
        for (size_t k = 0; k < i; k++)
            b[k] -= l[i * n + k] * b[i];
    }
}

double cholesky_log_det(const double *l, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += log(l[i * n + i]);
    return 2 * sum;
}

/* Replace block row i of L by that of L^-1: -D^-1 L[i, 0..i) L^-1[0..i, :], and
 * D^-1 on the diagonal.  The block rows above it have been replaced before. */
static void invert_rows(double *l, size_t n, size_t i)
{
    double inverse[BLOCK * BLOCK], row[BLOCK * BLOCK];
    size_t size = block_at(n, i);
    double left[BLOCK * BLOCK];

    invert_block(l, n, i, size, inverse);
    for (size_t j = 0; j < i; j += BLOCK) {
        /* L^-1 is zero above row j in these columns. */
        matmul_f64(MATMUL_SET, size, BLOCK, i - j,
                   (struct matrix_f64){l + i * n + j, n, 1},
                   (struct matrix_f64){l + j * n + j, n, 1}, row, BLOCK);
        matmul_f64(MATMUL_SET, size, BLOCK, size,
                   (struct matrix_f64){inverse, BLOCK, 1},
                   (struct matrix_f64){row, BLOCK, 1}, left, BLOCK);
        /* These columns of L are not read any more and take the result. */
        for (size_t r = 0; r < size; r++)
            for (size_t c = 0; c < BLOCK; c++)
                l[(i + r) * n + j + c] = -left[r * BLOCK + c];
    }
    for (size_t r = 0; r < size; r++)
        memcpy(l + (i + r) * n + i, inverse + r * BLOCK, size * sizeof *l);
}

void cholesky_invert(double *l, size_t n, double *inverse)
{
    for (size_t i = 0; i < n; i += BLOCK)
        invert_rows(l, n, i);
    /* The inverse is L^-T L^-1, where L^-1 is zero above the diagonal. */
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t size = block_at(n, i);

        matmul_f64(MATMUL_SET, size, i + size, n - i,
                   (struct matrix_f64){l + i * n + i, 1, n},
                   (struct matrix_f64){l + i * n, n, 1}, inverse + i * n, n);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            inverse[i * n + j] = inverse[j * n + i];
}
