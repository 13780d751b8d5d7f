/* SPDX-License-Identifier: MIT
 * Spaces by spec and by file; pools of Algorithm 1. */
#include "libcommon/space/space.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/space/arch.h"
#include "libcommon/space/place.h"

static struct space *open_space(const char *spec)
{
    struct space *s;
    struct err e;

    if (space_open(spec, &s, &e) < 0)
        fail_msg("%s", e.text);
    return s;
}

/* ---- specs ---- */

static void canonical(void **state)
{
    static const struct {
        const char *given, *canonical;
    } specs[] = {
        {"ofa-mbv3", "ofa-mbv3:width=1,res=32,classes=10,exits=4"},
        {"ofa-mbv3:", "ofa-mbv3:width=1,res=32,classes=10,exits=4"},
        {"ofa-mbv3:exits=2,width=1.20",
         "ofa-mbv3:width=1.2,res=32,classes=10,exits=2"},
        {"ofa-mbv3:width=0.35,channels=3,classes=100",
         "ofa-mbv3:width=0.35,res=32,classes=100,exits=4"},
        {"ofa-mbv3:channels=1,res=28",
         "ofa-mbv3:width=1,res=28,classes=10,exits=4,channels=1"},
        {"ofa-mbv3:width=0.30000000000000004",
         "ofa-mbv3:width=0.30000000000000004,res=32,classes=10,exits=4"},
        {"ofa-mbv3:res=1.6e2", "ofa-mbv3:width=1,res=160,classes=10,exits=4"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        struct space *s = open_space(specs[i].given), *again;

        assert_string_equal(s->spec, specs[i].canonical);
        again = open_space(s->spec);
        assert_string_equal(again->spec, s->spec);
        space_free(s);
        space_free(again);
    }
}

static void refused(void **state)
{
    static const char *const bad[] = {
        "ofa-mbv3:width=0",
        "ofa-mbv3:width=-1",
        "ofa-mbv3:width=nan",
        "ofa-mbv3:width=inf",
        "ofa-mbv3:width=11",
        "ofa-mbv3:width=",
        "ofa-mbv3:width",
        "ofa-mbv3:width=1x",
        "ofa-mbv3:width= 1",
        "ofa-mbv3:width=0x1p0",
        "ofa-mbv3:res=7",
        "ofa-mbv3:res=32.5",
        "ofa-mbv3:res=99999",
        "ofa-mbv3:classes=0",
        "ofa-mbv3:exits=0",
        "ofa-mbv3:exits=5",
        "ofa-mbv3:channels=0",
        "ofa-mbv3:depth=3",
        "ofa-mbv3:res=32,res=32",
        "ofa-mbv3:res=32,",
        "ofa-mbv3:,res=32",
        "ofa-mbv3:res=32,,width=1",
        "ofa-mbv3:=1",
        "ofa-mbv4",
        "ofa-mbv3x",
        "",
        "table:mine:0123456789abcdef",
        "/no/such/file",
        "ofa-mbv3:width=0.50000000000000000000000000000000001",
    };
    struct space *s;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        e.text[0] = '\0';
        if (space_open(bad[i], &s, &e) != ERR_ARG)
            fail_msg("'%s' gives %d: %s", bad[i], e.code, e.text);
        assert_null(s);
        assert_null(strchr(e.text, '\n'));
    }
}

/* What a stream may name: no files, nothing but the canonical spelling. */
static void from_streams(void **state)
{
    static const char *const bad[] = {
        "ofa-mbv3",
        "ofa-mbv3:width=1",
        "/etc/passwd",
        "",
        "table:a:0",
        "ofa-mbv3:width=1.0,res=32,classes=10,exits=4",
        "ofa-mbv3:width=1,res=32,classes=10,exits=9",
    };
    struct space *s;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(space_open_spec(bad[i], NULL, &s, &e), ERR_FORMAT);
        assert_null(s);
    }
    assert_int_equal(space_open_spec("ofa-mbv3:width=1,res=32,classes=10,"
                                     "exits=4",
                                     NULL, &s, &e),
                     0);
    space_free(s);
}

