/* SPDX-License-Identifier: MIT
 * Plans: their metrics by name, copies of them, and which plan is the policy of
 * which network. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "formats/plan.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/halting.h"
#include "libcommon/nn/graph/cost.h"
#include "libcommon/nn/run/policies.h"
#include "tests/unit/nets.h"

static char *s(const char *text)
{
    return (char *)text;
}

/* A plan of three segments, all of whose parts are there. */
static struct plan_segment segments[3];
static struct plan_store stores[3];
static struct limit limits[1];
static struct certified certified[1];

static struct plan whole(void)
{
    struct plan p;

    plan_init(&p);
    segments[0] = (struct plan_segment){
        s("m0"), NULL, s("a"), true, 0.5,  1.5, 100,  10,  0.1, 0.01,
        0,       0,    64,     32,   0.11, 0.2, 0.75, 0.9, 0.8};
    segments[1] = (struct plan_segment){
        s("m0"), s("a"), s("b"), false, NAN, 1,   200, 0,   0.2, 0,
        0,       0,      96,     48,    NAN, NAN, NAN, NAN, NAN};
    segments[2] = (struct plan_segment){
        s("m4"), s("b"), s("c"), true, NAN,   1,   300,  30,  0.03, 0.003,
        16,      0.5,    128,    64,   0.843, 0.7, 0.25, 0.5, 0.95};
    stores[0] = (struct plan_store){s("m0"), false, 96, 80, NIL_INT, 100};
    stores[1] = (struct plan_store){s("m4"), false, 128, 64, NIL_INT, NIL_INT};
    stores[2] = (struct plan_store){s("sram"), true, 128, 0, 1000, NIL_INT};
    limits[0] = (struct limit){s("energy"), 0.5, NAN};
    certified[0] = (struct certified){s("accuracy"), NAN, 0.7, 0.8, 0.75, 16};
    p.summary.net = s("0123456789abcdef0123456789abcdef");
    p.platform = s("two");
    p.rule = s("margin");
    p.segments = (struct list){segments, 3};
    p.stores = (struct list){stores, 3};
    p.accuracy = 0.8;
    p.final_accuracy = 0.95;
    p.balanced_accuracy = 0.7;
    p.min_class_accuracy = 0.6;
    p.lost_answers = 0.16;
    p.disagreement = 0.2;
    p.macs = 250;
    p.latency = 0.3;
    p.latency_p50 = 0.11;
    p.latency_p95 = p.latency_p99 = p.worst_latency = 0.843;
    p.energy = 0.325;
    p.minimise = s("latency");
    p.limits = (struct list){limits, 1};
    p.guarantee = (struct guarantee){.confidence = 0.9,
                                     .certified = true,
                                     .samples = 16,
                                     .tested = 1,
                                     .passed = 1,
                                     .needed = NIL_INT,
                                     .limits = {certified, 1}};
    return p;
}

static void test_metrics(void **state)
{
    const struct {
        const char *name;
        double value;
    } want[] = {{"accuracy", 0.8},
                {"error", 0.2},
                {"loss", 0.15},
                {"final_accuracy", 0.95},
                {"balanced_accuracy", 0.7},
                {"min_class_accuracy", 0.6},
                {"lost_answers", 0.16},
                {"disagreement", 0.2},
                {"macs", 250},
                {"latency", 0.3},
                {"latency_p50", 0.11},
                {"latency_p95", 0.843},
                {"latency_p99", 0.843},
                {"worst_latency", 0.843},
                {"energy", 0.325},
                {"memory", 224},
                {"storage", 144}};
    struct plan p = whole();
    struct err e;
    double value;
    size_t known = 0;

    (void)state;
    assert_int_equal(plan_check(&p, &e), 0);
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        assert_int_equal(plan_metric(&p, want[i].name, &value, &e), 0);
        assert_float_equal(value, want[i].value, 1e-12);
    }
    for (const char *const *name = plan_metric_names; *name; name++, known++)
        assert_int_equal(plan_metric(&p, *name, &value, &e), 0);
    assert_int_equal(known, ARRAY_LEN(want));
    p.energy = NAN;
    assert_int_equal(plan_metric(&p, "energy", &value, &e), ERR_FORMAT);
    assert_true(isnan(value));
    assert_non_null(strstr(e.text, "energy"));
    assert_int_equal(plan_check(&p, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "judged by energy without it"));
    assert_int_equal(plan_metric(&p, "params", &value, &e), ERR_FORMAT);
    assert_int_equal(plan_exits(&p), 2);
}

/* Limits and what is held add up; of stores the one counts that is exceeded most
 * in bytes. */
static void test_judge(void **state)
{
    struct plan p = whole();
    struct limits l = {0};
    struct err e = {.code = 0};

    (void)state;
    assert_int_equal(plan_judge(&p, &l, &e), 0);
    assert_true(p.feasible && p.violation == 0 && p.limits.n == 0);
    assert_int_equal(limits_add(&l, "macs", true, 200, &e), 0);
    assert_int_equal(limits_add(&l, "accuracy", false, 0.75, &e), 0);
    assert_int_equal(plan_judge(&p, &l, &e), 0);
    assert_false(p.feasible);
    assert_true(p.violation == 0.25 && p.limits.n == 2);
    stores[0].storage_limit = 70; /* 10 bytes too little */
    stores[2].memory_limit = 64;  /* 64 bytes too little: twice as much */
    assert_int_equal(plan_judge(&p, &l, &e), 0);
    assert_true(p.violation == 1.25);
    assert_int_equal(limits_add(&l, "params", true, 9, &e), 0);
    assert_int_equal(plan_judge(&p, &l, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "params"));
    assert_true(p.violation == 1.25 && !p.feasible && p.limits.n == 3);
    limits_free(&l);
}

