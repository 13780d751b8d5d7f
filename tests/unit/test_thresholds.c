/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/policy/thresholds.h"
#include "tests/unit/thresholds_ref.h"

/* The outcome where nothing else is known. */
static struct outcome judged(const struct bounds *b, double accuracy,
                             double macs)
{
    struct figures f = {accuracy, macs, NAN, NAN, {0}};

    return outcome_of(b, &f);
}

static void test_outcomes(void **state)
{
    struct bounds none = {.min_accuracy = NAN, .max_macs = NAN},
                  both = {.min_accuracy = 0.5, .max_macs = 100},
                  ceiling = {
                      .min_accuracy = 0.5, .max_macs = 100, .ceiling = true};
    struct outcome a = judged(&both, 0.6, 100);
    struct outcome b = judged(&both, 0.6, 90);
    struct outcome c = judged(&both, 0.7, 110);
    struct outcome d = judged(&both, 0.5, 50);

    (void)state;
    assert_true(judged(&none, 0, 1e300).violation == 0);
    assert_true(fabs(judged(&both, 0.4, 150).violation - 0.7) < 1e-12);
    assert_true(judged(&both, 0.5, 100).violation == 0);
    assert_true(outcome_compare(&b, &a) < 0); /* fewer MACs */
    assert_true(outcome_compare(&a, &c) < 0); /* feasible first */
    assert_true(outcome_compare(&a, &d) < 0); /* accuracy before MACs */
    assert_true(outcome_compare(&d, &a) > 0);
    assert_true(outcome_compare(&a, &a) == 0);

    /* A ceiling comes before a violation, and is no part of it. */
    a = judged(&ceiling, 0.3, 100);
    b = judged(&ceiling, 0.9, 110);
    c = judged(&ceiling, 0.3, 120);
    assert_true(a.excess == 0 && a.violation > 0.3);
    assert_true(b.excess > 0 && b.violation == 0);
    assert_true(outcome_compare(&a, &b) < 0);
    assert_true(outcome_compare(&b, &c) < 0);
}

/* ---- frozen values of tests/reference/thresholds.py ---- */

static void fill(struct halt_table *t, size_t rule, size_t which)
{
    halt_table_init(t, 1u << rule, REF_N, REF_B, REF_CLASSES);
    halt_table_reserve(t, REF_B);
    for (size_t k = 0; k < REF_N; k++)
        for (size_t i = 0; i < REF_B; i++) {
            t->value[rule][i * REF_N + k] = (double)ref_conf[which][k][i];
            t->right[i * REF_N + k] = ref_right[which][k][i];
        }
    halt_costs_init(&t->costs, REF_B, ref_prefix, ref_head, ref_paper);
}

static void test_reference(void **state)
{
    (void)state;
    for (size_t c = 0; c < ARRAY_LEN(ref_tuned); c++) {
        const struct ref_tuned *want = &ref_tuned[c];
        const struct halt_rule *rule = halt_rule_find(want->rule);
        struct tune_opts o = {.method = TUNE_GRID,
                              .bounds = {.min_accuracy = want->min_accuracy,
                                         .max_macs = want->max_macs},
                              .first_floor = want->first_floor};
        struct halt_table t;
        struct tuned got;
        tune_set_values(&o, NAN);
        fill(&t, (size_t)(rule - halt_rules), (size_t)want->table);
        tune_rule(&t, &o, rule, &got);
        for (size_t i = 0; i + 1 < REF_B; i++)
            assert_float_equal(got.thresholds[i], want->thresholds[i], 0);
        assert_float_equal(got.metrics.accuracy, want->accuracy, 1e-15);
        assert_float_equal(got.metrics.cost[COST_SEQUENTIAL], want->macs, 1e-9);
        assert_float_equal(got.metrics.cost[COST_PAPER], want->paper, 1e-9);
        assert_float_equal(got.outcome.violation, want->violation, 1e-12);
        halt_table_fini(&t);
    }
}

static void test_best_reference(void **state)
{
    (void)state;
    for (size_t c = 0; c < ARRAY_LEN(ref_best); c++) {
        const struct ref_best *want = &ref_best[c];
        const struct halt_rule *rule = halt_rule_find(want->rule);
        struct tune_opts o = {.method = TUNE_EXACT,
                              .bounds = {.min_accuracy = want->min_accuracy,
                                         .max_macs = want->max_macs},
                              .first_floor = NAN,
                              .work = TUNE_WORK};
        struct halt_table t;
        struct tuned got;
        tune_set_values(&o, NAN);
        fill(&t, (size_t)(rule - halt_rules), (size_t)want->table);
        if (want->table >= REF_LATE)
            halt_costs_init(&t.costs, REF_B, ref_late, ref_dear, NULL);
        tune_rule(&t, &o, rule, &got);
        assert_float_equal(got.metrics.accuracy, want->accuracy, 1e-15);
        assert_float_equal(got.metrics.cost[COST_SEQUENTIAL], want->macs, 1e-9);
        assert_float_equal(got.outcome.violation, want->violation, 1e-12);
        halt_table_fini(&t);
    }
}

