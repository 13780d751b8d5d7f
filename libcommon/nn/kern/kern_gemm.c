/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "libcommon/nn/kern/blas.h"
#include "libcommon/nn/kern/kern_scalar.h"

void scalar_gemm(bool ta, bool tb, size_t m, size_t n, size_t k, const real *a,
                 size_t lda, const real *b, size_t ldb, real beta, real *c,
                 size_t ldc, struct prefetch *f)
{
    (void)f;
#ifdef REAL_DOUBLE
    blas_dgemm(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc);
#else
    blas_sgemm(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc);
#endif
}

/* The scalar kernel packs B as its transpose, (n, k). */
size_t scalar_gemm_pack_size(size_t n, size_t k)
{
    return n * k;
}

void scalar_gemm_pack(bool tb, size_t n, size_t k, const real *b, size_t ldb,
                      size_t first, size_t last, real *packed)
{
    if (tb)
        for (size_t j = first; j < last; j++)
            memcpy(packed + j * k, b + j * ldb, k * sizeof *b);
    else
        for (size_t j = 0; j < n; j++)
            for (size_t i = first; i < last; i++)
                packed[j * k + i] = b[i * ldb + j];
}

void scalar_gemm_packed(size_t m, size_t n, size_t k, const real *a, size_t lda,
                        const real *packed, real beta, real *c, size_t ldc,
                        struct prefetch *f)
{
    scalar_gemm(false, true, m, n, k, a, lda, packed, k, beta, c, ldc, f);
}
