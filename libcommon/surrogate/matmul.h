/* SPDX-License-Identifier: MIT
 * Matrix products without a library behind them, which dense networks and
 * Cholesky factors are made of.  Each element of C is summed in the order of k,
 * product by product and never fused, so the bits are the same on every
 * machine.  AVX2 is used where the CPU has it.  (AVX-512 was no faster on the
 * CPUs measured: each element costs a multiplication and an addition.)  The
 * library has both precisions whether real is float or double, because a
 * Gaussian process always computes in double.
 *
 * Example (size_t in, size_t out, size_t batch, const float *x,
 *          const float *dy, float *dw):
 *     // dw (in, out) = x' dy over a batch
 *     matmul_f32(MATMUL_SET, in, out, batch, (struct matrix_f32){x, 1, in},
 *                (struct matrix_f32){dy, out, 1}, dw, out);
 */
#ifndef SURROGATE_MATMUL_H
#define SURROGATE_MATMUL_H

#include <stdbool.h>
#include <stddef.h>

/* Element (i, j) of a matrix is v[i * row + j * col]: col = 1 is row-major,
 * row = 1 is column-major. */
struct matrix_f32 {
    const float *v;
    size_t row, col;
};

struct matrix_f64 {
    const double *v;
    size_t row, col;
};

enum matmul_mode { MATMUL_SET, MATMUL_ADD, MATMUL_SUBTRACT };

/* Set C to A B, add A B to C or subtract it, as mode says.  A is (m, k), B
 * (k, n), C (m, n), row-major with ldc elements from row to row; C overlaps
 * neither. */
void matmul_f32(enum matmul_mode mode, size_t m, size_t n, size_t k,
                struct matrix_f32 a, struct matrix_f32 b, float *c, size_t ldc);
void matmul_f64(enum matmul_mode mode, size_t m, size_t n, size_t k,
                struct matrix_f64 a, struct matrix_f64 b, double *c,
                size_t ldc);

/* Compute the same product by a variant, "plain" or "avx2": a test checks that
 * they agree.  Returns false if this CPU does not run the variant. */
bool matmul_by_f32(const char *variant, enum matmul_mode mode, size_t m,
                   size_t n, size_t k, struct matrix_f32 a, struct matrix_f32 b,
                   float *c, size_t ldc);
bool matmul_by_f64(const char *variant, enum matmul_mode mode, size_t m,
                   size_t n, size_t k, struct matrix_f64 a, struct matrix_f64 b,
                   double *c, size_t ldc);

#endif
