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

/* One column of B per panel: packed is B transposed, (n, k). */
size_t scalar_gemm_panels(size_t n)
{
    return n;
}

size_t scalar_gemm_pack_size(size_t n, size_t k)
{
    return n * k;
}

void scalar_gemm_pack(bool tb, size_t n, size_t k, const real *b, size_t ldb,
                      size_t first, size_t last, real *packed)
{
    (void)n;
    for (size_t j = first; j < last; j++)
        for (size_t i = 0; i < k; i++)
            packed[j * k + i] = tb ? b[j * ldb + i] : b[i * ldb + j];
}

void scalar_gemm_packed(size_t m, size_t n, size_t k, const real *a, size_t lda,
                        const real *packed, real beta, real *c, size_t ldc)
{
    scalar_gemm(false, true, m, n, k, a, lda, packed, k, beta, c, ldc);
}
