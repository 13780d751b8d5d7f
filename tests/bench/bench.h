/* SPDX-License-Identifier: MIT
 * What the programs of the benchmark share.  Each prints lines for bench.sh:
 *
 *     bench_say(value, "train.%s.j%d", net, threads);     a figure: KEY VALUE
 *     bench_fact(macs, "macs.%s", net);       what the work was: =KEY VALUE;
 *                                             the peer must say the same
 *
 * Times are medians of many calls: as many as fit into the given seconds, and
 * five at least, after three that do not count.  peer.py does the same. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "libcommon/base/err.h"

enum { BENCH_WARM = 3, BENCH_LEAST = 5, BENCH_MOST = 10000 };

static inline double bench_seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Wall time, and CPU time of all threads: what one thread takes is steadier in
 * the latter. */
enum { WALL = CLOCK_MONOTONIC, CPU = CLOCK_PROCESS_CPUTIME_ID };

static inline int bench_ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static inline double bench_median(double *t, size_t n)
{
    qsort(t, n, sizeof *t, bench_ascending);
    return n % 2 ? t[n / 2] : (t[n / 2 - 1] + t[n / 2]) / 2;
}

/* Seconds of a call of run. */
static inline double bench_time(clockid_t clock, double seconds,
                                void (*run)(void *), void *ctx)
{
    static double t[BENCH_MOST];
    size_t n = 0;

    for (int i = 0; i < BENCH_WARM; i++)
        run(ctx);
    for (double end = bench_seconds(clock) + seconds,
                start = bench_seconds(clock);
         n < BENCH_MOST && (n < BENCH_LEAST || start < end);) {
        run(ctx);
        double stop = bench_seconds(clock);
        t[n++] = stop - start;
        start = stop;
    }
    return bench_median(t, n);
}

static inline void PRINTF(2, 3) bench_say(double value, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("\t%.6g\n", value);
}

static inline void PRINTF(2, 3) bench_fact(int64_t value, const char *fmt, ...)
{
    va_list ap;

    putchar('=');
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("\t%lld\n", (long long)value);
}

static inline void bench_must(int rc, const struct err *e)
{
    if (rc >= 0)
        return;
    fprintf(stderr, "%s\n", e->text);
    exit(1);
}

/* The i-th argument as a number from least on, or what it is without one. */
static inline long bench_arg(int argc, char **argv, int i, long least,
                             long other)
{
    char *end;

    if (i >= argc)
        return other;
    long v = strtol(argv[i], &end, 10);
    if (*end || end == argv[i] || v < least) {
        fprintf(stderr, "%s: '%s' is no number from %ld\n", argv[0], argv[i],
                least);
        exit(2);
    }
    return v;
}

#endif
