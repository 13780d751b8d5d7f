/* SPDX-License-Identifier: MIT
 * Spans packed into one block: by hand, and at random against what must hold. */
#include "libcommon/nn/graph/spans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"

static void by_hand(void **state)
{
    /* In the order of placing: 4 at 0; 3 meets it in step 1, so it lies behind
     * at 4; 2 meets 3 alone and fits in front; 1 meets all three in turn and
     * ends up behind 3. */
    struct span v[] = {
        {.size = 2, .from = 2, .to = 3},
        {.size = 4, .from = 0, .to = 1},
        {.size = 1, .from = 0, .to = 3},
        {.size = 3, .from = 1, .to = 2},
    };

    (void)state;
    assert_int_equal(spans_pack(v, ARRAY_LEN(v)), 8);
    assert_int_equal(v[0].offset, 0);
    assert_int_equal(v[1].offset, 0);
    assert_int_equal(v[2].offset, 7);
    assert_int_equal(v[3].offset, 4);
    assert_int_equal(spans_pack(v, 0), 0);
}

/* Of equals the first in the list lies lowest; offsets are made anew. */
static void equals(void **state)
{
    struct span v[] = {
        {.size = 5, .from = 3, .to = 4},
        {.size = 5, .from = 0, .to = 9},
        {.size = 5, .from = 4, .to = 4},
        {.size = 5, .from = 5, .to = 6},
    };

    (void)state;
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(spans_pack(v, ARRAY_LEN(v)), 15);
        assert_int_equal(v[0].offset, 0);
        assert_int_equal(v[1].offset, 5);
        assert_int_equal(v[2].offset, 10);
        assert_int_equal(v[3].offset, 0);
    }
}

static bool both_alive(const struct span *a, const struct span *b)
{
    return a->from <= b->to && b->from <= a->to;
}

/* No two meet, the total is what they reach and lies within the bounds of
 * spans.h. */
static void at_random(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 200; round++) {
        struct rng r = rng_make(1, "spans", round, 0);
        struct span v[40];
        size_t n = 1 + rng_below(&r, 40), reach = 0, load = 0, bound = 0;

        for (size_t i = 0; i < n; i++) {
            v[i].size = 1 + rng_below(&r, 30);
            v[i].from = (int)rng_below(&r, 20);
            v[i].to = v[i].from + (int)rng_below(&r, 6);
        }
        size_t total = spans_pack(v, n);
        for (size_t i = 0; i < n; i++) {
            size_t end = v[i].offset + v[i].size, beside = v[i].size;

            reach = end > reach ? end : reach;
            for (size_t k = 0; k < n; k++) {
                if (k == i || !both_alive(&v[i], &v[k]))
                    continue;
                assert_true(v[k].offset >= end ||
                            v[k].offset + v[k].size <= v[i].offset);
                beside += v[k].size >= v[i].size ? 2 * v[k].size : 0;
            }
            bound = beside > bound ? beside : bound;
        }
        for (int step = 0; step < 26; step++) {
            size_t alive = 0;

            for (size_t i = 0; i < n; i++)
                alive += v[i].from <= step && step <= v[i].to ? v[i].size : 0;
            load = alive > load ? alive : load;
        }
        assert_int_equal(total, reach);
        assert_true(load <= total && total <= bound);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(equals),
        cmocka_unit_test(at_random),
    };

    return cmocka_run_group_tests_name("spans", tests, NULL, NULL);
}
