/* SPDX-License-Identifier: MIT
 * Matmul by OpenBLAS: one thread per call, any number of calling
 * threads at once.  Linking this in has two effects before main:
 *
 * - where the environment names an OpenBLAS core type, the name is replaced by
 *   the one that suits the CPU (some machines force AVX2 kernels on CPUs with
 *   AVX-512, or ask for what the CPU lacks); it has to happen before the
 *   library's constructor, so not even main is early enough;
 * - OpenBLAS is set to one thread per call. */
#ifndef NN_KERN_BLAS_H
#define NN_KERN_BLAS_H

#include <stdbool.h>
#include <stddef.h>

/* C (m, n) = op(A) op(B) + beta * C; arguments as in kern.h's gemm. */
void blas_sgemm(bool ta, bool tb, size_t m, size_t n, size_t k, const float *a,
                size_t lda, const float *b, size_t ldb, float beta, float *c,
                size_t ldc);
void blas_dgemm(bool ta, bool tb, size_t m, size_t n, size_t k, const double *a,
                size_t lda, const double *b, size_t ldb, double beta, double *c,
                size_t ldc);

/* The core type in use, as OpenBLAS calls it: "SkylakeX". */
const char *blas_core_name(void);

#endif
