/* SPDX-License-Identifier: MIT
 * Descent and exact search against each other, the grid and all there is. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/policy/exact.h"

#define ALL_RULES ((1u << HALT_RULES) - 1)

static int64_t prefix[NET_MAX_EXITS], head[NET_MAX_EXITS], paper[NET_MAX_EXITS];

/* Costs that rise along the backbone; heads may be dear or cheap. */
static void random_costs(struct halt_table *t, struct rng *r)
{
    int64_t at = 20;
    for (size_t i = 0; i < t->exits; i++) {
        at += 20 + (int64_t)rng_below(r, 200);
        prefix[i] = at;
        head[i] = 5 + (int64_t)rng_below(r, 80);
        paper[i] = at + head[i] / 2;
    }
    halt_costs_init(&t->costs, t->exits, prefix, head, paper);
}

/* A sample is as hard at every exit as `alike` says (0: anew at each, 1: the
 * same); later exits are right more often, confident samples too. */
static void random_table(struct halt_table *t, struct rng *r, size_t n,
                         size_t exits, double alike)
{
    halt_table_init(t, ALL_RULES, n, exits, 2);
    halt_table_reserve(t, exits);
    for (size_t k = 0; k < n; k++) {
        double easy = rng_uniform(r);
        for (size_t i = 0; i < exits; i++) {
            double own = alike * easy + (1 - alike) * rng_uniform(r);
            double c = 0.8 * own + 0.2 * rng_uniform(r);
            for (size_t rule = 0; rule < HALT_RULES; rule++)
                t->value[rule][i * n + k] = c;
            t->right[i * n + k] = rng_uniform(r) <
                                  0.2 + 0.6 * own + 0.06 * (double)i;
        }
    }
    for (size_t i = 0; i < exits; i++) {
        double right = 0;
        for (size_t k = 0; k < n; k++)
            right += t->right[i * n + k];
        t->accuracy[i] = right / (double)n;
    }
    random_costs(t, r);
}

/* Limits from nothing to impossible. */
static void random_limits(struct tune_opts *o, struct rng *r, size_t exits)
{
    double dearest = (double)(prefix[exits - 1] + head[exits - 1]);
    o->bounds.min_accuracy = rng_below(r, 3) ? 0.3 + 0.6 * rng_uniform(r) : NAN;
    o->bounds.max_macs = rng_below(r, 4) ? dearest * (0.05 + rng_uniform(r))
                                         : NAN;
    o->cost = rng_below(r, 3) ? COST_SEQUENTIAL : COST_PAPER;
    o->first_floor = rng_below(r, 4) ? NAN : rng_uniform(r);
}

static struct tuned tune(const struct halt_table *t, struct tune_opts *o,
                         enum tune_method method, const struct halt_rule *rule)
{
    struct tuned x;
    o->method = method;
    tune_rule(t, o, rule, &x);
    return x;
}

static bool same(const struct tuned *a, const struct tuned *b, size_t exits)
{
    for (size_t i = 0; i + 1 < exits; i++)
        if (a->thresholds[i] != b->thresholds[i] &&
            !(isnan(a->thresholds[i]) && isnan(b->thresholds[i])))
            return false;
    return !outcome_compare(&a->outcome, &b->outcome);
}

/* The outcome is that of the thresholds, judged like any other. */
static void check_honest(const struct halt_table *t, const struct tune_opts *o,
                         const struct tuned *x)
{
    struct tuned y = *x;
    tuned_judge(t, o, &y);
    assert_int_equal(outcome_compare(&x->outcome, &y.outcome), 0);
    for (size_t i = 0; i + 1 < t->exits; i++)
        if (isnan(x->thresholds[i]))
            assert_int_equal(x->metrics.left[i], 0);
}

static int gaps, rounds;

