/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/pool.h"

struct count {
    int runs[100]; /* per index */
    int inside[8]; /* per worker: must never be shared */
    int clash[8];
};

static void count_one(void *ctx, int index, int worker)
{
    struct count *c = ctx;

    c->clash[worker] += c->inside[worker]++;
    c->runs[index]++;
    c->inside[worker]--;
}

static void every_index_once(void **state)
{
    static const int threads[] = {1, 2, 3, 8};
    static const int sizes[] = {0, 1, 2, 4, 7, 100};
    struct count c;

    (void)state;
    for (size_t t = 0; t < ARRAY_LEN(threads); t++) {
        struct pool *p = pool_new(threads[t]);
        for (int round = 0; round < 300; round++) {
            int n = sizes[round % 6];
            memset(&c, 0, sizeof c);
            pool_run(p, n, count_one, &c);
            for (int i = 0; i < 100; i++)
                assert_int_equal(c.runs[i], i < n);
            for (int i = 0; i < 8; i++)
                assert_int_equal(c.clash[i], 0);
        }
        pool_free(p);
    }
    memset(&c, 0, sizeof c);
    pool_run(NULL, 3, count_one, &c);
    assert_int_equal(c.runs[0] + c.runs[1] + c.runs[2], 3);
    pool_free(NULL);
}

/* What one loop wrote, the next must see, whoever runs it. */
static void add_neighbours(void *ctx, int index, int worker)
{
    int64_t(*v)[64] = ctx;
    int64_t round = v[0][0];

    (void)worker;
    if (index > 0)
        v[2 - round % 2][index] = v[1 + round % 2][index - 1] + 1;
}

static void loops_follow_each_other(void **state)
{
    static int64_t v[3][64];
    struct pool *p = pool_new(3);

    (void)state;
    memset(v, 0, sizeof v);
    for (int64_t round = 0; round < 2000; round++) {
        v[0][0] = round;
        pool_run(p, 64, add_neighbours, v);
    }
    for (int i = 1; i < 64; i++)
        assert_int_equal(v[1][i], i);
    pool_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_index_once),
        cmocka_unit_test(loops_follow_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
