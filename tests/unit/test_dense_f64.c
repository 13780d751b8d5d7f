/* SPDX-License-Identifier: MIT
 * The small dense network against PyTorch and against finite differences, in
 * double. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/surrogate/dense.h"
#include "tests/unit/surrogate_ref.h"

#define ROWS 7

static void near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.17g is not %.17g", a, b);
}

static struct dense reference_net(void)
{
    struct dense d;

    dense_init(&d, 4, (size_t[]){5, 4, 6, 3, 1});
    assert_int_equal(d.count, ARRAY_LEN(ref_dense_start));
    memcpy(d.params, ref_dense_start, sizeof ref_dense_start);
    return d;
}

static void three_steps_like_pytorch(void **state)
{
    struct dense d = reference_net();
    struct trainer t;

    (void)state;
    trainer_init(&t, &d, ROWS);
    for (int step = 0; step < 3; step++) {
        double loss = dense_gradient(&d, &t, ROWS, ref_dense_x, ref_dense_y,
                                     ref_dense_keep);

        near(loss, ref_dense_loss[step], 1e-13);
        for (size_t i = 0; !step && i < d.count; i++)
            near(t.grad[i], ref_dense_grad[i], 1e-13);
        dense_adam(&d, &t, 0.01);
    }
    for (size_t i = 0; i < d.count; i++)
        near(d.params[i], ref_dense_end[i], 1e-12);
    trainer_fini(&t);
    dense_fini(&d);
}

static double loss_of(const struct dense *d, struct trainer *t,
                      const double *keep)
{
    return dense_gradient(d, t, ROWS, ref_dense_x, ref_dense_y, keep);
}

/* Every derivative, with and without dropout; the step is small enough that
 * hardly a ReLU changes sides, and one that does shows as a large error. */
static void gradient_by_differences(void **state)
{
    const double *keep[] = {NULL, ref_dense_keep};
    struct dense d = reference_net();
    struct trainer t, other;

    (void)state;
    trainer_init(&t, &d, ROWS);
    trainer_init(&other, &d, ROWS);
    for (size_t k = 0; k < ARRAY_LEN(keep); k++) {
        loss_of(&d, &t, keep[k]);
        for (size_t i = 0; i < d.count; i++) {
            double at = d.params[i], high, low;

            d.params[i] = at + 1e-6;
            high = loss_of(&d, &other, keep[k]);
            d.params[i] = at - 1e-6;
            low = loss_of(&d, &other, keep[k]);
            d.params[i] = at;
            near((high - low) / 2e-6, t.grad[i], 1e-8);
        }
    }
    trainer_fini(&t);
    trainer_fini(&other);
    dense_fini(&d);
}

/* However many rows at once, the bits are the same. */
static void rows_do_not_matter(void **state)
{
    struct dense d;
    double x[150 * 5], y[150], one;
    struct rng r = rng_make(1, "test", 0, 0);

    (void)state;
    dense_init(&d, 3, (size_t[]){5, 33, 17, 1});
    for (size_t i = 0; i < d.count; i++)
        d.params[i] = rng_normal(&r);
    for (size_t i = 0; i < ARRAY_LEN(x); i++)
        x[i] = rng_normal(&r);
    dense_predict(&d, 150, x, y);
    for (size_t i = 0; i < 150; i++) {
        dense_predict(&d, 1, x + 5 * i, &one);
        assert_true(one == y[i]);
    }
    dense_predict(&d, 0, x, y);
    dense_fini(&d);
}

/* One layer is linear regression: Adam finds it. */
static void learns_a_line(void **state)
{
    static const double truth[3] = {2, -1, 0.5};
    struct dense d;
    struct trainer t;
    double x[32 * 2], y[32];
    struct rng r = rng_make(2, "test", 0, 0);

    (void)state;
    dense_init(&d, 1, (size_t[]){2, 1});
    trainer_init(&t, &d, 32);
    for (size_t i = 0; i < 32; i++) {
        x[2 * i] = rng_normal(&r);
        x[2 * i + 1] = rng_normal(&r);
        y[i] = truth[0] * x[2 * i] + truth[1] * x[2 * i + 1] + truth[2];
    }
    for (int i = 0; i < 2000; i++) {
        dense_gradient(&d, &t, 32, x, y, NULL);
        dense_adam(&d, &t, 0.02);
    }
    for (size_t i = 0; i < 3; i++)
        near(d.params[i], truth[i], 1e-3);
    trainer_fini(&t);
    dense_fini(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_steps_like_pytorch),
        cmocka_unit_test(gradient_by_differences),
        cmocka_unit_test(rows_do_not_matter),
        cmocka_unit_test(learns_a_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