/* A copy says the same when what it is of has been overwritten. */
static void test_copy(void **state)
{
    struct plan p = whole(), copy;
    struct arena a = {0};
    struct buf before = {0}, after = {0};
    struct err e;

    (void)state;
    assert_int_equal(schema_encode(&schema_plan, &p, &before, &e), 0);
    plan_copy(&copy, &p, &a);
    memset(segments, 0, sizeof segments);
    memset(stores, 0, sizeof stores);
    memset(limits, 0, sizeof limits);
    memset(certified, 0, sizeof certified);
    p.summary.net = p.platform = p.rule = p.minimise = NULL;
    assert_int_equal(schema_encode(&schema_plan, &copy, &after, &e), 0);
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.data, after.data, before.len);
    buf_free(&before);
    buf_free(&after);
    arena_free(&a);
}

/* ---- policies ---- */

static struct arena arena;

/* The backbone stem, mid, last with exits at those of `exits`. */
static void chain(struct net *n, bool stem, bool mid, int64_t width)
{
    static const char *const names[] = {"stem", "mid", "last"};
    struct net_builder b = build_net(n, &arena, 8, 8, 3, 4);
    const bool exit[] = {stem, mid, true};
    int64_t x = NET_IMAGE, y;
    char head[32];
    struct err e;

    for (size_t i = 0; i < 3; i++) {
        x = build_conv(&b, names[i], x, width, 3, 1, BUILD_BIAS, ACT_RELU);
        if (!exit[i])
            continue;
        snprintf(head, sizeof head, "exit.%s.pool", names[i]);
        y = build_simple(&b, head, OP_GLOBALPOOL, x, ACT_NONE);
        snprintf(head, sizeof head, "exit.%s.classifier", names[i]);
        build_linear(&b, head, y, 4, BUILD_BIAS, ACT_NONE);
        build_exit(&b, (struct net_exit){.stage = (int64_t)i, .first = y});
    }
    nets_must(build_done(&b, MACS_TRUE, &e), &e);
}

/* A policy of the net's exit at `tap` and its final one. */
static void planned(struct policies *all, const struct net *n, const char *tap,
                    int64_t at, double threshold, int64_t rank)
{
    struct policy_exit *v = arena_alloc(&arena, 2, sizeof *v);

    v[0] = (struct policy_exit){s(tap), at, threshold, 2, 0.25, 0.5};
    v[1] = (struct policy_exit){
        s("last"), net_prefix(n, n->exits.n - 1, MACS_TRUE), NAN, 3, 1, NAN};
    GROW(all->v, all->n, all->cap);
    all->v[all->n++] = (struct policy){.net = n->id,
                                       .rule = &halt_rules[HALT_MARGIN],
                                       .taps = {v, 2},
                                       .rank = rank};
}

static void test_policies(void **state)
{
    struct net all, cut, wide, bare;
    struct policies p = {0};
    const struct policy *x;
    struct summary of = {0};
    struct err e;

    (void)state;
    chain(&all, true, true, 5);
    chain(&cut, false, true, 5);
    chain(&wide, true, true, 6);
    chain(&bare, false, false, 5);
    planned(&p, &all, "mid", net_prefix(&all, 1, MACS_TRUE), 0.5, 0);
    planned(&p, &all, "stem", net_prefix(&all, 0, MACS_TRUE), 0.75, 1);
    /* both exits of the first, so that the first of the net counts */
    of.net = all.id;
    assert_int_equal(policies_choose(&p, &all, &of, &x, &e), 0);
    assert_int_equal(x->thresholds.n, 2);
    assert_true(isnan(x->thresholds.v[0]));
    assert_float_equal(x->thresholds.v[1], 0.5, 0);
    assert_float_equal(x->temperatures.v[0], 1, 0);
    assert_float_equal(x->temperatures.v[1], 2, 0);
    assert_float_equal(x->temperatures.v[2], 3, 0);
    assert_float_equal(x->seconds.v[0], 0, 0);
    assert_float_equal(x->seconds.v[1], 0.25, 0);
    assert_float_equal(x->seconds.v[2], 1, 0);
    assert_float_equal(x->joules.v[1], 0.5, 0);
    assert_true(isnan(x->joules.v[2]));
    /* the net that has that exit alone, whose id is another one */
    of.net = cut.id;
    assert_string_not_equal(cut.id, all.id);
    assert_int_equal(policies_choose(&p, &cut, &of, &x, &e), 0);
    assert_int_equal(x->thresholds.n, 1);
    assert_float_equal(x->thresholds.v[0], 0.5, 0);
    assert_float_equal(x->temperatures.v[1], 3, 0);
    /* a backbone of other costs, and one without that exit */
    of.net = wide.id;
    assert_null(policies_find(&p, &wide, &of));
    assert_int_equal(policies_choose(&p, &wide, &of, &x, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "MACs before the exit at mid"));
    of.net = bare.id;
    assert_int_equal(policies_choose(&p, &bare, &of, &x, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "no exit at mid,"));
    policies_free(&p);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_judge),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_policies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
