/* SPDX-License-Identifier: MIT
 * Minimisation within bounds, and Cholesky factors. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/stats/minimise.h"
#include "libcommon/surrogate/cholesky.h"

static void near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.17g is not %.17g", a, b);
}

static int calls;

static double rosenbrock(void *ctx, const double *x, double *g)
{
    double a = 1 - x[0], b = x[1] - x[0] * x[0];

    (void)ctx;
    calls++;
    g[0] = -2 * a - 400 * x[0] * b;
    g[1] = 200 * b;
    return a * a + 100 * b * b;
}

static double solve(const double *low, const double *high, double *x)
{
    struct minimise m = {.n = 2,
                         .low = low,
                         .high = high,
                         .iterations = 200,
                         .tolerance = 1e-16,
                         .f = rosenbrock};

    calls = 0;
    return minimise(&m, x);
}

static void finds_the_valley(void **state)
{
    double low[2] = {-5, -5}, high[2] = {5, 5}, x[2] = {-1.2, 1};

    (void)state;
    assert_true(solve(low, high, x) < 1e-12);
    near(x[0], 1, 1e-5);
    near(x[1], 1, 1e-5);
    assert_true(calls < 120);
}

/* With x0 <= 0.5 the best is (0.5, 0.25); with x1 >= 2 it lies at
 * (1.4151..., 2); a start beyond the bounds is moved within them. */
static void bounds_hold(void **state)
{
    double low[2] = {-5, -5}, high[2] = {0.5, 5}, x[2] = {-1.2, 1};
    double low2[2] = {-5, 2}, high2[2] = {5, 5}, y[2] = {1, -9};
    double g[2];

    (void)state;
    near(solve(low, high, x), 0.25, 1e-9);
    near(x[0], 0.5, 0);
    near(x[1], 0.25, 1e-6);
    solve(low2, high2, y);
    near(y[1], 2, 0);
    rosenbrock(NULL, y, g);
    near(g[0], 0, 1e-3);
    assert_true(g[1] > 0);
}

/* Nothing beyond 1. */
static double walled(void *ctx, const double *x, double *g)
{
    (void)ctx;
    if (x[0] > 1)
        return x[0] > 2 ? NAN : INFINITY;
    g[0] = -1 / (2 - x[0]);
    return log(2 - x[0]);
}

static void steps_back_from_walls(void **state)
{
    struct minimise m = {.n = 1,
                         .low = (double[]){-9},
                         .high = (double[]){9},
                         .iterations = 50,
                         .tolerance = 1e-12,
                         .f = walled};
    double x = -3;

    (void)state;
    assert_true(minimise(&m, &x) < log(2 - 0.5));
    assert_true(x <= 1 && x > 0.5);
    x = 5;
    assert_false(isfinite(minimise(&m, &x)));
    assert_true(x == 5);
}

/* ---- Cholesky ---- */

static double *random_covariance(size_t n, struct rng *r)
{
    double *a = xcalloc(n, n * sizeof *a), *b = xcalloc(n, n * sizeof *b);

    for (size_t i = 0; i < n * n; i++)
        b[i] = rng_normal(r);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            for (size_t k = 0; k < n; k++)
                a[i * n + j] += b[i * n + k] * b[j * n + k];
            a[i * n + j] += i == j;
        }
    free(b);
    return a;
}

static double product(const double *a, const double *b, size_t n, size_t i,
                      size_t j)
{
    double sum = 0;

    for (size_t k = 0; k < n; k++)
        sum += a[i * n + k] * b[k * n + j];
    return sum;
}

static void factors_and_inverses(void **state)
{
    struct rng r = rng_make(1, "cholesky", 0, 0);

    (void)state;
    for (size_t n = 1; n < 80; n += n < 20 ? 1 : 13) {
        double *a = random_covariance(n, &r),
               *l = xmemdup(a, n * n * sizeof *a);
        double *inverse = xcalloc(n, n * sizeof *inverse);
        double *b = xcalloc(n, sizeof *b), det = 0;

        assert_true(cholesky_factor(l, n));
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++) {
                double sum = 0;

                for (size_t k = 0; k <= j; k++)
                    sum += l[i * n + k] * l[j * n + k];
                near(sum, a[i * n + j], 1e-10 * (double)n);
            }
        for (size_t i = 0; i < n; i++)
            det += 2 * log(l[i * n + i]);
        near(cholesky_log_det(l, n), det, 1e-12 * (double)n);
        for (size_t i = 0; i < n; i++)
            b[i] = (double)i - 3;
        cholesky_solve(l, n, b);
        for (size_t i = 0; i < n; i++) {
            double sum = 0;

            for (size_t k = 0; k < n; k++)
                sum += a[i * n + k] * b[k];
            near(sum, (double)i - 3, 1e-9);
        }
        cholesky_invert(l, n, inverse);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                near(product(a, inverse, n, i, j), i == j, 1e-9);
        free(a);
        free(l);
        free(inverse);
        free(b);
    }
}

static void not_positive_definite(void **state)
{
    struct rng r = rng_make(2, "cholesky", 0, 0);

    (void)state;
    for (size_t n = 1; n < 60; n += 19)
        for (size_t bad = 0; bad < n; bad += n / 2 + 1) {
            double *a = random_covariance(n, &r);

            a[bad * n + bad] = bad % 2 ? NAN : -1;
            assert_false(cholesky_factor(a, n));
            free(a);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_valley),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(steps_back_from_walls),
        cmocka_unit_test(factors_and_inverses),
        cmocka_unit_test(not_positive_definite),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