/* ---- against all combinations ---- */

static const int64_t prefix[] = {50, 130, 260, 400}, head[] = {30, 30, 20, 10};

#define BOTH (1u << HALT_CUMULATIVE | 1u << HALT_EQ8)

/* Easy samples are confident and right everywhere. */
static void random_table(struct halt_table *t, struct rng *r, size_t n,
                         size_t exits)
{
    halt_table_init(t, BOTH, n, exits, 2);
    halt_table_reserve(t, exits);
    for (size_t k = 0; k < n; k++) {
        double easy = rng_uniform(r);
        for (size_t i = 0; i < exits; i++) {
            double c = 0.7 * easy + 0.3 * rng_uniform(r);
            t->value[HALT_CUMULATIVE][i * n + k] =
                t->value[HALT_EQ8][i * n + k] = i + 1 < exits ? c : 1;
            t->right[i * n + k] = rng_uniform(r) <
                                  0.3 + 0.3 * easy + 0.1 * (double)i;
        }
    }
    halt_costs_init(&t->costs, exits, prefix + 4 - exits, head + 4 - exits,
                    NULL);
}

static void judge(const struct halt_table *t, const struct tune_opts *o,
                  struct tuned *x)
{
    halt_judge(t, x->rule, x->thresholds, &x->metrics);
    x->outcome = judged(&o->bounds, x->metrics.accuracy,
                        x->metrics.cost[COST_SEQUENTIAL]);
}

/* Best of every choice from 0, 0.1, .. 0.8 at each early exit. */
static void exhaust(const struct halt_table *t, const struct tune_opts *o,
                    const struct halt_rule *rule, struct tuned *best)
{
    size_t early = t->exits - 1, n = 1;
    for (size_t i = 0; i < early; i++)
        n *= 9;
    for (size_t code = 0; code < n; code++) {
        struct tuned x = {.rule = rule};
        size_t c = code;
        for (size_t i = 0; i < early; i++, c /= 9)
            x.thresholds[i] = (double)(c % 9) / 10;
        judge(t, o, &x);
        if (!code || outcome_compare(&x.outcome, &best->outcome) < 0)
            *best = x;
    }
}

/* What holds whatever the table: never better than the best there is; no grid
 * point is better, so feasible when one of them is. */
static void check_laws(const struct halt_table *t, const struct tune_opts *o,
                       const struct halt_rule *rule)
{
    struct tuned got, all;
    tune_rule(t, o, rule, &got);
    exhaust(t, o, rule, &all);
    assert_true(outcome_compare(&got.outcome, &all.outcome) >= 0);
    for (int k = 1; k <= 8; k++) {
        struct tuned x = {.rule = rule};
        for (size_t i = 0; i + 1 < t->exits; i++)
            x.thresholds[i] = k / 10.;
        judge(t, o, &x);
        assert_true(outcome_compare(&got.outcome, &x.outcome) <= 0);
        if (x.outcome.violation <= 0)
            assert_float_equal(got.outcome.violation, 0, 0);
    }
    for (size_t i = 0; i + 1 < t->exits; i++)
        assert_true(got.thresholds[i] >= 0 && got.thresholds[i] <= 0.8);
}

static void test_laws(void **state)
{
    (void)state;
    struct rng r = rng_make(11, "thresholds", 0, 0);
    for (int round = 0; round < 60; round++) {
        struct halt_table t;
        size_t exits = 1 + rng_below(&r, 4);
        random_table(&t, &r, 60, exits);
        struct tune_opts o = {
            .method = TUNE_GRID,
            .first_floor = NAN,
            .bounds = {.min_accuracy = rng_below(&r, 3)
                                           ? 0.5 + 0.4 * rng_uniform(&r)
                                           : NAN,
                       .max_macs = rng_below(&r, 3) ? 60 + 400 * rng_uniform(&r)
                                                    : NAN},
        };
        tune_set_values(&o, NAN);
        check_laws(&t, &o, &halt_rules[rng_below(&r, 2)]);
        halt_table_fini(&t);
    }
}

/* ---- the repair, by hand ---- */

/* One early exit, ten samples of confidence 0.05, 0.15, .. 0.95; the early
 * exit is right for the confident half, the final one always.  Costs 10 and
 * 110. */
static void ladder(struct halt_table *t)
{
    static const int64_t p[] = {0, 90}, h[] = {10, 10};
    halt_table_init(t, 1u << HALT_CUMULATIVE, 10, 2, 2);
    halt_table_reserve(t, 2);
    for (size_t k = 0; k < 10; k++) {
        t->value[HALT_CUMULATIVE][k] = 0.05 + 0.1 * (double)k;
        t->value[HALT_CUMULATIVE][10 + k] = 1;
        t->right[k] = k >= 5;
        t->right[10 + k] = 1;
    }
    halt_costs_init(&t->costs, 2, p, h, NULL);
}

