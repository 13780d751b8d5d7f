/* SPDX-License-Identifier: MIT
 * Gradients of what imported networks are made of (importnets.h): end to end,
 * and of the heads on a frozen backbone. */
#include "tests/unit/gradcheck.h"
#include "tests/unit/importnets.h"

static void whole(void **state)
{
    (void)state;
    for (int i = 0; i < IMPORTNETS_COUNT; i++) {
        struct arena a = {0};
        struct net net;

        importnets[i](&net, &a);
        gradcheck(&net, 5, 21);
        gradcheck(&net, 2, 22); /* fewer images than shards */
        arena_free(&a);
    }
}

static void heads(void **state)
{
    (void)state;
    for (int i = 0; i < IMPORTNETS_COUNT; i++) {
        struct arena a = {0};
        struct net net;

        importnets[i](&net, &a);
        gradcheck_frozen(&net, 5, 23);
        arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole),
        cmocka_unit_test(heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
