/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/kern/blas.h"

#include <cblas.h>
#include <limits.h>

#include "libcommon/base/log.h"

#ifdef __x86_64__
#define NO_SANITIZE                                                  \
    __attribute__((no_sanitize("address"), no_sanitize("undefined"), \
                   no_sanitize("thread")))

/* Returns a setting that suits this CPU, or NULL to leave the environment as it
 * is. */
NO_SANITIZE static char *blas_core_for_cpu(void)
{
    static char cooperlake[] = "OPENBLAS_CORETYPE=Cooperlake";
    static char skylake[] = "OPENBLAS_CORETYPE=SkylakeX";
    static char haswell[] = "OPENBLAS_CORETYPE=Haswell";

    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return __builtin_cpu_supports("avx512bf16") ? cooperlake : skylake;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return haswell;
    return NULL;
}

/* This runs before any library's constructor and before the sanitizers are up,
 * so it calls no string function and is not instrumented. */
NO_SANITIZE static void blas_choose_core(int argc, char **argv, char **env)
{
    static const char key[] = "OPENBLAS_CORETYPE=";

    (void)argc;
    (void)argv;
    for (; *env; env++) {
        size_t i = 0;
        while (key[i] && (*env)[i] == key[i])
            i++;
        char *core = key[i] ? NULL : blas_core_for_cpu();
        if (core)
            *env = core;
    }
}

__attribute__((section(".preinit_array"), used)) static void (
        *const blas_before_all)(int, char **, char **) = blas_choose_core;
#endif

__attribute__((constructor)) static void blas_one_thread(void)
{
    openblas_set_num_threads(1);
}

static blasint narrow(size_t n)
{
    BUG_IF(n > INT_MAX);
    return (blasint)n;
}

void blas_sgemm(bool ta, bool tb, size_t m, size_t n, size_t k, const float *a,
                size_t lda, const float *b, size_t ldb, float beta, float *c,
                size_t ldc)
{
    cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans,
                tb ? CblasTrans : CblasNoTrans, narrow(m), narrow(n), narrow(k),
                1, a, narrow(lda), b, narrow(ldb), beta, c, narrow(ldc));
}

void blas_dgemm(bool ta, bool tb, size_t m, size_t n, size_t k, const double *a,
                size_t lda, const double *b, size_t ldb, double beta, double *c,
                size_t ldc)
{
    cblas_dgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans,
                tb ? CblasTrans : CblasNoTrans, narrow(m), narrow(n), narrow(k),
                1, a, narrow(lda), b, narrow(ldb), beta, c, narrow(ldc));
}

const char *blas_core_name(void)
{
    return openblas_get_corename();
}