static void check_order(const struct halt_table *t, struct tune_opts *o,
                        const struct halt_rule *rule)
{
    struct tuned grid = tune(t, o, TUNE_GRID, rule),
                 descent = tune(t, o, TUNE_DESCENT, rule),
                 exact = tune(t, o, TUNE_EXACT, rule),
                 automatic = tune(t, o, TUNE_AUTO, rule),
                 again = tune(t, o, TUNE_DESCENT, rule);
    tuned_judge(t, o, &grid); /* it was judged without the ceiling */
    assert_false(exact.given_up);
    assert_true(outcome_compare(&descent.outcome, &grid.outcome) <= 0);
    assert_true(outcome_compare(&exact.outcome, &descent.outcome) <= 0);
    assert_true(same(&exact, &automatic, t->exits));
    assert_true(same(&descent, &again, t->exits));
    check_honest(t, o, &descent);
    check_honest(t, o, &exact);
    rounds++;
    gaps += outcome_compare(&exact.outcome, &descent.outcome) < 0;
}

static void test_never_worse(void **state)
{
    (void)state;
    struct rng r = rng_make(21, "methods", 0, 0);
    for (int round = 0; round < 400; round++) {
        struct halt_table t;
        struct tune_opts o = {.work = TUNE_WORK};
        size_t exits = 2 + rng_below(&r, 4);
        random_table(&t, &r, 300, exits, (double)rng_below(&r, 3) / 2);
        random_limits(&o, &r, exits);
        tune_set_values(&o, rng_below(&r, 3) ? NAN : 0.05);
        check_order(&t, &o, &halt_rules[rng_below(&r, HALT_RULES)]);
        halt_table_fini(&t);
    }
    assert_true(gaps * 6 <= rounds);
}

/* The better one by what the page says, apart from outcome_compare: under no
 * limit on the cost first what costs no more than the final exit alone (D35),
 * then violation, accuracy, cost (D34). */
static bool beats(const struct halt_table *t, const struct tune_opts *o,
                  const struct tuned *a, const struct tuned *b)
{
    const struct tuned *x[2] = {a, b};
    double key[2][4], final = t->costs.v[o->cost].base[t->exits - 1];
    for (size_t i = 0; i < 2; i++) {
        double cost = x[i]->metrics.cost[o->cost],
               accuracy = x[i]->metrics.accuracy;
        key[i][0] = isnan(o->bounds.max_macs) && cost > final ? cost : 0;
        key[i][1] = (cost > o->bounds.max_macs ? cost / o->bounds.max_macs - 1
                                               : 0) +
                    (accuracy < o->bounds.min_accuracy
                         ? 1 - accuracy / o->bounds.min_accuracy
                         : 0);
        key[i][2] = -accuracy;
        key[i][3] = cost;
    }
    for (size_t k = 0; k < 4; k++)
        if (fabs(key[0][k] - key[1][k]) > 1e-12)
            return key[0][k] < key[1][k];
    return false;
}

/* Every choice of a value or off at every early exit, and the grid's own
 * answer, which a floor may take off the values. */
static struct tuned exhaust(const struct halt_table *t, struct tune_opts *o,
                            const struct halt_rule *rule)
{
    struct tuned best = tune(t, o, TUNE_GRID, rule), x = {.rule = rule};
    size_t early = t->exits - 1, n = 1;
    for (size_t i = 0; i < early; i++)
        n *= o->values + 1;
    for (size_t code = 0; code < n; code++) {
        size_t c = code;
        for (size_t i = 0; i < early; i++, c /= o->values + 1)
            x.thresholds[i] = c % (o->values + 1) == o->values
                                  ? NAN
                                  : o->value[c % (o->values + 1)];
        halt_judge(t, rule, x.thresholds, &x.metrics);
        if (beats(t, o, &x, &best))
            best = x;
    }
    return best;
}

