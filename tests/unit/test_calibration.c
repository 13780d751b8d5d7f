/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/base/argmax.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/calibration.h"
#include "tests/unit/temperature_ref.h"
#include "tests/unit/thresholds_ref.h"

static void test_reference(void **state)
{
    (void)state;
    assert_float_equal(
        ece_of_logits(ref_logits[0], ref_labels, REF_N, REF_CLASSES, 30, 1),
        ref_ece30, 1e-12);
    assert_float_equal(
        ece_of_logits(ref_logits[0], ref_labels, REF_N, REF_CLASSES, 10, 1),
        ref_ece10, 1e-12);
}

/* Two classes: logits (log 3, 0) give 3/4 and 1/4.  Of four such samples, two
 * are right: |2/4 - 3/4| = 1/4. */
static void test_by_hand(void **state)
{
    (void)state;
    const float l = logf(3);
    const float logits[] = {l, 0, l, 0, 0, l, 0, l};
    const int32_t labels[] = {0, 1, 1, 0};
    assert_float_equal(softmax_max(logits, 2, 1), 0.75, 1e-7);
    assert_float_equal(ece_of_logits(logits, labels, 4, 2, 30, 1), 0.25, 1e-7);
    const int32_t right[] = {0, 0, 1, 1};
    assert_float_equal(ece_of_logits(logits, right, 4, 2, 30, 1), 0.25, 1e-7);
}

/* Huge logits neither overflow nor divide by zero. */
static void test_large_logits(void **state)
{
    (void)state;
    const float logits[] = {3e38f, -3e38f, -3e38f, 3e38f};
    const int32_t labels[] = {0, 1};
    assert_float_equal(ece_of_logits(logits, labels, 2, 2, 30, 1), 0, 0);
}

static void test_bins_are_open_below(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 64; n++)
        for (size_t b = 1; b <= n; b++) {
            double bound = (double)b / (double)n;
            assert_int_equal(ece_bin(bound, n), b - 1);
            if (b < n)
                assert_int_equal(ece_bin(nextafter(bound, 2), n), b);
        }
    assert_int_equal(ece_bin(1, 30), 29);
    assert_int_equal(ece_bin(1e-300, 30), 0);
}

static void test_ties_go_to_the_lower_class(void **state)
{
    (void)state;
    const float x[] = {1, 2, 2};
    assert_int_equal(argmax(x, 3), 1);
}

/* ---- temperature ---- */

static void test_temperature_reference(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ref_t); i++) {
        const float *z = ref_t[i].logits;
        size_t classes = ref_t[i].classes;
        double t = fit_temperature(z, ref_t[i].labels, REF_T_N, classes);
        assert_float_equal(t / ref_t[i].temperature, 1, 1e-9);
        assert_float_equal(
            ece_of_logits(z, ref_t[i].labels, REF_T_N, classes, ECE_BINS, t),
            ref_t[i].ece, 1e-9);
        assert_float_equal(softmax_margin(z, classes, t), ref_t[i].margin,
                           1e-9);
        assert_float_equal(softmax_certainty(z, classes, t), ref_t[i].certainty,
                           1e-9);
    }
}

/* Logits times a power of two ask for that temperature times it. */
static void test_temperature_scales(void **state)
{
    (void)state;
    float z[REF_T_N * 10];
    for (size_t k = 0; k < REF_T_N * 10; k++)
        z[k] = 0.25f * ref_t[2].logits[k];
    double t = fit_temperature(z, ref_t[2].labels, REF_T_N, 10);
    assert_float_equal(4 * t / ref_t[2].temperature, 1, 1e-9);
}

/* All right: the colder the better; all wrong: the hotter.  Nothing said: as it
 * is.  Three of four right with logits (1, 0): e^b / (1 + e^b) = 3/4. */
static void test_temperature_bounds(void **state)
{
    (void)state;
    const float z[] = {1, 0, 1, 0, 1, 0, 1, 0}, none[8] = {0},
                huge[] = {3e38f, -3e38f, -3e38f, 3e38f};
    const int32_t right[] = {0, 0, 0, 0}, wrong[] = {1, 1, 1, 1},
                  most[] = {0, 1, 0, 0}, half[] = {0, 0};
    assert_float_equal(fit_temperature(z, right, 4, 2), TEMPERATURE_MIN, 0);
    assert_float_equal(fit_temperature(z, wrong, 4, 2), TEMPERATURE_MAX, 0);
    assert_float_equal(fit_temperature(none, most, 4, 2), 1, 0);
    assert_float_equal(fit_temperature(z, right, 4, 1), 1, 0);
    assert_float_equal(fit_temperature(z, most, 4, 2), 1 / log(3), 1e-11);
    double t = fit_temperature(huge, half, 2, 2);
    assert_true(t >= TEMPERATURE_MIN && t <= TEMPERATURE_MAX);
}

/* 3/4 and 1/4; at temperature 1/2 the odds are squared: 9/10 and 1/10. */
static void test_sureness(void **state)
{
    (void)state;
    const float z[] = {0, logf(3)}, tie[] = {2, 2}, sure[] = {900, 0};
    double h = -(0.75 * log(0.75) + 0.25 * log(0.25)) / log(2);
    assert_float_equal(softmax_margin(z, 2, 1), 0.5, 1e-7);
    assert_float_equal(softmax_certainty(z, 2, 1), 1 - h, 1e-7);
    assert_float_equal(softmax_max(z, 2, 0.5), 0.9, 1e-7);
    assert_float_equal(softmax_margin(z, 2, 0.5), 0.8, 1e-7);
    assert_float_equal(softmax_margin(tie, 2, 1), 0, 0);
    assert_float_equal(softmax_certainty(tie, 2, 1), 0, 1e-15);
    assert_float_equal(softmax_margin(sure, 2, 1), 1, 0);
    assert_float_equal(softmax_certainty(sure, 2, 1), 1, 0);
    assert_float_equal(softmax_margin(z, 1, 1), 1, 0);
    assert_float_equal(softmax_certainty(z, 1, 1), 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_large_logits),
        cmocka_unit_test(test_bins_are_open_below),
        cmocka_unit_test(test_ties_go_to_the_lower_class),
        cmocka_unit_test(test_temperature_reference),
        cmocka_unit_test(test_temperature_scales),
        cmocka_unit_test(test_temperature_bounds),
        cmocka_unit_test(test_sureness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