static void sizes(void **state)
{
    struct space *s = open_space("ofa-mbv3"),
                 *one = open_space("ofa-mbv3:exits=1");
    uint64_t exact;

    (void)state;
    /* 7371^5 = 2.176e19, times 15 masks = 3.26e20 */
    assert_true(fabs(genes_log10_size(&s->genes, &exact) -
                     (5 * log10(7371) + log10(15))) < 1e-12);
    assert_int_equal(exact, 0);
    assert_true(fabs(genes_log10_size(&one->genes, &exact) - 5 * log10(7371)) <
                1e-12);
    assert_int_equal(exact, 0);
    assert_int_equal(s->genes.n, 49);
    assert_int_equal(one->genes.n, 46);
    space_free(s);
    space_free(one);
}

static void corners(void **state)
{
    struct space *s = open_space("ofa-mbv3:exits=3");
    int64_t v[48];
    struct ints genome = {v, 48};
    struct buf out = {0};
    struct err e;

    (void)state;
    space_min_corner(s, v);
    assert_int_equal(genes_check(&s->genes, &genome, &e), 0);
    space_describe(s, &genome, &out);
    assert_string_equal(out.data, "d=2,2,2,2,2 k=33,33,33,33,33 "
                                  "e=33,33,33,33,33 exits=100");
    space_max_corner(s, v);
    assert_int_equal(genes_check(&s->genes, &genome, &e), 0);
    v[1] = 0, v[16] = 1;
    buf_clear(&out);
    space_describe(s, &genome, &out);
    assert_string_equal(out.data, "d=4,4,4,4,4 k=3777,7777,7777,7777,7777 "
                                  "e=6666,6646,6666,6666,6666 exits=111");
    buf_free(&out);
    space_free(s);
}

