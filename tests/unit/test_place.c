/* SPDX-License-Identifier: MIT
 * Heads of early exits by name; pools of Algorithm 1. */
#include "libcommon/space/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"

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

/* Names, other names and widths; what is none of these. */
static void head_names(void **state)
{
    static const struct {
        const char *text, *canonical, *why;
    } cases[] = {
        {"gap", "gap", NULL},
        {"mean", "gap", NULL},
        {"nachos", "conv:128", NULL},
        {"conv:64", "conv:64", NULL},
        {"mix", "mix:96", NULL},
        {"dw:1", "dw:1", NULL},
        {"fc", "fc", NULL},
        {"", NULL, "there is no head ''"},
        {"gapp", NULL, "there are gap, mix, dw, conv, exitblock, static, fc"},
        {"gap:8", NULL, "head gap has no width"},
        {"conv:6", NULL, "multiple of 4"},
        {"mix:", NULL, "not ''"},
        {"mix:0", NULL, "not '0'"},
        {"mix:-4", NULL, "not '-4'"},
        {"mix:8x", NULL, "not '8x'"},
        {"mix:65537", NULL, "up to 65536"},
        {"mix:99999999999999999999", NULL, "up to 65536"},
        {"a-head-of-a-long-name-that-none-has", NULL, "no head 'a-head"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct head_choice c;
        struct buf text = {0};
        struct err e;

        if (cases[i].why) {
            assert_int_equal(head_parse(cases[i].text, &c, &e), ERR_ARG);
            assert_non_null(strstr(e.text, cases[i].why));
            continue;
        }
        assert_int_equal(head_parse(cases[i].text, &c, &e), 0);
        head_text(&c, &text);
        assert_string_equal(text.data, cases[i].canonical);
        buf_free(&text);
    }
    assert_false(head_stands(&exit_heads[HEAD_DW], 1, 1));
    assert_true(head_stands(&exit_heads[HEAD_DW], 1, 2));
    assert_false(head_stands(&exit_heads[HEAD_STATIC], 1, 1));
    assert_true(head_stands(&exit_heads[HEAD_CONV], 1, 1));
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

/* ---- Algorithm 1 by looking at all windows ---- */

struct window_case {
    struct head_window window;
    int64_t area, skew, turned; /* what they are ordered by */
};

static int by_order(const void *a, const void *b)
{
    const struct window_case *x = a, *y = b;

    if (x->area != y->area)
        return x->area < y->area ? -1 : 1;
    if (x->skew != y->skew)
        return x->skew < y->skew ? -1 : 1;
    return (int)(x->turned - y->turned);
}

/* Set v to the windows that p's map may get, in their order. */
static size_t all_windows(const struct place_point *p, struct window_case *v)
{
    size_t n = 0;

    for (int64_t h = p->h; h >= 1; h--)
        for (int64_t w = p->w; w >= 1; w--) {
            if (p->h % h || p->w % w || (p->h == p->w && h != w) ||
                !head_stands(p->head.head, p->h / h, p->w / w))
                continue;
            if (!p->head.head->flattens && h * w > 1)
                continue;
            v[n++] = (struct window_case){
                .window = {h, w},
                .area = h * w,
                .skew = h > w ? h - w : w - h,
                .turned = (h > w) != (p->h > p->w),
            };
        }
    qsort(v, n, sizeof *v, by_order);
    return n;
}

/* Chains of exits with heads of all kinds at maps of all forms. */
static void mixed_heads(void **state)
{
    enum { EXITS = 4 };
    size_t pooled = 0, violations = 0, oblong_ones = 0;

    (void)state;
    for (uint64_t round = 0; round < 150; round++) {
        struct rng r = rng_make(17, "heads", round, 0);
        struct place_point p[EXITS], was[EXITS];
        int64_t prefix = 0, final, next;

        for (size_t i = 0; i < EXITS; i++) {
            const struct exit_head
                *head = &exit_heads[rng_below(&r, EXIT_HEADS)];

            p[i] = (struct place_point){
                .head = {head,
                         head->width ? 4 * (1 + (int64_t)rng_below(&r, 4)) : 0},
                .h = 2 + (int64_t)rng_below(&r, 11),
                .c = 1 + (int64_t)rng_below(&r, 8),
                .prefix = prefix += (int64_t)rng_below(&r, 20000),
            };
            p[i].w = rng_below(&r, 2) ? p[i].h : 1 + (int64_t)rng_below(&r, 12);
            was[i] = p[i];
        }
        next = final = prefix + (int64_t)rng_below(&r, 20000);
        place_pools(p, EXITS, final, 3,
                    &(struct place_opts){MACS_TRUE, POOL_DIVISORS});
        for (size_t i = EXITS; i-- > 0;) {
            struct window_case v[144];
            size_t n = all_windows(&was[i], v), at = 0;
            const int64_t map[] = {was[i].h, was[i].w, was[i].c};
            int64_t cost = 0;

            for (; at < n; at++) {
                cost = was[i].prefix +
                       head_macs(&was[i].head, map, v[at].window, 3, MACS_TRUE);
                if (cost <= next)
                    break;
            }
            if (at == n)
                at--;
            assert_int_equal(p[i].pool.h, v[at].window.h);
            assert_int_equal(p[i].pool.w, v[at].window.w);
            assert_int_equal(p[i].cost, cost);
            assert_int_equal(p[i].violation, cost > next);
            pooled += v[at].area > 1;
            violations += p[i].violation;
            oblong_ones += v[at].skew > 0;
            next = cost;
        }
    }
    if (pooled < 100 || oblong_ones < 40 || violations < 50 || violations > 400)
        fail_msg("%zu pools, %zu oblong, %zu violations", pooled, oblong_ones,
                 violations);
}

static struct space *space_of(const char *spec)
{
    struct space *s;
    struct err e;

    if (space_open(spec, &s, &e) < 0)
        fail_msg("%s", e.text);
    return s;
}

/* Too large without a pool, fine with one. */
static void pooled_into_limits(void **state)
{
    struct space *s = space_of("ofa-mbv3:res=224,classes=1000");
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
    s = space_of("ofa-mbv3:width=4,res=200,classes=1000");
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
        cmocka_unit_test(heads),
        cmocka_unit_test(head_names),
        cmocka_unit_test(pools),
        cmocka_unit_test(chain),
        cmocka_unit_test(oblong),
        cmocka_unit_test(mixed_heads),
        cmocka_unit_test(pooled_into_limits),
    };

    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
