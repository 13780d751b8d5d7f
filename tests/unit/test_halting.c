/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/rng.h"
#include "libcommon/nn/exits/halting.h"

static const struct halt_rule *cumulative = &halt_rules[HALT_CUMULATIVE];
static const struct halt_rule *eq8 = &halt_rules[HALT_EQ8];

/* ---- one sample, by hand ---- */

static void test_scores(void **state)
{
    (void)state;
    double rest = 1;
    assert_float_equal(cumulative->score(0.5, &rest), 0.5, 1e-15);
    assert_float_equal(cumulative->score(0.5, &rest), 0.75, 1e-15);
    assert_float_equal(cumulative->score(1, &rest), 1, 0);
    rest = 1;
    assert_float_equal(eq8->score(0.5, &rest), 0.5, 1e-15);
    assert_float_equal(eq8->score(0.5, &rest), 0.25, 1e-15);
    assert_float_equal(eq8->score(1, &rest), 0.25, 1e-15);
}

/* The rules on the softmax look at their own exit alone, at its temperature. */
static void test_local_rules(void **state)
{
    (void)state;
    const float z[] = {0, logf(3)};
    double h = -(0.9 * log(0.9) + 0.1 * log(0.1)) / log(2);
    const double want[] = {
        [HALT_MAX_SOFTMAX] = 0.9, [HALT_MARGIN] = 0.8, [HALT_ENTROPY] = 1 - h};
    for (size_t r = HALT_MAX_SOFTMAX; r <= HALT_ENTROPY; r++) {
        const struct halt_rule *rule = &halt_rules[r];
        double rest = 1;
        assert_false(rule->confidence || rule->chained);
        assert_float_equal(rule->value(z, 2, 0.25f, 0.5), want[r], 1e-7);
        assert_float_equal(rule->score(0.25, &rest), 0.25, 0);
        assert_float_equal(rule->score(0.5, &rest), 0.5, 0);
    }
    assert_float_equal(cumulative->value(z, 2, 0.25f, 0.5), 0.25, 0);
}

static void test_leaving_at_equality(void **state)
{
    (void)state;
    const double v[] = {0.5, 0.5, 1};
    assert_int_equal(halt_exit(cumulative, (double[]){0.5, 0}, 3, v, 1), 0);
    assert_int_equal(halt_exit(cumulative, (double[]){0.6, 0.75}, 3, v, 1), 1);
    assert_int_equal(halt_exit(cumulative, (double[]){0.6, 0.76}, 3, v, 1), 2);
    assert_int_equal(halt_exit(eq8, (double[]){0.6, 0.25}, 3, v, 1), 1);
    assert_int_equal(halt_exit(eq8, (double[]){0.6, 0.26}, 3, v, 1), 2);
    /* Threshold 0: everybody leaves, even at confidence 0. */
    const double none[] = {0, 0, 1};
    assert_int_equal(halt_exit(cumulative, (double[]){0, 0}, 3, none, 1), 0);
}

static void test_an_exit_that_is_off(void **state)
{
    (void)state;
    const double v[] = {1, 0.3, 1};
    /* Exit 0 is sure, but off: it counts as 0, not as 1. */
    assert_int_equal(halt_exit(cumulative, (double[]){NAN, 0.3}, 3, v, 1), 1);
    assert_int_equal(halt_exit(cumulative, (double[]){NAN, 0.31}, 3, v, 1), 2);
    assert_int_equal(halt_exit(cumulative, (double[]){NAN, NAN}, 3, v, 1), 2);
}

/* ---- costs, by hand ---- */

static const int64_t prefix[] = {100, 250, 430}, head[] = {60, 50, 30},
                     paper[] = {160, 300, 460};

static void test_costs(void **state)
{
    (void)state;
    double c[3];
    struct halt_costs costs;
    halt_costs_init(&costs, 3, prefix, head, paper);
    const struct halt_cost *sequential = &costs.v[COST_SEQUENTIAL],
                           *eq13 = &costs.v[COST_PAPER];
    assert_string_equal(sequential->name, "sequential");
    assert_string_equal(eq13->name, "paper");
    halt_cost_leaving(sequential, 3, (double[]){0.5, 0.5}, c);
    assert_float_equal(c[0], 160, 0);
    assert_float_equal(c[1], 250 + 110, 0);
    assert_float_equal(c[2], 430 + 140, 0);
    halt_cost_leaving(sequential, 3, (double[]){NAN, 0.5}, c);
    assert_float_equal(c[1], 300, 0);
    assert_float_equal(c[2], 430 + 80, 0);
    halt_cost_leaving(sequential, 3, (double[]){NAN, NAN}, c);
    assert_float_equal(c[2], 460, 0);
    /* What passing an exit that is off has cost: the backbone alone. */
    assert_float_equal(c[0], 100, 0);
    assert_float_equal(halt_costs_final(&costs, COST_SEQUENTIAL), 460, 0);
    assert_float_equal(sequential->base[1], 300, 0);
    assert_float_equal(sequential->fee[1], 50, 0);

    halt_cost_leaving(eq13, 3, (double[]){NAN, 0.5}, c);
    for (size_t i = 0; i < 3; i++) {
        assert_float_equal(c[i], (double)paper[i], 0);
        assert_float_equal(eq13->fee[i], 0, 0);
    }
}