/* Any genome as text and back. */
static void designs(void **state)
{
    static const char *const bad[] = {
        "",
        "d=2,2,2,2,2",
        "d=2,2,2,2,2 k=33,33,33,33,33 e=33,33,33,33,33",
        "d=2,2,2,2,2 k=33,33,33,33,33 e=33,33,33,33,33 exits=000",
        "d=2,2,2,2,2 k=33,33,33,33,33 e=33,33,33,33,33 exits=0011",
        "d=2,2,2,2,2 k=33,33,33,33,33 e=33,33,33,33,33 exits=01",
        "d=2,2,2,2,2 k=33,33,33,33,33 e=33,33,33,33,33 exits=002",
        "d=2,2,2,2,2 k=333,33,33,33,33 e=33,33,33,33,33 exits=001",
        "d=2,2,2,2,2 k=3,33,33,33,33 e=33,33,33,33,33 exits=001",
        "d=2,2,2,2,2 k=33,33,33,33,33 e=33,33,33,35,33 exits=001",
        "d=2,2,2,2,5 k=33,33,33,33,33 e=33,33,33,33,33 exits=001",
        "d=2,2,2,2 k=33,33,33,33 e=33,33,33,33 exits=001",
    };
    struct space *s = open_space("ofa-mbv3:exits=3");
    struct rng r = rng_make(4, "test", 0, 0);
    int64_t v[48], w[48];
    struct ints genome = {v, 48};
    struct buf text = {0};
    struct err e;

    (void)state;
    for (int i = 0; i < 500; i++) {
        genes_random(&s->genes, &r, v);
        buf_clear(&text);
        space_describe(s, &genome, &text);
        assert_int_equal(space_parse_design(s, text.data, w, &e), 0);
        assert_memory_equal(v, w, sizeof v);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (space_parse_design(s, bad[i], w, &e) != ERR_FORMAT)
            fail_msg("taken: %s", bad[i]);
    buf_free(&text);
    space_free(s);
}

/* ---- gene tables from files ---- */

static void table_file(void **state)
{
    char path[] = "/tmp/space-test.XXXXXX", id[HASH_HEX], again[HASH_HEX];
    static const char text[] = "# nachos space 1\nlr\t0\t0.1,0.01\n"
                               "layers\t0\t1,2,3\nk2\t0\t3,5\tlayers>=1\n";
    int fd = mkstemp(path);
    struct arena a = {0};
    static const char *const bad[] = {
        "lr=0.01",
        "lr=0.01 layers=1 k2=3",
        "lr=0.01 layers=2",
        "lr=1 layers=1",
        "lr=0.01 layers=1 lr=0.01",
        "lr layers=1",
        "=",
        "lr=0.01 layers=1 a=1",
    };
    struct space *s, *ofa;
    int64_t v[3] = {1, 1, 1}, w[3];
    struct ints genome = {v, 3};
    struct buf out = {0};
    struct net n;
    struct err e;

    (void)state;
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    s = open_space(path);
    assert_null(s->net);
    assert_memory_equal(s->spec, "table:space-test:", 17);
    assert_int_equal(strlen(s->spec), 17 + 16);
    space_describe(s, &genome, &out);
    assert_string_equal(out.data, "lr=0.01 layers=2 k2=5");
    assert_int_equal(space_parse_design(s, out.data, w, &e), 0);
    assert_memory_equal(v, w, sizeof v);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (space_parse_design(s, bad[i], w, &e) != ERR_FORMAT)
            fail_msg("taken: %s", bad[i]);
    v[1] = v[2] = 0;
    buf_clear(&out);
    space_describe(s, &genome, &out);
    assert_string_equal(out.data, "lr=0.01 layers=1");
    assert_int_equal(space_parse_design(s, " layers=1  lr=0.01 ", w, &e), 0);
    assert_memory_equal(v, w, sizeof v);
    space_arch_id(s, &genome, id);
    arch_id(s->spec, &genome, again);
    assert_string_equal(id, again);
    assert_int_equal(space_net(s, &genome, NULL, &a, &n, &e), ERR_ARG);
    assert_int_equal(space_open(s->spec, &ofa, &e), ERR_ARG);
    space_free(s);
    assert_int_equal(truncate(path, 20), 0);
    assert_int_equal(space_open(path, &s, &e), ERR_FORMAT);
    assert_int_equal(space_open("/tmp", &s, &e), ERR_SYS);
    unlink(path);
    buf_free(&out);
    arena_free(&a);
}

/* ---- heads ---- */

/* A head built into a net costs what head_macs says, whatever its row. */
static void heads(void **state)
{
    const int64_t map[] = {6, 4, 20};
    const struct head_choice gap = {&exit_heads[HEAD_GAP], 0};

    (void)state;
    for (size_t i = 0; i < EXIT_HEADS; i++)
        for (int64_t side = 1; side < 3; side++) {
            const struct head_choice c = {&exit_heads[i], exit_heads[i].width};
            struct head_window pool = {side, side};
            struct arena a = {0};
            struct net n;
            struct net_builder b = build_net(&n, &a, map[0], map[1], map[2],
                                             10);

            head_build(c.head, &b,
                       &(struct head_site){.prefix = "exit",
                                           .from = NET_IMAGE,
                                           .pool = pool,
                                           .confidence = true});
            net_cost(&n, MACS_PAPER);
            assert_int_equal(net_exit_at(&n, 0)->head_macs,
                             head_macs(&c, map, pool, 10, MACS_PAPER));
            assert_int_equal(net_exit_at(&n, 0)->confidence,
                             c.head->confidence);
            arena_free(&a);
        }
    assert_int_equal(
        head_macs(&gap, map, (struct head_window){1, 1}, 10, MACS_TRUE),
        20 * 11);
}

/* ---- pools ---- */

static const struct place_opts divisors = {MACS_PAPER, POOL_DIVISORS};
static const struct place_opts legacy = {MACS_PAPER, POOL_LEGACY};
static const struct head_choice conv = {&exit_heads[HEAD_CONV], 128};

static int64_t conv_macs(int64_t side, int64_t c, int64_t pool)
{
    return head_macs(&conv, (int64_t[]){side, side, c},
                     (struct head_window){pool, pool}, 10, MACS_PAPER);
}

static struct place_point point(int64_t side, int64_t c, int64_t prefix)
{
    return (struct place_point){
        .head = conv, .h = side, .w = side, .c = c, .prefix = prefix};
}

static void pools(void **state)
{
    struct place_point p;
    int64_t at2 = conv_macs(12, 24, 2);
    int64_t at3 = conv_macs(12, 24, 3);

    (void)state;
    /* equal is enough for one rule, not for the other */
    p = point(12, 24, 100);
    place_pools(&p, 1, 100 + at2, 10, &divisors);
    assert_int_equal(p.pool.h, 2);
    assert_int_equal(p.cost, 100 + at2);
    p = point(12, 24, 100);
    place_pools(&p, 1, 100 + at2, 10, &legacy);
    assert_int_equal(p.pool.h, 4);
    /* windows that are no powers of two */
    p = point(12, 24, 100);
    place_pools(&p, 1, 100 + at3, 10, &divisors);
    assert_int_equal(p.pool.h, 3);
    p = point(5, 24, 0);
    place_pools(&p, 1, 900000, 10, &divisors);
    assert_int_equal(p.pool.h, 5);
    assert_false(p.violation);
    /* nothing helps: the largest, recorded */
    p = point(12, 24, 100);
    place_pools(&p, 1, 50, 10, &divisors);
    assert_int_equal(p.pool.h, 12);
    assert_true(p.violation);
    p = point(1, 24, 100);
    place_pools(&p, 1, 50, 10, &divisors);
    assert_int_equal(p.pool.h, 1);
    assert_true(p.violation);
    /* the reference's caps, and no window beyond the map */
    p = point(12, 24, 100);
    place_pools(&p, 1, 50, 10, &legacy);
    assert_int_equal(p.pool.h, 4);
    p = point(12, 8, 100);
    place_pools(&p, 1, 50, 10, &legacy);
    assert_int_equal(p.pool.h, 2);
    p = point(12, 4, 100);
    place_pools(&p, 1, 50, 10, &legacy);
    assert_int_equal(p.pool.h, 1);
    p = point(2, 80, 100);
    place_pools(&p, 1, 50, 10, &legacy);
    assert_int_equal(p.pool.h, 2);
}

/* A pooled exit is what the one before it is compared with. */
static void chain(void **state)
{
    struct place_point p[2] = {point(8, 24, 1000000), point(4, 40, 1200000)};
    int64_t small = conv_macs(4, 40, 2);

    (void)state;
    place_pools(p, 2, 1200000 + small, 10, &divisors);
    assert_int_equal(p[1].pool.h, 2);
    assert_int_equal(p[0].pool.h, 4);
    assert_true(p[0].cost <= p[1].cost);
}

/* A map that is not square (a signal): windows divide both sides. */
static void oblong(void **state)
{
    struct place_point p = {
        .head = conv, .h = 6, .w = 4, .c = 24, .prefix = 10};

    (void)state;
    place_pools(&p, 1, 20, 10, &divisors);
    assert_int_equal(p.pool.h, 6);
    assert_int_equal(p.pool.w, 4);
    p = (struct place_point){
        .head = conv, .h = 1, .w = 64, .c = 24, .prefix = 10};
    place_pools(&p, 1, 20, 10, &divisors);
    assert_int_equal(p.pool.h, 1);
    assert_int_equal(p.pool.w, 64);
}

/* Too large without a pool, fine with one. */
static void pooled_into_limits(void **state)
{
    struct space *s = open_space("ofa-mbv3:res=224,classes=1000");
    int64_t v[49];
    struct ints genome = {v, 49};
    struct place_opts o = {MACS_TRUE, POOL_DIVISORS};
    struct arena a = {0};
    struct net n;
    struct err e;

    (void)state;
    space_min_corner(s, v);
    assert_int_equal(space_net(s, &genome, NULL, &a, &n, &e), ERR_FORMAT);
    assert_int_equal(place_net(s, &genome, &o, &a, &n, &e), 0);
    assert_int_equal(net_exit_at(&n, 0)->pool, 4);
    v[0] = 3;
    assert_int_equal(place_net(s, &genome, &o, &a, &n, &e), ERR_FORMAT);
    space_free(s);
    s = open_space("ofa-mbv3:width=4,res=200,classes=1000");
    space_max_corner(s, v);
    assert_int_equal(place_net(s, &genome, &o, &a, &n, &e), PLACE_TOO_LARGE);
    assert_string_equal(n.space, s->spec);
    assert_non_null(strstr(e.text, "too large"));
    arena_free(&a);
    space_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical),    cmocka_unit_test(refused),
        cmocka_unit_test(from_streams), cmocka_unit_test(sizes),
        cmocka_unit_test(corners),      cmocka_unit_test(designs),
        cmocka_unit_test(table_file),   cmocka_unit_test(heads),
        cmocka_unit_test(pools),        cmocka_unit_test(chain),
        cmocka_unit_test(oblong),       cmocka_unit_test(pooled_into_limits),
    };

    return cmocka_run_group_tests_name("space", tests, NULL, NULL);
}
