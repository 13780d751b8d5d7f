/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/nn/calibration.h"
#include "tests/unit/thresholds_ref.h"

static void test_reference(void **state)
{
    (void)state;
    assert_float_equal(ece_of_logits(ref_logits[0], ref_labels, REF_N,
                                     REF_CLASSES, 30), ref_ece30, 1e-12);
    assert_float_equal(ece_of_logits(ref_logits[0], ref_labels, REF_N,
                                     REF_CLASSES, 10), ref_ece10, 1e-12);
}

/* Two classes: logits (log 3, 0) give 3/4 and 1/4.  Of four such samples, two
 * are right: |2/4 - 3/4| = 1/4. */
static void test_by_hand(void **state)
{
    (void)state;
    const float l = logf(3);
    const float logits[] = { l, 0, l, 0, 0, l, 0, l };
    const int32_t labels[] = { 0, 1, 1, 0 };
    assert_float_equal(softmax_max(logits, 2), 0.75, 1e-7);
    assert_float_equal(ece_of_logits(logits, labels, 4, 2, 30), 0.25, 1e-7);
    const int32_t right[] = { 0, 0, 1, 1 };
    assert_float_equal(ece_of_logits(logits, right, 4, 2, 30), 0.25, 1e-7);
}

/* Huge logits neither overflow nor divide by zero. */
static void test_large_logits(void **state)
{
    (void)state;
    const float logits[] = { 3e38f, -3e38f, -3e38f, 3e38f };
    const int32_t labels[] = { 0, 1 };
    assert_float_equal(ece_of_logits(logits, labels, 2, 2, 30), 0, 0);
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
    const float x[] = { 1, 2, 2 };
    assert_int_equal(logits_argmax(x, 3), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_large_logits),
        cmocka_unit_test(test_bins_are_open_below),
        cmocka_unit_test(test_ties_go_to_the_lower_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
