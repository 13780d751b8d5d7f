/* SPDX-License-Identifier: MIT
 * The scalar kernels' matmul is OpenBLAS's, in the calling thread; any number of
 * threads may call at once.  The library is loaded when it is first needed, since
 * loading starts a thread per CPU unless the environment forbids it, and programs
 * that run vector kernels need none of it.  Two variables of the environment are
 * set for it before:
 *
 * - OPENBLAS_NUM_THREADS is 1, whatever it was;
 * - where the environment names an OPENBLAS_CORETYPE, the name is replaced by one
 *   that suits the CPU, on x86-64 (some machines force AVX2 kernels on CPUs with
 *   AVX-512, or ask for what the CPU lacks). */
#ifndef NN_KERN_BLAS_H
#define NN_KERN_BLAS_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/base/err.h"

/* Load the library, before there are other threads.  Returns 0, or ERR_SYS when
 * there is none; the functions below may only be called after it has returned 0,
 * or where tests know that the library is there. */
int blas_load(struct err *e) MUST_CHECK;

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