static void test_exact_is_exact(void **state)
{
    (void)state;
    struct rng r = rng_make(22, "methods", 0, 0);
    int open = 0, held = 0;
    for (int round = 0; round < 400; round++) {
        struct halt_table t;
        struct tune_opts o = {.work = TUNE_WORK};
        size_t exits = 2 + rng_below(&r, 4);
        random_table(&t, &r, 40 + rng_below(&r, 30), exits,
                     (double)rng_below(&r, 3) / 2);
        random_limits(&o, &r, exits);
        if (isnan(o.bounds.max_macs)) /* the grid's answer may be another one */
            o.first_floor = NAN;
        tune_set_values(&o, exits > 3 ? 0.25 : exits > 2 ? NAN : 0.01);
        const struct halt_rule *rule = &halt_rules[rng_below(&r, HALT_RULES)];
        struct tuned all = exhaust(&t, &o, rule),
                     got = tune(&t, &o, TUNE_EXACT, rule);
        assert_false(beats(&t, &o, &all, &got));
        assert_false(beats(&t, &o, &got, &all));
        if (isnan(o.bounds.max_macs)) {
            double final = t.costs.v[o.cost].base[exits - 1];
            assert_true(got.metrics.cost[o.cost] <= final);
            got = tune(&t, &o, TUNE_DESCENT, rule);
            assert_true(got.metrics.cost[o.cost] <= final);
            open++;
            o.bounds.max_macs = 1e9;
            got = tune(&t, &o, TUNE_EXACT, rule);
            held += got.metrics.cost[o.cost] > final;
        }
        halt_table_fini(&t);
    }
    assert_true(open > 50 && held > 5); /* the ceiling was in the way */
}

/* Any price in the bound gives the same outcome. */
static void test_price_does_not_matter(void **state)
{
    (void)state;
    static const double price[] = {0, 1e-6, 1e-4, 1e-3, 1e-2, 1};
    struct rng r = rng_make(23, "methods", 0, 0);
    for (int round = 0; round < 60; round++) {
        struct halt_table t;
        struct tune_opts o = {.work = TUNE_WORK};
        random_table(&t, &r, 200, 4, 0.5);
        random_limits(&o, &r, 4);
        tune_set_values(&o, NAN);
        const struct halt_rule *rule = &halt_rules[rng_below(&r, HALT_RULES)];
        struct tuned grid = tune(&t, &o, TUNE_GRID, rule),
                     want = tune(&t, &o, TUNE_EXACT, rule);
        for (size_t p = 0; p < ARRAY_LEN(price); p++) {
            struct tunespace s;
            uint16_t choice[NET_MAX_EXITS];
            struct tuned x = {.rule = rule};
            tunespace_init(&s, &t, &o, rule);
            tuned_judge(&t, &o, &grid);
            tunespace_choice(&s, grid.thresholds, choice);
            assert_true(
                exact_search(&s, &grid.outcome, price[p], TUNE_WORK, choice));
            tunespace_thresholds(&s, choice, x.thresholds);
            tuned_judge(&t, &o, &x);
            if (outcome_compare(&grid.outcome, &x.outcome) < 0)
                x = grid; /* a floor off the values */
            assert_int_equal(outcome_compare(&x.outcome, &want.outcome), 0);
            tunespace_fini(&s);
        }
        halt_table_fini(&t);
    }
}

/* ---- by hand ---- */

/* The early exit knows what the final one does not, at a price: half the samples
 * each.  With the exit on, half of them go on at 0.5, which costs 120 and is right
 * for all; with it off, all cost 110 (D35). */
