/* SPDX-License-Identifier: MIT
 * Matmul is done by OpenBLAS in the calling thread; any number of threads may
 * call at once.  Linking this in has two effects before main:
 *
 * - where the environment names an OpenBLAS core type, the name is replaced by
 *   one that suits the CPU, on x86-64 (some machines force AVX2 kernels on CPUs
 *   with AVX-512, or ask for what the CPU lacks); OpenBLAS reads it in its
 *   constructor, so main would be too late;
 * - OpenBLAS is set to one thread per call. */
#ifndef NN_KERN_BLAS_H
#define NN_KERN_BLAS_H

#include <stdbool.h>
#include <stddef.h>

/* Compute C (m, n) = op(A) op(B) + beta * C; the arguments are those of gemm in
 * kern.h. */
void blas_sgemm(bool ta, bool tb, size_t m, size_t n, size_t k, const float *a,
                size_t lda, const float *b, size_t ldb, float beta, float *c,
                size_t ldc);
void blas_dgemm(bool ta, bool tb, size_t m, size_t n, size_t k, const double *a,
                size_t lda, const double *b, size_t ldb, double beta, double *c,
                size_t ldc);

/* Returns OpenBLAS's name of the core type in use, such as "SkylakeX". */
const char *blas_core_name(void);

#endif
