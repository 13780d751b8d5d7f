/* SPDX-License-Identifier: MIT
 * Gradients of the heads on a frozen backbone. */
#include "tests/unit/gradcheck.h"
#include "tests/unit/tapnets.h"

static void heads(void **state)
{
    (void)state;
    for (int i = 0; i < TAPNETS_COUNT; i++) {
        struct arena a = {0};
        struct net net;

        tapnets[i](&net, &a);
        gradcheck_frozen(&net, 5, 1);
        gradcheck_frozen(&net, 2, 2); /* fewer images than shards */
        arena_free(&a);
    }
}

/* The same nets end to end: heads that begin with what has no parameters. */
static void whole(void **state)
{
    (void)state;
    for (int i = 0; i < TAPNETS_COUNT; i++) {
        struct arena a = {0};
        struct net net;

        tapnets[i](&net, &a);
        gradcheck(&net, 5, 3);
        arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads),
        cmocka_unit_test(whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
