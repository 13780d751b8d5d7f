/* SPDX-License-Identifier: MIT
 * The small matrix product, in float and in double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/surrogate/matmul.h"

#define MAX 600

#define ELEMENT float
#define TYPED(name) name##_f32
#include "tests/unit/matmul_check.h"

#define ELEMENT double
#define TYPED(name) name##_f64
#include "tests/unit/matmul_check.h"

static void plain_runs_everywhere(void **state)
{
    float x = 2, y = 3, z;

    (void)state;
    assert_true(matmul_by_f32("plain", MATMUL_SET, 1, 1, 1,
                              (struct matrix_f32){&x, 1, 1},
                              (struct matrix_f32){&y, 1, 1}, &z, 1));
    assert_true(z == 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(like_a_plain_loop_f32),
        cmocka_unit_test(like_a_plain_loop_f64),
        cmocka_unit_test(nothing_to_sum_f32),
        cmocka_unit_test(nothing_to_sum_f64),
        cmocka_unit_test(plain_runs_everywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
