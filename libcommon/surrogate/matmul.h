/* SPDX-License-Identifier: MIT
 * Matrix products without a library behind them, for what small tools compute:
 * dense networks, Cholesky factors.  Each element of C is summed in the order
 * of k, product by product and never fused, so the bits are the same on every
 * machine; AVX2 makes it faster where it is.  (AVX-512 does not on the CPUs at
 * hand: what counts is a multiplication and an addition side by side.)
 *
 *     // dw (in, out) = x' dy over a batch
 *     matmul(MATMUL_SET, in, out, batch, (struct view){x, 1, in},
 *            (struct view){dy, out, 1}, dw, out);
 */
#ifndef SURROGATE_MATMUL_H
#define SURROGATE_MATMUL_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/nn/kern/real.h"

#define view            REAL_NAME(view)
#define matmul_variant  REAL_NAME(matmul_variant)
#define matmul_variants REAL_NAME(matmul_variants)
#define matmul_by       REAL_NAME(matmul_by)
#define matmul          REAL_NAME(matmul)

/* Element (i, j) of a matrix is v[i * row + j * col]: col = 1 is row-major,
 * row = 1 the transpose of that. */
struct view {
    const real *v;
    size_t row, col;
};

enum matmul_mode { MATMUL_SET, MATMUL_ADD, MATMUL_SUBTRACT };

/* C (m, n), row-major with ldc elements from row to row: set to, increased or
 * decreased by A (m, k) B (k, n).  C overlaps neither. */
void matmul(enum matmul_mode mode, size_t m, size_t n, size_t k,
            struct view a, struct view b, real *c, size_t ldc);

/* The ways there are to compute it, the plainest first, for the test that they
 * agree; NULL name at the end. */
struct matmul_variant {
    const char *name;
    bool (*runs)(void);         /* on this CPU */
    size_t rows;                /* done at once */
    /* rows of C, one panel of columns, k terms: c += a panel */
    void (*tile)(size_t k, const real *a, size_t row, size_t col,
                 const real *panel, real *c, size_t ldc);
    void (*tile_row)(size_t k, const real *a, size_t row, size_t col,
                     const real *panel, real *c, size_t ldc);   /* one row */
};
extern const struct matmul_variant matmul_variants[];

void matmul_by(const struct matmul_variant *how, enum matmul_mode mode,
               size_t m, size_t n, size_t k, struct view a, struct view b,
               real *c, size_t ldc);

#endif
