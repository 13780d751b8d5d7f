/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/kern/blas.h"

#include <cblas.h>
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

#define LIBRARY "libopenblas.so.0"
#define BUFFER ((size_t)130 << 20) /* what OpenBLAS maps per calling thread */

typedef void sgemm_fn(CBLAS_ORDER, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, blasint,
                      blasint, blasint, float, const float *, blasint,
                      const float *, blasint, float, float *, blasint);
typedef void dgemm_fn(CBLAS_ORDER, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, blasint,
                      blasint, blasint, double, const double *, blasint,
                      const double *, blasint, double, double *, blasint);
typedef char *name_fn(void);

/* The types above are those that the library's header declares. */
_Static_assert(_Generic(&cblas_sgemm, sgemm_fn * : 1, default : 0) &&
                   _Generic(&cblas_dgemm, dgemm_fn * : 1, default : 0) &&
                   _Generic(&openblas_get_corename, name_fn * : 1, default : 0),
               "OpenBLAS declares other functions");

static struct blas {
    pthread_once_t once;
    sgemm_fn *sgemm;
    dgemm_fn *dgemm;
    name_fn *name;
    char error[400]; /* why there is no library, "" = there is one */
} blas = {.once = PTHREAD_ONCE_INIT};

/* Returns the core type that suits this CPU, or NULL when OpenBLAS shall find
 * out. */
static const char *core_for_cpu(void)
{
#ifdef __x86_64__
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return __builtin_cpu_supports("avx512bf16") ? "Cooperlake" : "SkylakeX";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return "Haswell";
#endif
    return NULL;
}

/* OpenBLAS reads the environment, and starts threads, while it is loaded. */
static void load(void)
{
    const char *core = core_for_cpu(), *why;
    void *library;

    if (core && getenv("OPENBLAS_CORETYPE"))
        setenv("OPENBLAS_CORETYPE", core, 1);
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library) {
        /* POSIX: a pointer to a function comes out of dlsym like this. */
        *(void **)&blas.sgemm = dlsym(library, "cblas_sgemm");
        *(void **)&blas.dgemm = dlsym(library, "cblas_dgemm");
        *(void **)&blas.name = dlsym(library, "openblas_get_corename");
    }
    if (blas.sgemm && blas.dgemm && blas.name)
        return;
    why = dlerror(); /* of the last call alone */
    snprintf(blas.error, sizeof blas.error, "%s",
             why ? why : LIBRARY " lacks a function");
}

int blas_load(struct err *e)
{
    pthread_once(&blas.once, load);
    if (blas.error[0])
        return err_set(e, ERR_SYS,
                       "OpenBLAS, which the scalar kernels multiply with, "
                       "cannot be loaded: %s",
                       blas.error);
    return 0;
}

/* Returns the library's functions, for which blas_load has returned 0.  OpenBLAS
 * never stops trying to map a buffer that memory has no room for, so each
 * thread's first call finds out before. */
static const struct blas *loaded(void)
{
    static _Thread_local bool room;

    pthread_once(&blas.once, load);
    BUG_IF(blas.error[0]);
    if (!room)
        free(xmalloc(BUFFER));
    room = true;
    return &blas;
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
    loaded()->sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans,
                    tb ? CblasTrans : CblasNoTrans, narrow(m), narrow(n),
                    narrow(k), 1, a, narrow(lda), b, narrow(ldb), beta, c,
                    narrow(ldc));
}

void blas_dgemm(bool ta, bool tb, size_t m, size_t n, size_t k, const double *a,
                size_t lda, const double *b, size_t ldb, double beta, double *c,
                size_t ldc)
{
    loaded()->dgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans,
                    tb ? CblasTrans : CblasNoTrans, narrow(m), narrow(n),
                    narrow(k), 1, a, narrow(lda), b, narrow(ldb), beta, c,
                    narrow(ldc));
}

const char *blas_core_name(void)
{
    return loaded()->name();
}