static struct tuned tune_ladder(double min_accuracy, double max_macs)
{
    struct halt_table t;
    struct tuned got;
    struct tune_opts o = {
        .method = TUNE_GRID,
        .bounds = {.min_accuracy = min_accuracy, .max_macs = max_macs},
        .first_floor = NAN};
    tune_set_values(&o, NAN);
    ladder(&t);
    tune_rule(&t, &o, &halt_rules[HALT_CUMULATIVE], &got);
    halt_table_fini(&t);
    return got;
}

static void test_by_hand(void **state)
{
    (void)state;
    /* No limits: accuracy 1 from 0.5 up; the tie goes to fewer MACs. */
    struct tuned x = tune_ladder(NAN, NAN);
    assert_float_equal(x.thresholds[0], 0.5, 0);
    assert_float_equal(x.metrics.cost[COST_SEQUENTIAL], 60, 0);
    /* 40 on average: seven leave early, from 0.3 on: accuracy 0.8. */
    x = tune_ladder(0.8, 40);
    assert_float_equal(x.thresholds[0], 0.3, 0);
    assert_float_equal(x.metrics.accuracy, 0.8, 0);
    assert_float_equal(x.metrics.cost[COST_SEQUENTIAL], 40, 0);
    /* 10: all leave at once; only the repair's 0 gets there. */
    x = tune_ladder(NAN, 10);
    assert_float_equal(x.thresholds[0], 0, 0);
    assert_float_equal(x.metrics.accuracy, 0.5, 0);
    /* The same with an accuracy limit: the repair stops at 0.3, five times
     * too dear; the grid's 0.1 (20 MACs, 0.6) violates less. */
    x = tune_ladder(0.8, 8);
    assert_float_equal(x.thresholds[0], 0.1, 0);
    assert_float_equal(x.metrics.accuracy, 0.6, 1e-15);
    /* A step that breaks the accuracy limit is undone: 0.5 stays at 60 MACs,
     * a violation of 0.2; the grid's 0.4 (50 MACs, 0.9) has 0.1. */
    x = tune_ladder(1, 50);
    assert_float_equal(x.thresholds[0], 0.4, 0);
    assert_float_equal(x.metrics.accuracy, 0.9, 1e-15);
}

static void test_down(void **state)
{
    (void)state;
    struct tune_opts o;
    tune_set_values(&o, NAN);
    double x = 0.8;
    for (int k = 7; k >= 0; k--) {
        x = threshold_down(&o, x);
        assert_float_equal(x, k / 10., 0);
    }
    assert_float_equal(threshold_down(&o, 0), 0, 0);
    assert_float_equal(threshold_down(&o, 0.75), 0.7, 0);
    assert_float_equal(threshold_down(&o, 0.05), 0, 0);
    assert_float_equal(threshold_down(&o, 1), 0.8, 0);
}

static void test_values(void **state)
{
    (void)state;
    struct tune_opts o;
    tune_set_values(&o, NAN);
    assert_int_equal(o.values, 9);
    assert_float_equal(o.value[3], 0.3, 0);
    tune_set_values(&o, 0.1);
    assert_int_equal(o.values, 10); /* up to 0.9 */
    tune_set_values(&o, 0.02);
    assert_int_equal(o.values, 50);
    assert_float_equal(o.value[3], 0.06, 0);
    assert_float_equal(o.value[49], 0.98, 0);
    tune_set_values(&o, 0.3);
    assert_int_equal(o.values, 4); /* 0 0.3 0.6 0.9 */
    tune_set_values(&o, 0.001);
    assert_int_equal(o.values, 1000);
    assert_float_equal(o.value[999], 0.999, 0);
}

/* A net without early exits has nothing to tune. */
static void test_one_exit(void **state)
{
    (void)state;
    struct rng r = rng_make(3, "thresholds", 0, 0);
    struct halt_table t;
    struct tuned got;
    struct tune_opts o = {.bounds = {.min_accuracy = 0.1, .max_macs = 1},
                          .first_floor = 0.7};
    tune_set_values(&o, NAN);
    random_table(&t, &r, 20, 1);
    for (o.method = TUNE_AUTO; o.method <= TUNE_EXACT; o.method++) {
        tune_thresholds(&t, &o, &got);
        assert_int_equal(got.metrics.left[0], 20);
        assert_float_equal(got.metrics.cost[COST_SEQUENTIAL], 410, 0);
    }
    halt_table_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcomes),       cmocka_unit_test(test_reference),
        cmocka_unit_test(test_best_reference), cmocka_unit_test(test_laws),
        cmocka_unit_test(test_by_hand),        cmocka_unit_test(test_down),
        cmocka_unit_test(test_values),         cmocka_unit_test(test_one_exit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
