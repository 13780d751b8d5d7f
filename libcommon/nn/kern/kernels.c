/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/kern/kernels.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __x86_64__
#include <xmmintrin.h>
#endif

#include "libcommon/nn/kern/blas.h"

const char *const isa_names[] = {"scalar", "avx2", "avx512", NULL};

bool isa_runs(enum isa isa)
{
#ifdef __x86_64__
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    switch (isa) {
    case ISA_AVX2:
        return avx2;
    case ISA_AVX512:
        return avx2 && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
    default:
        return isa == ISA_SCALAR;
    }
#else
    return isa == ISA_SCALAR;
#endif
}

static struct {
    pthread_once_t once;
    enum isa isa;
    char name[64];
    struct err error; /* code 0 = none */
} choice = {.once = PTHREAD_ONCE_INIT};

static void choose(void)
{
    const char *wish = getenv("KERNELS");
    struct err *e = &choice.error;
    int best = ISA_COUNT - 1, isa = 0;

    while (!isa_runs(best))
        best--;
    if (wish && *wish) {
        while (isa <= best && (strcmp(wish, isa_names[isa]) || !isa_runs(isa)))
            isa++;
        if (isa <= best) {
            best = isa;
        } else {
            err_set(e, ERR_ARG, "KERNELS in the environment may be");
            for (int i = 0; i < ISA_COUNT; i++)
                if (isa_runs(i))
                    err_suffix(e, "%s %s", i ? "," : "", isa_names[i]);
            err_suffix(e, " on this machine, not '%s'", wish);
        }
    }
    choice.isa = best;
    snprintf(choice.name, sizeof choice.name, "%s", isa_names[best]);
    if (best == ISA_SCALAR && !e->code && blas_load(e) == 0)
        snprintf(choice.name, sizeof choice.name, "%s %s", blas_core_name(),
                 isa_names[best]);
}

enum isa kernels_isa(void)
{
    pthread_once(&choice.once, choose);
    return choice.isa;
}

const char *kernels_name(struct err *e)
{
    pthread_once(&choice.once, choose);
    if (choice.error.code) {
        *e = choice.error;
        return NULL;
    }
    return choice.name;
}

void kernels_thread_start(void)
{
#ifdef __x86_64__
    enum { FLUSH_TO_ZERO = 0x8000, DENORMALS_ARE_ZERO = 0x40 };
    _mm_setcsr(_mm_getcsr() | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO);
#elif defined(__aarch64__)
    const uint64_t flush_to_zero = 1 << 24; /* results and operands */
    uint64_t fpcr;

    __asm__("mrs %0, fpcr" : "=r"(fpcr));
    __asm__ volatile("msr fpcr, %0" : : "r"(fpcr | flush_to_zero));
#endif
}
