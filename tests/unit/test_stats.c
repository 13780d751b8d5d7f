/* SPDX-License-Identifier: MIT
 * Statistics against SciPy's values; sorting and linear systems. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/stats/linear.h"
#include "libcommon/stats/sort.h"
#include "libcommon/stats/stats.h"
#include "tests/unit/paired_ref.h"
#include "tests/unit/search_ref.h"

static void near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.17g is not %.17g", a, b);
}

static void correlations_like_scipy(void **state)
{
    size_t n = ARRAY_LEN(ref_a);

    (void)state;
    near(stats_kendall(ref_a, ref_b, n), ref_tau_ab, 1e-14);
    near(stats_kendall(ref_a, ref_c, n), ref_tau_ac, 1e-14);
    near(stats_kendall(ref_c, ref_a, n), ref_tau_ac, 1e-14);
    near(stats_spearman(ref_a, ref_b, n), ref_rho_ab, 1e-14);
    near(stats_spearman(ref_a, ref_c, n), ref_rho_ac, 1e-14);
}

static void paired_like_scipy(void **state)
{
    double low, high, other_low, other_high;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ref_paired); i++) {
        stats_paired(ref_paired[i].only_a, ref_paired[i].only_b,
                     ref_paired[i].n, &low, &high);
        near(low, ref_paired[i].low, 1e-9);
        near(high, ref_paired[i].high, 1e-9);
        stats_paired(ref_paired[i].only_b, ref_paired[i].only_a,
                     ref_paired[i].n, &other_low, &other_high);
        near(other_low, -high, 1e-9);
        near(other_high, -low, 1e-9);
    }
    stats_paired(0, 0, 0, &low, &high);
    assert_true(isnan(low) && isnan(high));
}

static void correlations_of_little(void **state)
{
    double up[3] = {1, 2, 3}, down[3] = {3, 2, 1}, flat[3] = {2, 2, 2};

    (void)state;
    near(stats_kendall(up, up, 3), 1, 1e-15);
    near(stats_kendall(up, down, 3), -1, 1e-15);
    near(stats_spearman(up, down, 3), -1, 1e-15);
    assert_true(isnan(stats_kendall(up, flat, 3)));
    assert_true(isnan(stats_spearman(flat, up, 3)));
    assert_true(isnan(stats_kendall(up, up, 1)));
    assert_true(isnan(stats_kendall(up, up, 0)));
}

static void moments(void **state)
{
    double v[4] = {1, 2, 3, 6}, w[4] = {1, 2, 3, 2};

    (void)state;
    near(stats_mean(v, 4), 3, 0);
    near(stats_std_all(v, 4), sqrt(14. / 4), 1e-15);
    near(stats_rmse(v, w, 4), 2, 1e-15);
    assert_true(isnan(stats_mean(v, 0)) && isnan(stats_std_all(v, 0)));
}

static void wilson_like_scipy(void **state)
{
    double low, high;

    (void)state;
    for (const double *w = ref_wilson; w < ref_wilson + ARRAY_LEN(ref_wilson);
         w += 4) {
        stats_wilson(w[0] / w[1], w[1], &low, &high);
        near(low, w[2], 1e-14);
        near(high, w[3], 1e-14);
    }
    stats_wilson(0.5, 0, &low, &high);
    assert_true(isnan(low) && isnan(high));
    stats_wilson(1, NAN, &low, &high);
    assert_true(isnan(low) && isnan(high));
    stats_wilson(NAN, 10, &low, &high);
    assert_true(isnan(low) && isnan(high));
}

static void ranks_share_ties(void **state)
{
    double v[5] = {3, 1, 3, 2, 3}, rank[5], want[5] = {4, 1, 4, 2, 4};

    (void)state;
    stats_ranks(v, 5, rank);
    for (int i = 0; i < 5; i++)
        near(rank[i], want[i], 0);
}

/* As scipy's norm.ppf has them. */
static void normal_scores(void **state)
{
    double v[5] = {7, -1, 7, 0.5, 1e9}, score[5];
    double z = -1.2815515655446004; /* of 1 / 10 */

    (void)state;
    near(stats_normal_quantile(0.5), 0, 0);
    near(stats_normal_quantile(0.1), z, 1e-14);
    near(stats_normal_quantile(0.9), -z, 1e-14);
    near(stats_normal_quantile(1e-10), -6.361340902404056, 1e-12);
    near(stats_normal_quantile(0.975), 1.959963984540054, 1e-14);
    stats_normal_scores(v, 5, score);
    near(score[1], z, 1e-14);
    near(score[3], -0.5244005127080407, 1e-14);
    near(score[0], 0.2533471031357997, 1e-14); /* of 6 / 10 */
    near(score[2], score[0], 0);
    near(score[4], -z, 1e-14);
}

/* Ascending, ties in the order they came, whatever the length. */
static void sorting_is_stable(void **state)
{
    double f[3 * 500];
    uint32_t index[500];
    struct rng r = rng_make(3, "test", 0, 0);

    (void)state;
    for (size_t n = 0; n <= 500; n += n < 40 ? 1 : 46) {
        for (size_t i = 0; i < 3 * n; i++)
            f[i] = (double)rng_below(&r, 4);
        sort_identity(index, n);
        sort_rows(f, 3, 2, index, n);
        for (size_t i = 1; i < n; i++) {
            const double *a = f + 3 * index[i - 1], *b = f + 3 * index[i];

            assert_true(
                a[0] < b[0] || (a[0] == b[0] && a[1] < b[1]) ||
                (a[0] == b[0] && a[1] == b[1] && index[i - 1] < index[i]));
        }
    }
}

static void systems_are_solved(void **state)
{
    enum { N = 30 };
    double a[N * N], copy[N * N], x[N], b[N];
    struct rng r = rng_make(4, "test", 0, 0);

    (void)state;
    for (int i = 0; i < N * N; i++)
        copy[i] = a[i] = i % (N + 1) ? rng_normal(&r) : 0; /* zero diagonal */
    for (int i = 0; i < N; i++) {
        x[i] = rng_normal(&r);
        b[i] = 0;
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            b[i] += a[i * N + j] * x[j];
    assert_true(linear_solve(a, N, b));
    for (int i = 0; i < N; i++)
        near(b[i], x[i], 1e-10);
    for (int j = 0; j < N; j++)
        copy[5 * N + j] = copy[7 * N + j] + copy[9 * N + j];
    assert_false(linear_solve(copy, N, b));
}

static void dependence_is_seen(void **state)
{
    double a[4 * 3] = {1, 2, 3, 1, 0, 1, 1, 5, 6, 1, 7, 8};

    (void)state;
    assert_true(linear_dependent(a, 4, 3)); /* third = first + second */
    a[11] = 9;
    assert_false(linear_dependent(a, 4, 3));
    assert_true(linear_dependent(a, 3, 4)); /* more columns than rows */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(correlations_like_scipy),
        cmocka_unit_test(paired_like_scipy),
        cmocka_unit_test(correlations_of_little),
        cmocka_unit_test(moments),
        cmocka_unit_test(wilson_like_scipy),
        cmocka_unit_test(ranks_share_ties),
        cmocka_unit_test(normal_scores),
        cmocka_unit_test(sorting_is_stable),
        cmocka_unit_test(systems_are_solved),
        cmocka_unit_test(dependence_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
