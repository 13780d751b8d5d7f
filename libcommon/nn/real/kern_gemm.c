/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/blas.h"
#include "libcommon/nn/real/kern_scalar.h"

void scalar_gemm(bool ta, bool tb, size_t m, size_t n, size_t k, const real *a,
                 size_t lda, const real *b, size_t ldb, real beta, real *c,
                 size_t ldc)
{
#ifdef REAL_DOUBLE
    blas_dgemm(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc);
#else
    blas_sgemm(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc);
#endif
}
