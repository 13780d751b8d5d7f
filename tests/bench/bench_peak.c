/* SPDX-License-Identifier: MIT
 * What the machine can do: float32 multiply-adds out of registers, in AVX-512
 * or AVX2, whichever is faster, two operations each.
 *     bench_peak [THREADS]            1
 * Says peak.jTHREADS in GFLOP/s, the best of many short spells of all threads
 * at once. */
#include <pthread.h>

#include "tests/bench/bench.h"

enum { THREADS_MAX = 256 };

#if defined __x86_64__
#include <immintrin.h>

/* Enough sums to hide the latency of two units. */
enum { SUMS = 12, TURNS = 1 << 21, SPELLS = 12 };

/* Each gives the operations it did; *sink keeps the work from being dropped. */
#define LOOP(name, isa, vec, set, fma, add, lanes)                        \
    __attribute__((target(isa))) static double name(volatile float *sink) \
    {                                                                     \
        vec s[SUMS], a = set(0.999f), b = set(1e-3f);                     \
        for (int i = 0; i < SUMS; i++)                                    \
            s[i] = set((float)i);                                         \
        for (int t = 0; t < TURNS; t++)                                   \
            _Pragma("GCC unroll 12") for (int i = 0; i < SUMS; i++)       \
                s[i] = fma(s[i], a, b);                                   \
        for (int i = 1; i < SUMS; i++)                                    \
            s[0] = add(s[0], s[i]);                                       \
        *sink = ((float *)s)[0];                                          \
        return 2.0 * SUMS * lanes * TURNS;                                \
    }

LOOP(fma_avx2, "avx2,fma", __m256, _mm256_set1_ps, _mm256_fmadd_ps,
     _mm256_add_ps, 8)
LOOP(fma_avx512, "avx512f", __m512, _mm512_set1_ps, _mm512_fmadd_ps,
     _mm512_add_ps, 16)

struct core {
    pthread_t thread;
    pthread_barrier_t *start;
    double (*loop)(volatile float *);
    double best;
};

/* A core's best spell, the others being at it too. */
static void *spells(void *arg)
{
    struct core *c = arg;
    volatile float sink;

    for (int i = 0; i < SPELLS; i++) {
        pthread_barrier_wait(c->start);
        double start = bench_seconds(WALL), done = c->loop(&sink),
               rate = done / (bench_seconds(WALL) - start);
        if (rate > c->best)
            c->best = rate;
    }
    return NULL;
}

static double peak(int threads, double (*loop)(volatile float *))
{
    struct core core[THREADS_MAX];
    pthread_barrier_t start;
    double sum = 0;

    pthread_barrier_init(&start, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++) {
        core[i] = (struct core){.start = &start, .loop = loop};
        if (pthread_create(&core[i].thread, NULL, spells, &core[i]) != 0)
            exit(1);
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(core[i].thread, NULL);
        sum += core[i].best;
    }
    pthread_barrier_destroy(&start);
    return 1e-9 * sum;
}

static double best_peak(int threads)
{
    double best = 0, p;

    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        best = peak(threads, fma_avx2);
    if (__builtin_cpu_supports("avx512f") &&
        (p = peak(threads, fma_avx512)) > best)
        best = p;
    return best;
}

#else
static double best_peak(int threads)
{
    (void)threads;
    return 0;
}
#endif

int main(int argc, char **argv)
{
    long threads = bench_arg(argc, argv, 1, 1, 1);
    double best = best_peak(threads < THREADS_MAX ? (int)threads : THREADS_MAX);

    if (best > 0) /* else there is no loop for this CPU, and no figure */
        bench_say(best, "peak.j%ld", threads);
    return 0;
}
