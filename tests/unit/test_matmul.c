/* SPDX-License-Identifier: MIT
 * The small matrix product: every variant gives the bits of a plain loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/surrogate/matmul.h"

#define MAX 600

static real a[64 * MAX], b[MAX * 90], c[64 * 90], want[64 * 90];

static void naive(enum matmul_mode mode, size_t m, size_t n, size_t k,
                  struct view x, struct view y, real *z, size_t ldz)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            real sum = mode == MATMUL_SET ? 0 : z[i * ldz + j];

            for (size_t p = 0; p < k; p++) {
                real term = x.v[i * x.row + p * x.col]
                            * y.v[p * y.row + j * y.col];

                sum = mode == MATMUL_SUBTRACT ? sum - term : sum + term;
            }
            z[i * ldz + j] = sum;
        }
}

static void fill(real *v, size_t n, struct rng *r)
{
    for (size_t i = 0; i < n; i++)
        v[i] = (real)rng_normal(r);
}

static void check(size_t m, size_t n, size_t k, bool ta, bool tb)
{
    struct view x = ta ? (struct view){a, 1, m} : (struct view){a, k, 1};
    struct view y = tb ? (struct view){b, 1, k} : (struct view){b, n, 1};

    for (const struct matmul_variant *v = matmul_variants; v->name; v++)
        for (int mode = MATMUL_SET; mode <= MATMUL_SUBTRACT; mode++) {
            struct rng r = rng_make(1, "matmul", m * 1000 + n, k);

            if (!v->runs())
                continue;
            fill(a, m * k, &r);
            fill(b, k * n, &r);
            fill(c, m * n, &r);
            memcpy(want, c, sizeof c);
            matmul_by(v, mode, m, n, k, x, y, c, n);
            naive(mode, m, n, k, x, y, want, n);
            if (memcmp(c, want, sizeof c) != 0)
                fail_msg("%s: (%zu, %zu, %zu) differs", v->name, m, n, k);
        }
}

static void like_a_plain_loop(void **state)
{
    static const size_t size[] = {1, 3, 7, 32, 64};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(size); i++)
        for (size_t j = 0; j < ARRAY_LEN(size); j++)
            for (size_t p = 0; p < ARRAY_LEN(size); p++)
                for (int t = 0; t < 4; t++)
                    check(size[i], size[j], size[p], t & 1, t & 2);
    check(3, 90, 600, false, true);
    check(64, 5, 257, true, false);
}

static void nothing_to_sum(void **state)
{
    (void)state;
    c[0] = 5;
    matmul(MATMUL_ADD, 1, 1, 0, (struct view){a, 1, 1}, (struct view){b, 1, 1},
           c, 1);
    assert_true(c[0] == 5);
    matmul(MATMUL_SET, 1, 1, 0, (struct view){a, 1, 1}, (struct view){b, 1, 1},
           c, 1);
    assert_true(c[0] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(like_a_plain_loop),
        cmocka_unit_test(nothing_to_sum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
