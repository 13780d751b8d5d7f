/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/graph/backbone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/space/place.h"

/* The sums that net_check holds a net to. */
static int64_t macs_of(const struct net *n)
{
    int64_t sum = 0;

    for (size_t i = 0; i < n->layers.n; i++)
        sum += net_layer(n, i)->macs;
    return sum;
}

/* From every corner: a valid net, one exit, nothing of the heads left, and the
 * cost of a net whose exits were never there. */
static void without_exits(void **state)
{
    const char *spec = "ofa-mbv3:width=0.35,res=16,classes=5,exits=4";
    struct place_opts o = {MACS_TRUE, POOL_DIVISORS};
    struct arena a = {0};
    struct space *s;
    struct err e = {0};
    int64_t genome[64];
    struct ints g = {genome, 0};

    (void)state;
    assert_int_equal(space_open(spec, &s, &e), 0);
    g.n = s->genes.n;
    assert_true(g.n <= 64);
    for (int corner = 0; corner < 2; corner++) {
        struct net whole, b;
        char id[HASH_HEX];
        int64_t heads = 0;

        (corner ? space_max_corner : space_min_corner)(s, genome);
        assert_int_equal(place_net(s, &g, &o, &a, &whole, &e), 0);
        net_backbone(&b, &whole, &a);
        net_id(&b, id);
        b.id = id;
        assert_int_equal(b.exits.n, 1);
        for (size_t i = 0; i + 1 < whole.exits.n; i++)
            heads += net_exit_at(&whole, i)->head_macs;
        assert_int_equal(macs_of(&b), macs_of(&whole) - heads);
        assert_int_equal(net_exit_at(&b, 0)->gamma, macs_of(&b));
        for (size_t i = 0; i < b.layers.n; i++)
            assert_true(strncmp(net_layer(&b, i)->name, "exit", 4) != 0);
        if (net_check(&b, &e) < 0)
            fail_msg("%s", e.text);
        assert_true(b.params < whole.params && b.size_bytes < whole.size_bytes);
    }
    space_free(s);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(without_exits)};

    return cmocka_run_group_tests_name("backbone", tests, NULL, NULL);
}
