/* SPDX-License-Identifier: MIT
 * What the tests of the vector kernels share: random shapes and numbers,
 * comparison, one test per table.
 *
 * Tolerance: 2e-5 of the largest value of an output array.  Sums of at most
 * some thousand floats in another order differ by less. */
#ifndef TESTS_KERNCASE_H
#define TESTS_KERNCASE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/kern/kern.h"
#include "libcommon/nn/kern/kernels.h"

enum { KERN_ROUNDS = 150 };

/* From malloc: aligned to 16 bytes, less than a vector. */
static inline float *randoms(struct rng *r, size_t n)
{
    float *p = xcalloc(n, sizeof *p);

    for (size_t i = 0; i < n; i++)
        p[i] = (float)(3 * rng_normal(r));
    return p;
}

static inline size_t pick(struct rng *r, size_t low, size_t high)
{
    return low + rng_below(r, high - low + 1);
}

/* Few channels, multiples of 8 and others. */
static inline size_t pick_channels(struct rng *r)
{
    size_t c = pick(r, 1, 20);

    return rng_below(r, 2) ? c * 8 : c;
}

#define CHECK_SAME(n, want, got, what)                                       \
    do {                                                                     \
        double top_ = 1;                                                     \
        for (size_t i_ = 0; i_ < (n); i_++)                                  \
            top_ = fmax(top_, fabs((double)(want)[i_]));                     \
        for (size_t i_ = 0; i_ < (n); i_++)                                  \
            if (!(fabs((double)(want)[i_] - (double)(got)[i_]) <=            \
                  2e-5 * top_))                                              \
                fail_msg("%s %s: element %zu of %zu is %g, not %g", k->name, \
                         what, i_, (size_t)(n), (double)(got)[i_],           \
                         (double)(want)[i_]);                                \
    } while (0)

/* Run check with the kernels of that name, if the CPU does.  (cmocka's skip()
 * is "not ok" in TAP.) */
static inline void kern_check_variant(void (*check)(const struct kernels *),
                                      const char *name)
{
    const struct kernels *k = kern_variant(name);

    if (!k) {
        print_message("# this CPU does not run %s\n", name);
        return;
    }
    check(k);
}

/* One test per table. */
#define KERN_VARIANTS(check)                 \
    static void test_scalar(void **state)    \
    {                                        \
        (void)state;                         \
        kern_check_variant(check, "scalar"); \
    }                                        \
    static void test_avx2(void **state)      \
    {                                        \
        (void)state;                         \
        kern_check_variant(check, "avx2");   \
    }                                        \
    static void test_avx512(void **state)    \
    {                                        \
        (void)state;                         \
        kern_check_variant(check, "avx512"); \
    }

/* A program of these only. */
#define KERN_VARIANTS_MAIN(check)                         \
    KERN_VARIANTS(check)                                  \
    int main(void)                                        \
    {                                                     \
        const struct CMUnitTest tests[] = {               \
            cmocka_unit_test(test_scalar),                \
            cmocka_unit_test(test_avx2),                  \
            cmocka_unit_test(test_avx512),                \
        };                                                \
        kernels_thread_start();                           \
        return cmocka_run_group_tests(tests, NULL, NULL); \
    }

#endif