static void test_no_more_than_the_final_exit(void **state)
{
    (void)state;
    static const int64_t p[] = {90, 100}, h[] = {20, 10};
    for (size_t rule = 0; rule < HALT_RULES; rule++) {
        struct halt_table t;
        struct tune_opts o = {.bounds = {.min_accuracy = 0.9, .max_macs = NAN},
                              .first_floor = NAN,
                              .work = TUNE_WORK};
        halt_table_init(&t, ALL_RULES, 10, 2, 2);
        halt_table_reserve(&t, 2);
        for (size_t k = 0; k < 10; k++) {
            t.value[rule][k] = k < 5 ? 0.75 : 0.25;
            t.value[rule][10 + k] = 1;
            t.right[k] = k < 5;
            t.right[10 + k] = k > 1;
        }
        t.accuracy[0] = 0.5;
        t.accuracy[1] = 0.8;
        halt_costs_init(&t.costs, 2, p, h, NULL);
        tune_set_values(&o, NAN);
        for (int m = TUNE_AUTO; m <= TUNE_EXACT; m++) {
            struct tuned x = tune(&t, &o, (enum tune_method)m,
                                  &halt_rules[rule]);
            double cost = x.metrics.cost[COST_SEQUENTIAL];
            assert_float_equal(cost, m == TUNE_GRID ? 120 : 110, 0);
            assert_float_equal(x.metrics.accuracy, m == TUNE_GRID ? 1 : 0.8, 0);
            assert_true(m == TUNE_GRID || isnan(x.thresholds[0]));
        }
        o.bounds.max_macs = 120; /* what is wanted can be said */
        assert_float_equal(
            tune(&t, &o, TUNE_AUTO, &halt_rules[rule]).metrics.accuracy, 1, 0);
        halt_table_fini(&t);
    }
}

/* An exit that is never right and dear: off is the best choice, and its head
 * costs nothing then. */
static void test_off_is_a_choice(void **state)
{
    (void)state;
    static const int64_t p[] = {10, 20, 100}, h[] = {50, 10, 10};
    for (size_t rule = 0; rule < HALT_RULES; rule++) {
        struct halt_table t;
        struct tune_opts o = {.bounds = {.min_accuracy = NAN, .max_macs = 40},
                              .first_floor = NAN,
                              .work = TUNE_WORK};
        halt_table_init(&t, ALL_RULES, 10, 3, 2);
        halt_table_reserve(&t, 3);
        for (size_t k = 0; k < 10; k++) {
            double c[] = {0.5, k < 9 ? 0.75 : 0.25, 1};
            for (size_t i = 0; i < 3; i++)
                t.value[rule][i * 10 + k] = c[i];
            t.right[k] = 0;
            t.right[10 + k] = t.right[20 + k] = 1;
        }
        t.accuracy[1] = t.accuracy[2] = 1;
        halt_costs_init(&t.costs, 3, p, h, NULL);
        tune_set_values(&o, NAN);
        for (int m = TUNE_DESCENT; m <= TUNE_EXACT; m++) {
            struct tuned x = tune(&t, &o, (enum tune_method)m,
                                  &halt_rules[rule]);
            assert_true(isnan(x.thresholds[0]));
            assert_float_equal(x.metrics.accuracy, 1, 0);
            assert_float_equal(x.metrics.cost[COST_SEQUENTIAL], 30, 0);
            assert_int_equal(x.metrics.left[1], 10);
        }
        halt_table_fini(&t);
    }
}

/* The best over all rules; among equals the first. */
static void test_best_rule(void **state)
{
    (void)state;
    struct rng r = rng_make(24, "methods", 0, 0);
    for (int round = 0; round < 50; round++) {
        struct halt_table t;
        struct tune_opts o = {.work = TUNE_WORK};
        struct tuned x, got;
        random_table(&t, &r, 200, 3, 0.5);
        random_limits(&o, &r, 3);
        tune_set_values(&o, NAN);
        for (size_t rule = 0; rule < HALT_RULES; rule++)
            for (size_t k = 0; k < t.samples * t.exits; k++)
                if (rng_below(&r, 4) == 0)
                    t.value[rule][k] = rng_uniform(&r);
        tune_thresholds(&t, &o, &got);
        assert_true(got.rule >= halt_rules);
        for (size_t rule = 0; rule < HALT_RULES; rule++) {
            tune_rule(&t, &o, &halt_rules[rule], &x);
            int c = outcome_compare(&got.outcome, &x.outcome);
            assert_true(c <= 0);
            if (&halt_rules[rule] < got.rule)
                assert_true(c < 0);
        }
        /* Rules that are alike: the local ones have the same values. */
        memcpy(t.value[HALT_ENTROPY], t.value[HALT_MARGIN],
               t.samples * t.exits * sizeof(double));
        t.rules = 1u << HALT_ENTROPY | 1u << HALT_MARGIN;
        tune_thresholds(&t, &o, &got);
        assert_ptr_equal(got.rule, &halt_rules[HALT_MARGIN]);
        t.rules = ALL_RULES;
        halt_table_fini(&t);
    }
}

