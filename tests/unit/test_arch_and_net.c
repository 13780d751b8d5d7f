/* SPDX-License-Identifier: MIT
 * arch and net records: there and back, and what decoding refuses. */
#include "formats/arch.h"
#include "formats/net.h"
#include "formats/summary.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/space/place.h"
#include "tests/unit/nets.h"

static struct arena arena;

static int forget(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* Encoded, decoded, encoded again: the same bytes. */
static void there_and_back(const struct schema *s, const void *data,
                           void *again)
{
    struct buf first = {0}, second = {0};
    struct err e;

    nets_must(schema_encode(s, data, &first, &e), &e);
    nets_must(schema_decode(s, first.data, first.len, &arena, again, &e), &e);
    nets_must(schema_encode(s, again, &second, &e), &e);
    assert_int_equal(first.len, second.len);
    assert_memory_equal(first.data, second.data, first.len);
    buf_free(&second);
    buf_free(&first);
}

static struct arch arch_of(const char *spec)
{
    struct space *s;
    struct err e;
    static struct prediction expected[] = {{(char *)"accuracy", 0.75},
                                           {(char *)"time", -3}};
    struct arch a = {.origin = {2, 7},
                     .predicted = {expected, ARRAY_LEN(expected)},
                     .predicted_accuracy = NAN,
                     .predicted_macs = NAN};

    nets_must(space_open(spec, &s, &e), &e);
    a.space = arena_strdup(&arena, s->spec);
    a.genome = (struct ints){arena_alloc(&arena, s->genes.n, sizeof(int64_t)),
                             s->genes.n};
    space_max_corner(s, a.genome.v);
    a.id = arena_alloc(&arena, HASH_HEX, 1);
    space_arch_id(s, &a.genome, a.id);
    space_free(s);
    return a;
}

static void arches(void **state)
{
    struct arch a = arch_of("ofa-mbv3"), b;
    const struct prediction *p;

    (void)state;
    there_and_back(&schema_arch, &a, &b);
    assert_string_equal(a.id, b.id);
    assert_string_equal(a.space, b.space);
    assert_memory_equal(a.genome.v, b.genome.v, 49 * sizeof(int64_t));
    assert_int_equal(b.origin.slot, 7);
    assert_null(b.design);
    p = b.predicted.v;
    assert_int_equal(b.predicted.n, 2);
    assert_string_equal(p[1].name, "time");
    assert_true(p[0].value == 0.75 && p[1].value == -3);
    a.origin = (struct origin){NIL_INT, NIL_INT};
    a.design = a.space;
    there_and_back(&schema_arch, &a, &b);
    assert_int_equal(b.origin.iteration, NIL_INT);
}

static void refuses(const struct schema *s, const void *data, const char *what)
{
    struct buf out = {0};
    struct err e;

    assert_int_equal(schema_encode(s, data, &out, &e), ERR_FORMAT);
    if (!strstr(e.text, what))
        fail_msg("'%s' does not say %s", e.text, what);
    buf_free(&out);
}

static void wrong_arches(void **state)
{
    struct arch a = arch_of("ofa-mbv3"), good = a;

    (void)state;
    a.id = (char[]){"0123456789abcdef0123456789abcdef"};
    refuses(&schema_arch, &a, "is not the id");
    a.id = (char[]){"0123"};
    refuses(&schema_arch, &a, "32 hex digits");
    a = good;
    a.genome.v[3] = 256;
    refuses(&schema_arch, &a, "genome");
    a.genome.v[3] = 1;
    refuses(&schema_arch, &a, "is not the id");
    a.genome.v[3] = 2;
    a.genome.n = 0;
    refuses(&schema_arch, &a, "space without genome");
}

static void nets(void **state)
{
    static const char *const specs[] = {"ofa-mbv3",
                                        "ofa-mbv3:width=0.35,res=96"};
    struct net n, again;
    struct err e;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        if (i < 2) {
            nets_ofa(&n, &arena, specs[i], NULL);
        } else {
            nets_tiny(&n, &arena, 16, 1, 3);
            net_cost(&n, i == 2 ? MACS_TRUE : MACS_PAPER);
        }
        there_and_back(&schema_net, &n, &again);
        assert_int_equal(net_check(&again, &e), 0);
        assert_string_equal(again.id, n.id);
        assert_int_equal(again.layers.n, n.layers.n);
        assert_int_equal(again.origin.slot, NIL_INT);
        forget(NULL);
    }
}

static void wrong_nets(void **state)
{
    struct net n;

    (void)state;
    nets_ofa(&n, &arena, "ofa-mbv3", "min");
    n.id[0] ^= 1;
    refuses(&schema_net, &n, "id");
    n.id[0] ^= 1;
    n.arch[1] = n.arch[1] == '0' ? '1' : '0';
    refuses(&schema_net, &n, "arch");
    nets_ofa(&n, &arena, "ofa-mbv3", "min");
    n.space = NULL;
    refuses(&schema_net, &n, "genome without space");
    nets_ofa(&n, &arena, "ofa-mbv3", "min");
    net_layer(&n, 3)->inputs.v[0] = 40;
    refuses(&schema_net, &n, "block0.add");
    nets_ofa(&n, &arena, "ofa-mbv3", "min");
    n.params++;
    refuses(&schema_net, &n, "params");
}

/* Any byte of a record may be anything: refused or harmless, never a crash. */
static void any_bytes(void **state)
{
    struct rng r = rng_make(9, "test", 0, 0);
    struct buf bytes = {0};
    struct net n, again;
    struct err e;

    (void)state;
    nets_tiny(&n, &arena, 16, 3, 10);
    nets_must(schema_encode(&schema_net, &n, &bytes, &e), &e);
    for (int round = 0; round < 3000; round++) {
        struct arena own = {0};
        size_t at = (size_t)rng_below(&r, bytes.len);
        char old = bytes.data[at];

        bytes.data[at] = (char)rng_below(&r, 256);
        if (schema_decode(&schema_net, bytes.data, bytes.len, &own, &again,
                          &e) == 0)
            assert_int_equal(net_check(&again, &e), 0);
        bytes.data[at] = old;
        arena_free(&own);
    }
    buf_free(&bytes);
}

static void summaries(void **state)
{
    struct summary s, again;
    struct net n;
    struct err e;
    struct buf out = {0};

    (void)state;
    nets_ofa(&n, &arena, "ofa-mbv3:exits=2", NULL);
    summary_of_net(&s, &n, NULL, &arena);
    nets_must(schema_encode(&schema_summary, &s, &out, &e), &e);
    nets_must(
        schema_decode(&schema_summary, out.data, out.len, &arena, &again, &e),
        &e);
    assert_string_equal(again.arch, n.arch);
    assert_null(again.recipe);
    assert_int_equal(again.gamma.n, 3);
    assert_int_equal(again.peak_bytes, n.peak_bytes);
    buf_free(&out);
    s.prefix.n = 2;
    refuses(&schema_summary, &s, "exits");
    s.prefix.n = 3;
    s.net = (char[]){"no id"};
    refuses(&schema_summary, &s, "net");
    s.net = n.id;
    s.genome.v[0] = 1;
    refuses(&schema_summary, &s, "arch");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(arches, forget),
        cmocka_unit_test_teardown(wrong_arches, forget),
        cmocka_unit_test_teardown(nets, forget),
        cmocka_unit_test_teardown(wrong_nets, forget),
        cmocka_unit_test_teardown(any_bytes, forget),
        cmocka_unit_test_teardown(summaries, forget),
    };

    return cmocka_run_group_tests_name("archnet", tests, NULL, NULL);
}
