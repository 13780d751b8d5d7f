/* SPDX-License-Identifier: MIT
 * Who reads each layer's numbers last: by hand, with views of views, the image
 * read late, a layer nobody reads. */
#include "libcommon/nn/graph/lifetimes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/netbuild.h"

static void by_hand(void **state)
{
    static const struct lifetime want[] = {
        {.size = 32, .owner = 0, .from = 0, .to = 6}, /* image (4, 4, 2) */
        {.size = 48, .owner = 1, .from = 0, .to = 5}, /* 0: conv to 3 */
        {.size = 0, .owner = 1, .from = 1, .to = 1},  /* 1: flatten of 0 */
        {.size = 0, .owner = 1, .from = 2, .to = 2},  /* 2: flatten of 1 */
        {.size = 32, .owner = 4, .from = 3, .to = 4}, /* 3: add image */
        {.size = 2, .owner = 5, .from = 4, .to = 4},  /* 4: pool, not read */
        {.size = 7, .owner = 6, .from = 5, .to = 7},  /* 5: linear of 2 */
        {.size = 0, .owner = 0, .from = 6, .to = 6},  /* 6: flatten image */
        {.size = 7, .owner = 8, .from = 7, .to = 7},  /* 7: act of 5 */
    };
    struct arena a = {0};
    struct net n;
    struct net_builder b = build_net(&n, &a, 4, 4, 2, 3);
    struct lifetime *v;
    int64_t x, y;

    (void)state;
    x = build_conv(&b, "0", NET_IMAGE, 3, 1, 1, 0, ACT_NONE);
    x = build_simple(&b, "1", OP_FLATTEN, x, ACT_NONE);
    x = build_simple(&b, "2", OP_FLATTEN, x, ACT_NONE);
    y = build_add(&b, "3", NET_IMAGE, NET_IMAGE, ACT_RELU);
    build_simple(&b, "4", OP_GLOBALPOOL, y, ACT_NONE);
    x = build_linear(&b, "5", x, 7, 0, ACT_NONE);
    build_simple(&b, "6", OP_FLATTEN, NET_IMAGE, ACT_NONE);
    build_simple(&b, "7", OP_ACT, x, ACT_RELU);
    v = net_lifetimes(&n);
    assert_int_equal(n.layers.n + 1, ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        assert_int_equal(v[i].size, want[i].size);
        assert_int_equal(v[i].owner, want[i].owner);
        assert_int_equal(v[i].from, want[i].from);
        assert_int_equal(v[i].to, want[i].to);
    }
    free(v);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand)};

    return cmocka_run_group_tests_name("lifetimes", tests, NULL, NULL);
}
