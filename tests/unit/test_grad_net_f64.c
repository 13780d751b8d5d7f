/* SPDX-License-Identifier: MIT
 * Gradients of whole networks with several exits. */
#include "tests/unit/gradcheck.h"
#include "tests/unit/nets.h"

static void tiny(void **state)
{
    struct arena a = {0};
    struct net net;

    (void)state;
    nets_tiny(&net, &a, 8, 3, 4);
    gradcheck(&net, 5, 1);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiny),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