/* Of a summary's arrays those count that fit the exits. */
static void test_costs_of_a_summary(void **state)
{
    (void)state;
    int64_t to_tap[] = {100, 250}, own[] = {60, 50}, eq13[] = {160, 300};
    struct summary s = {
        .prefix = {to_tap, 2}, .head = {own, 2}, .gamma_paper = {eq13, 2}};
    struct halt_costs c;
    double out[2];
    halt_costs_of(&c, &s, 2);
    assert_true(halt_cost_known(&c.v[COST_SEQUENTIAL]));
    assert_true(halt_cost_known(&c.v[COST_PAPER]));
    assert_float_equal(halt_costs_final(&c, COST_SEQUENTIAL), 300, 0);
    s.gamma_paper.n = 1;
    halt_costs_of(&c, &s, 2);
    assert_true(halt_cost_known(&c.v[COST_SEQUENTIAL]));
    assert_false(halt_cost_known(&c.v[COST_PAPER]));
    halt_cost_leaving(&c.v[COST_PAPER], 2, (double[]){0.5}, out);
    assert_true(isnan(out[0]) && isnan(out[1]));
    s.gamma_paper.n = 2;
    s.head.n = 1;
    halt_costs_of(&c, &s, 2);
    assert_false(halt_cost_known(&c.v[COST_SEQUENTIAL]));
    assert_true(halt_cost_known(&c.v[COST_PAPER]));
    assert_true(isnan(halt_costs_final(&c, COST_SEQUENTIAL)));
}

/* Four samples, two early exits, two classes. */
static void test_metrics(void **state)
{
    (void)state;
    const float a[] = {1, 0, 0, 1, 1, 0, 1, 0}, /* says 0 1 0 0 */
        b[] = {1, 0, 1, 0, 0, 1, 1, 0},         /* says 0 0 1 0 */
        c[] = {1, 0, 0, 1, 0, 1, 0, 1};         /* says 0 1 1 1 */
    const int32_t labels[] = {0, 1, 1, 1};
    const float ca[] = {0.9f, 0.5f, 0.25f, 0}, cb[] = {0, 0.5f, 0.5f, 0};
    struct halt_table t;
    halt_table_init(&t, 1u << HALT_CUMULATIVE, 4, 3, 2);
    halt_table_exit(&t, 0, a, ca, labels, 1);
    halt_table_exit(&t, 1, b, cb, labels, 1);
    halt_table_exit(&t, 2, c, NULL, labels, 1);
    halt_costs_init(&t.costs, 3, prefix, head, paper);
    assert_float_equal(t.accuracy[0], 0.5, 0);
    assert_float_equal(t.accuracy[1], 0.5, 0);
    assert_float_equal(t.accuracy[2], 1, 0);

    struct halt_metrics f;
    halt_judge(&t, cumulative, (double[]){0.8, 0.6}, &f);
    assert_int_equal(f.left[0], 1); /* 0.9 */
    assert_int_equal(f.left[1], 2); /* 0.75, 0.625 */
    assert_int_equal(f.left[2], 1);
    assert_int_equal(f.right[0], 1);
    assert_int_equal(f.right[1], 1);
    assert_int_equal(f.right[2], 1);
    assert_float_equal(f.accuracy, 0.75, 0);
    assert_float_equal(f.cost[COST_SEQUENTIAL], (160 + 2 * 360 + 570) / 4., 0);
    assert_float_equal(f.cost[COST_PAPER], (160 + 2 * 300 + 460) / 4., 0);

    /* With the first exit off its head is not paid for, and the second
     * decides by its own confidence alone: all below 0.6. */
    halt_judge(&t, cumulative, (double[]){NAN, 0.6}, &f);
    assert_int_equal(f.left[2], 4);
    assert_float_equal(f.cost[COST_SEQUENTIAL], 510, 0);

    halt_costs_init(&t.costs, 3, prefix, head, NULL);
    halt_judge(&t, cumulative, (double[]){0.8, 0.6}, &f);
    assert_true(isnan(f.cost[COST_PAPER]));
    halt_table_fini(&t);
}

