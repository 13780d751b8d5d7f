/* SPDX-License-Identifier: MIT
 * What no mapping on a platform can have, against all mappings one by one. */
#include "tools/net-augment/fitting.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/graph/cost.h"
#include "libcommon/platform/model.h"
#include "tests/unit/nets.h"
#include "tools/net-zoo/zoo.h"

static const struct strs everywhere = {0};
static const struct candidate_opts options = {
    .branch = {.side = 4, .most = 0.01},
    .at = &everywhere};

static void zoo(const char *name, struct arena *a, struct net *n)
{
    struct zoo_net z;
    struct err e;

    assert_true(zoo_find(name, &z));
    struct zoo_opts o = zoo_defaults(&z);
    nets_must(zoo_make(&z, &o, a, n, &e), &e);
}

#define PROCESSORS 3

/* A platform whose numbers are drawn. */
struct drawn {
    struct platform p;
    struct processor v[PROCESSORS];
    struct platform_rate rate[PROCESSORS][2];
    struct platform_link link[PROCESSORS];
    struct platform_pool pool;
};

static int64_t between(struct rng *r, int64_t lo, int64_t hi)
{
    return lo + (int64_t)rng_below(r, (uint64_t)(hi - lo + 1));
}

static void draw(struct drawn *d, struct rng *r)
{
    static char *const names[] = {(char *)"a", (char *)"b", (char *)"c"};
    bool pooled = rng_below(r, 3) == 0;

    *d = (struct drawn){0};
    for (size_t i = 0; i < PROCESSORS; i++) {
        d->rate[i][0] = (struct platform_rate){
            RATE_OTHER, PRECISION_INT8, (double)between(r, 1, 100) * 1e6};
        d->rate[i][1] = (struct platform_rate){RATE_DEPTHWISE, PRECISION_INT8,
                                               (double)between(r, 1, 50) * 1e6};
        d->v[i] = (struct processor){
            .name = names[i],
            .rates = {d->rate[i], 2},
            .bytes_per_s = rng_below(r, 2) ? 1e8 : NAN,
            .call_s = (double)between(r, 0, 20) * 1e-3,
            .active_w = NAN,
            .idle_w = NAN,
            .memory = rng_below(r, 2) ? between(r, 60000, 90000) : NIL_INT,
            .storage = rng_below(r, 2) ? between(r, 60000, 500000) : NIL_INT,
            .pool = pooled ? (char *)"pool" : NULL,
        };
        /* From each to the next, and from the last one back. */
        d->link[i] = (struct platform_link){
            .from = names[i],
            .to = names[(i + 1) % PROCESSORS],
            .bytes_per_s = (double)between(r, 1, 100) * 1e5,
            .latency_s = (double)between(r, 0, 50) * 1e-3,
            .j_per_byte = NAN,
        };
    }
    d->pool = (struct platform_pool){
        (char *)"pool", between(r, 60000, 90000),
        rng_below(r, 2) ? between(r, 300000, 600000) : NIL_INT};
    d->p = (struct platform){
        .name = (char *)"drawn",
        .processors = {d->v, PROCESSORS},
        .pools = {&d->pool, pooled},
        .links = {d->link, PROCESSORS},
        .source = rng_below(r, 2) ? names[0] : NULL,
        .sink = rng_below(r, 2) ? names[0] : NULL,
    };
}

/* Append the segment to a mapping. */
static void add(struct mapping *x, int processor, size_t end, bool on)
{
    x->processor[x->segments] = processor;
    x->end[x->segments] = end;
    x->on[x->segments++] = on;
}

/* Returns the least worst-case latency of all mappings with the exit at boundary
 * `on` (0 = none) and one piece on each processor, INFINITY where none fits. */
static double brute(const struct platform_model *m, size_t on)
{
    size_t n = m->boundaries - 1; /* steps between boundaries */
    int at[NET_MAX_EXITS] = {0};  /* the processor of each */
    double best = INFINITY;

    for (;;) {
        struct mapping x = {0};
        struct mapping_costs c;
        size_t k;

        for (size_t b = 1; b <= n; b++)
            if (b == n || at[b - 1] != at[b] || b == on)
                add(&x, at[b - 1], b, b == on || b == n);
        mapping_cost(m, &x, &c);
        if (mapping_overflow(m, &c, NULL) <= 0)
            best = fmin(best, c.worst_latency);
        /* The next one in which processors do not go back. */
        for (k = n; k-- > 0 && at[k] == PROCESSORS - 1;)
            ;
        if (k == SIZE_MAX)
            return best;
        at[k]++;
        for (size_t i = k + 1; i < n; i++)
            at[i] = at[k];
    }
}

