/* SPDX-License-Identifier: MIT
 * Binomial tails and bounds against SciPy's values, and against one another. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/stats/binomial.h"
#include "tests/unit/binomial_ref.h"

static void near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.17g is not %.17g", a, b);
}

/* Logarithms that differ by 1e-9 are probabilities that do so relative to
 * themselves. */
static void tails_like_scipy(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ref_tails); i++)
        near(binomial_log_tail(ref_tails[i].k, ref_tails[i].n, ref_tails[i].p),
             ref_tails[i].log_tail, 1e-9 + 1e-11 * -ref_tails[i].log_tail);
}

static void bounds_like_scipy(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ref_bounds); i++) {
        uint64_t k = ref_bounds[i].k, n = ref_bounds[i].n;

        near(binomial_upper(k, n, ref_bounds[i].confidence),
             ref_bounds[i].upper, 1e-10);
        near(1 - binomial_upper(n - k, n, ref_bounds[i].confidence),
             ref_bounds[i].lower, 1e-10);
    }
}

static void ends(void **state)
{
    (void)state;
    assert_true(binomial_log_tail(0, 0, 0.5) == 0); /* ln 1 */
    assert_true(binomial_log_tail(3, 3, 1) == 0);
    assert_true(binomial_log_tail(2, 3, 0) == 0);
    assert_true(binomial_log_tail(2, 3, 1) == -INFINITY);
    assert_true(binomial_upper(0, 0, 0.95) == 1);
    /* Smaller than any double, and still in order. */
    assert_true(binomial_log_tail(0, 100000, 0.5) <
                binomial_log_tail(1, 100000, 0.5));
    assert_true(binomial_log_tail(1, 100000, 0.5) < -60000);
}

/* The upper bound keeps a limit exactly where the tail at the limit is rare. */
static void test_and_bound_agree(void **state)
{
    size_t sure = 0;

    (void)state;
    for (uint64_t n = 1; n < 400; n += 7)
        for (uint64_t k = 0; k <= n && k < 30; k++) {
            bool rare = binomial_log_tail(k, n, 0.05) <= log1p(-0.95);

            assert_int_equal(binomial_upper(k, n, 0.95) <= 0.05, rare);
            sure += rare;
        }
    assert_true(sure > 100);
}

static void samples_needed(void **state)
{
    (void)state;
    assert_int_equal(binomial_samples(0, 0.01, 0.95), 299);
    assert_int_equal(binomial_samples(0, 0.5, 0.95), 5);
    assert_int_equal(binomial_samples(0, 1, 0.95), 1);
    assert_int_equal(binomial_samples(0.01, 0.01, 0.95), 0);
    assert_int_equal(binomial_samples(0.2, 0.1, 0.95), 0);
    assert_int_equal(binomial_samples(0, 0, 0.95), 0);
    /* With a share: enough, and near the fewest there are. */
    for (double share = 0.001; share < 0.009; share += 0.002) {
        uint64_t n = binomial_samples(share, 0.01, 0.95), least = 299;

        assert_true(binomial_upper((uint64_t)ceil(share * (double)n - 1e-6), n,
                                   0.95) <= 0.01);
        while (binomial_log_tail((uint64_t)ceil(share * (double)least - 1e-6),
                                 least, 0.01) > log1p(-0.95))
            least++;
        assert_true(least > 299 && n >= least && 2 * n < 3 * least);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tails_like_scipy),
        cmocka_unit_test(bounds_like_scipy),
        cmocka_unit_test(ends),
        cmocka_unit_test(test_and_bound_agree),
        cmocka_unit_test(samples_needed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