/* Many exits, for a chained rule no more than it takes: descent does it; exact
 * search gives up in time, with something no worse. */
static void check_many(size_t rule, size_t exits)
{
    struct rng r = rng_make(25, "methods", 0, 0);
    struct halt_table t;
    struct tune_opts o = {
        .bounds = {.min_accuracy = 0.5}, .first_floor = NAN, .work = 1000};

    random_table(&t, &r, 100, exits, 0.5);
    o.bounds.max_macs = 0.3 * (double)prefix[exits - 1];
    tune_set_values(&o, NAN);
    assert_true(tune_takes(&t, &halt_rules[rule]));
    struct tuned grid = tune(&t, &o, TUNE_GRID, &halt_rules[rule]),
                 x = tune(&t, &o, TUNE_DESCENT, &halt_rules[rule]);
    assert_true(outcome_compare(&x.outcome, &grid.outcome) <= 0);
    check_honest(&t, &o, &x);
    struct tuned y = tune(&t, &o, TUNE_AUTO, &halt_rules[rule]);
    assert_true(y.given_up);
    assert_true(outcome_compare(&y.outcome, &x.outcome) <= 0);
    check_honest(&t, &o, &y);
    halt_table_fini(&t);
}

static void test_many_exits(void **state)
{
    struct halt_table t = {.exits = TUNE_CHAIN + 2};

    (void)state;
    for (size_t rule = 0; rule < HALT_RULES; rule++) {
        bool chained = halt_rules[rule].chained;

        check_many(rule, chained ? TUNE_CHAIN + 1 : NET_MAX_EXITS);
        assert_int_equal(tune_takes(&t, &halt_rules[rule]), !chained);
    }
}

/* A search that was given up says so, whatever it had found by then. */
static void test_given_up_is_said(void **state)
{
    struct rng r = rng_make(26, "methods", 0, 0);
    int found = 0;

    (void)state;
    for (int round = 0; round < 80; round++) {
        const struct halt_rule *rule = &halt_rules[rng_below(&r, HALT_RULES)];
        struct halt_table t;
        struct tune_opts o = {.work = TUNE_WORK};

        random_table(&t, &r, 300, 5, (double)rng_below(&r, 3) / 2);
        random_limits(&o, &r, 5);
        tune_set_values(&o, 0.05);
        struct tuned descent = tune(&t, &o, TUNE_DESCENT, rule),
                     exact = tune(&t, &o, TUNE_EXACT, rule);
        assert_false(descent.given_up || exact.given_up);
        for (o.work = 1; o.work < 1000000; o.work *= 4) {
            struct tuned x = tune(&t, &o, TUNE_EXACT, rule);

            if (outcome_compare(&exact.outcome, &x.outcome) < 0)
                assert_true(x.given_up);
            found += x.given_up &&
                     outcome_compare(&x.outcome, &descent.outcome) < 0;
        }
        halt_table_fini(&t);
    }
    assert_true(found > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_worse),
        cmocka_unit_test(test_exact_is_exact),
        cmocka_unit_test(test_price_does_not_matter),
        cmocka_unit_test(test_no_more_than_the_final_exit),
        cmocka_unit_test(test_off_is_a_choice),
        cmocka_unit_test(test_best_rule),
        cmocka_unit_test(test_many_exits),
        cmocka_unit_test(test_given_up_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
