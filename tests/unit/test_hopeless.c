/* SPDX-License-Identifier: MIT
 * Hopeless exits against every threshold that there is, tried with NumPy, and at
 * the edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "tools/eenn-train/hopeless.h"

#define CLASSES 3
#define MOST 1000

/* What tests/reference/hopeless.py printed: the seed and the number of the
 * samples, how skilled exit and final exit are, and the least loss at which there
 * is hope. */
static const struct {
    uint64_t seed;
    size_t n;
    uint64_t skill, final_skill;
    double least;
} cases[] = {
    {1, 50, 5, 60, 0.1111111111111111},      {2, 300, 0, 95, -0.25},
    {3, 99, 70, 70, -0.13043478260869568},   {4, 101, 0, 100, 0},
    {5, 1000, 40, 95, -0.20000000000000007}, {6, 7, 0, 100, 0},
    {7, 640, 0, 60, 0.15909090909090912},
};

/* The script's generator and logits. */
static uint64_t state;

static uint64_t below(uint64_t n)
{
    state = (state * 1103515245 + 12345) % (UINT64_C(1) << 31);
    return (state >> 16) % n;
}

static void make_logits(size_t n, const int32_t *labels, uint64_t skill,
                        float *out)
{
    for (size_t i = 0; i < n; i++, out += CLASSES) {
        if (i % 3 == 2) {
            memcpy(out, out - CLASSES, CLASSES * sizeof *out);
            continue;
        }
        for (size_t k = 0; k < CLASSES; k++)
            out[k] = (float)below(4096) / 1024;
        if (below(100) < skill)
            out[labels[i]] += 2;
    }
}

static void numpy_values(void **unused)
{
    static float exit_logits[MOST * CLASSES], final[MOST * CLASSES];
    static int32_t labels[MOST];

    (void)unused;
    for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
        size_t n = cases[c].n;

        state = cases[c].seed;
        for (size_t i = 0; i < n; i++)
            labels[i] = (int32_t)below(CLASSES);
        make_logits(n, labels, cases[c].skill, exit_logits);
        make_logits(n, labels, cases[c].final_skill, final);
        assert_true(hopeless_has_hope(exit_logits, final, labels, n, CLASSES,
                                      cases[c].least + 1e-9));
        assert_false(hopeless_has_hope(exit_logits, final, labels, n, CLASSES,
                                       cases[c].least - 1e-9));
    }
}

/* Of 200 samples the surest one is not enough, two are; samples that are equally
 * sure leave together. */
static void a_hundredth(void **unused)
{
    static float exit_logits[200 * 2], final[200 * 2];
    static int32_t labels[200];

    (void)unused;
    for (size_t i = 0; i < 200; i++) {
        final[2 * i] = 1; /* right about all of them */
        exit_logits[2 * i + (i > 0)] = 9 - (float)i / 100;
    }
    assert_false(hopeless_has_hope(exit_logits, final, labels, 200, 2, 0.49));
    assert_true(hopeless_has_hope(exit_logits, final, labels, 200, 2, 0.5));
    exit_logits[2] = 7.5f; /* the second is right, but less sure */
    exit_logits[3] = 0;
    exit_logits[2 * 2 + 1] = 3;
    assert_false(hopeless_has_hope(exit_logits, final, labels, 200, 2, 0));
    exit_logits[2] = 9;
    assert_true(hopeless_has_hope(exit_logits, final, labels, 200, 2, 0));
    exit_logits[2 * 50 + 1] = 9; /* as sure as those two, and wrong */
    assert_false(hopeless_has_hope(exit_logits, final, labels, 200, 2, 0.33));
    assert_true(hopeless_has_hope(exit_logits, final, labels, 200, 2, 0.34));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numpy_values),
        cmocka_unit_test(a_hundredth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