/* Each candidate is dropped only if no mapping fits, and the latency is that of
 * the fastest one; without pools, where what is asked is all there is, if and
 * only if. */
static void against_all(void **state)
{
    struct arena a = {0};
    struct net n;
    size_t dropped = 0, taken = 0, refused = 0;

    (void)state;
    log_level = 0;
    zoo("ds-cnn-l", &a, &n);
    for (uint64_t i = 0; i < 300; i++) {
        struct rng r = rng_make(i, "platform", 0, 0);
        struct platform_model m = {0};
        struct candidates c;
        struct drawn d;
        struct net all;
        struct err e;
        double base;

        draw(&d, &r);
        nets_must(platform_check(&d.p, &e), &e);
        nets_must(candidates_find(&c, &n, &options, &a, &e), &e);
        nets_must(candidates_net(&c, &a, &all, &e), &e);
        nets_must(model_init(&m, &d.p, &all, PRECISION_INT8, NULL, &e), &e);
        base = brute(&m, 0);
        struct fitting_opts o = {&d.p, PRECISION_INT8, NULL,
                                 i % 2 ? NAN : base * 1.02};
        if (candidates_fit(&c, &o, &a, &e) < 0) {
            assert_int_equal(e.code, ERR_FORMAT);
            assert_true(!isfinite(base));
            refused++;
            model_fini(&m);
            continue;
        }
        assert_true(isfinite(base) || d.p.pools.n);
        for (size_t k = 0; k < c.n; k++) {
            double least = brute(&m, k + 1);
            bool late = least > o.max_latency;

            if (c.v[k].dropped)
                assert_true(!isfinite(least) || late);
            else if (!d.p.pools.n)
                assert_true(isfinite(least) && !late);
            if (isfinite(least) && !d.p.pools.n)
                assert_true(fabs(c.v[k].latency - least) <= 1e-12 * least);
            if (d.p.pools.n && !isnan(c.v[k].latency))
                assert_true(c.v[k].latency <= least * (1 + 1e-12));
            *(c.v[k].dropped ? &dropped : &taken) += 1;
        }
        model_fini(&m);
    }
    assert_true(dropped > 50 && taken > 50 && refused > 10);
    arena_free(&a);
}

/* What the messages say. */
static void words(void **state)
{
    struct arena a = {0};
    struct rng r = rng_make(1, "platform", 0, 0);
    struct candidates c;
    struct drawn d;
    struct net n;
    struct err e;

    (void)state;
    log_level = 0;
    zoo("resnet8", &a, &n);
    draw(&d, &r);
    for (size_t i = 0; i < PROCESSORS; i++) {
        d.v[i].memory = 20000;
        d.v[i].storage = NIL_INT;
    }
    struct fitting_opts o = {&d.p, PRECISION_INT8, NULL, NAN};
    nets_must(candidates_find(&c, &n, &options, &a, &e), &e);
    assert_int_equal(candidates_fit(&c, &o, &a, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text,
                           "behind stem up to s1.b0.add: it needs 49152 "
                           "bytes of memory, and the nearest one"));

    for (size_t i = 0; i < PROCESSORS; i++) {
        d.v[i].memory = NIL_INT;
        d.v[i].storage = 20000;
    }
    assert_int_equal(candidates_fit(&c, &o, &a, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "bytes of storage, and the nearest one"));
    for (size_t i = 0; i < PROCESSORS; i++) {
        d.v[i].storage = NIL_INT;
        d.v[i].pool = (char *)"pool";
    }
    d.pool = (struct platform_pool){(char *)"pool", 1000000, 75000};
    d.p.pools = (struct list){&d.pool, 1};
    assert_int_equal(candidates_fit(&c, &o, &a, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "the weights need 75770 bytes, and platform "
                                   "drawn has 75000"));
    d.pool.storage = 78500; /* room for the smaller branches */
    nets_must(candidates_fit(&c, &o, &a, &e), &e);
    assert_null(c.v[0].dropped);
    assert_null(c.v[1].dropped);
    assert_string_equal(c.v[2].dropped,
                        "with its branch the processors do not hold the "
                        "network");

    d.p.pools.n = 0;
    for (size_t i = 0; i < PROCESSORS; i++)
        d.v[i].pool = NULL;
    o.max_latency = 1e-3;
    assert_int_equal(candidates_fit(&c, &o, &a, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "--max-latency is 0.001"));
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_all),
        cmocka_unit_test(words),
    };

    return cmocka_run_group_tests_name("fitting", tests, NULL, NULL);
}