/* ---- laws, on random tables ---- */

static int64_t p[NET_MAX_EXITS], h[NET_MAX_EXITS]; /* prefixes and heads of
                                                      * the latest table */

static void random_table(struct halt_table *t, struct rng *r, size_t samples,
                         size_t exits)
{
    halt_table_init(t, 1u << HALT_CUMULATIVE, samples, exits, 2);
    halt_table_reserve(t, exits);
    for (size_t i = 0; i < samples * exits; i++) {
        t->value[HALT_CUMULATIVE][i] = rng_uniform(r);
        t->right[i] = rng_uniform(r) < 0.6;
    }
    for (size_t i = 0; i < exits; i++) {
        p[i] = (i ? p[i - 1] : 0) + 1 + (int64_t)rng_below(r, 1000);
        h[i] = (int64_t)rng_below(r, 500);
    }
    halt_costs_init(&t->costs, exits, p, h, NULL);
}

/* A lower threshold never makes a sample leave later, whatever the rule. */
static void test_lower_is_earlier(void **state)
{
    (void)state;
    struct rng r = rng_make(5, "halting", 0, 0);
    for (int round = 0; round < 2000; round++) {
        size_t exits = 2 + rng_below(&r, 8);
        double v[10], high[10], low[10];
        for (size_t i = 0; i < exits; i++) {
            v[i] = rng_uniform(&r);
            high[i] = rng_uniform(&r);
            low[i] = rng_below(&r, 2) ? high[i] : high[i] * rng_uniform(&r);
        }
        for (const char *const *n = halt_rule_names; *n; n++) {
            const struct halt_rule *rule = halt_rule_find(*n);
            assert_true(halt_exit(rule, low, exits, v, 1) <=
                        halt_exit(rule, high, exits, v, 1));
        }
    }
}

/* Everybody leaves somewhere; U, accuracy and cost agree with a count made
 * sample by sample; nobody leaves at an exit that is off. */
static void test_against_plain_count(void **state)
{
    (void)state;
    struct rng r = rng_make(6, "halting", 0, 0);
    for (int round = 0; round < 50; round++) {
        struct halt_table t;
        size_t exits = 1 + rng_below(&r, 6), n = 200;
        random_table(&t, &r, n, exits);
        double th[8];
        for (size_t i = 0; i + 1 < exits; i++)
            th[i] = rng_below(&r, 4) ? rng_uniform(&r) : NAN;
        struct halt_metrics f;
        halt_judge(&t, cumulative, th, &f);
        double macs = 0, right = 0;
        uint64_t left[8] = {0};
        for (size_t k = 0; k < n; k++) {
            double none = 1, cost = 0;
            size_t at = exits - 1;
            for (size_t i = 0; i + 1 < exits; i++) {
                if (isnan(th[i]))
                    continue;
                cost += (double)h[i];
                none *= 1 - t.value[HALT_CUMULATIVE][i * n + k];
                if (1 - none >= th[i]) {
                    at = i;
                    break;
                }
            }
            cost += (double)p[at];
            if (at == exits - 1)
                cost += (double)h[at];
            macs += cost;
            right += t.right[at * n + k];
            left[at]++;
        }
        for (size_t i = 0; i < exits; i++)
            assert_int_equal(left[i], f.left[i]);
        assert_float_equal(f.cost[COST_SEQUENTIAL], macs / (double)n,
                           1e-9 * macs);
        assert_float_equal(f.accuracy, right / (double)n, 1e-15);
        halt_table_fini(&t);
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_ptr_equal(halt_rule_find("cumulative"), cumulative);
    assert_ptr_equal(halt_rule_find("eq8"), eq8);
    assert_null(halt_rule_find("eq"));
    for (size_t r = 0; r < HALT_RULES; r++)
        assert_ptr_equal(halt_rule_find(halt_rule_names[r]), &halt_rules[r]);
    assert_null(halt_rule_names[HALT_RULES]);
}

static void test_sigmoid(void **state)
{
    (void)state;
    assert_float_equal(halt_confidence(0), 0.5, 0);
    assert_float_equal(halt_confidence(-200), 0, 1e-30);
    assert_float_equal(halt_confidence(200), 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_local_rules),
        cmocka_unit_test(test_leaving_at_equality),
        cmocka_unit_test(test_an_exit_that_is_off),
        cmocka_unit_test(test_costs),
        cmocka_unit_test(test_costs_of_a_summary),
        cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_lower_is_earlier),
        cmocka_unit_test(test_against_plain_count),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_sigmoid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
