/* SPDX-License-Identifier: MIT
 * What thresholds minimise, limits on several figures and costs of other names:
 * the searches against all there is, frozen values of NumPy, and each other. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/exits/agreement.h"
#include "libcommon/nn/policy/moves.h"
#include "libcommon/nn/policy/pairs.h"
#include "tests/unit/thresholds_ref.h"

#define ALL_RULES ((1u << HALT_RULES) - 1)
#define CLASSES 3

/* ---- frozen values of tests/reference/thresholds.py ---- */

static void fill(struct halt_table *t, size_t rule, size_t which)
{
    halt_table_init(t, 1u << rule, REF_N, REF_B, REF_CLASSES);
    halt_table_reserve(t, REF_B);
    t->label = xmemdup(ref_class[which], sizeof ref_class[which]);
    for (size_t i = 0; i < REF_B; i++) {
        for (size_t k = 0; k < REF_N; k++) {
            t->value[rule][i * REF_N + k] = (double)ref_conf[which][k][i];
            t->right[i * REF_N + k] = ref_right[which][k][i];
            t->accuracy[i] += ref_right[which][k][i] / (double)REF_N;
        }
    }
    halt_costs_init(&t->costs, REF_B, ref_prefix, ref_head, ref_paper);
}

/* Costs that are limited in a row of ref_policies, but for the judged one. */
static void limit(struct tune_opts *o, const struct ref_policy *want)
{
    struct bounds *b = &o->bounds;
    double other = want->cost ? want->max_macs : want->max_paper;

    *b = (struct bounds){
        .min_accuracy = want->min_accuracy,
        .max_macs = want->cost ? want->max_paper : want->max_macs,
        .min_balanced = isnan(want->min_balanced) ? 0 : want->min_balanced,
        .min_class = want->min_class,
        .weight = want->weight,
    };
    o->cost = want->cost ? COST_PAPER : COST_SEQUENTIAL;
    if (!isnan(other))
        b->also[b->also_n++] = (struct cost_bound){
            want->cost ? COST_SEQUENTIAL : COST_PAPER, other};
}

static void test_reference(void **state)
{
    (void)state;
    for (size_t c = 0; c < ARRAY_LEN(ref_policies); c++) {
        const struct ref_policy *want = &ref_policies[c];
        const struct halt_rule *rule = halt_rule_find(want->rule);
        struct tune_opts o = {
            .method = TUNE_EXACT, .first_floor = NAN, .work = TUNE_WORK};
        struct halt_table t;
        struct tuned got;
        struct agreement a;

        tune_set_values(&o, NAN);
        limit(&o, want);
        fill(&t, (size_t)(rule - halt_rules), (size_t)want->table);
        tune_rule(&t, &o, rule, &got);
        assert_false(got.given_up);
        assert_float_equal(got.outcome.violation, want->violation, 1e-12);
        assert_float_equal(got.outcome.loss, want->weight > 0 ? want->loss : 0,
                           1e-12);
        assert_float_equal(got.metrics.accuracy, want->accuracy, 1e-12);
        assert_float_equal(got.outcome.macs,
                           want->cost ? want->paper : want->macs, 1e-9);
        agreement_init(&a, t.classes);
        agreement_count(&a, &t, rule, got.thresholds);
        if (want->min_balanced > 0)
            assert_true(agreement_balanced(&a) + 1e-12 >=
                        fmin(want->min_balanced, want->balanced));
        if (want->min_class > 0)
            assert_true(agreement_min_class(&a) + 1e-12 >=
                        fmin(want->min_class, want->least));
        agreement_fini(&a);
        halt_table_fini(&t);
    }
}

/* ---- random tables ---- */

static int64_t prefix[NET_MAX_EXITS], head[NET_MAX_EXITS], paper[NET_MAX_EXITS];
static struct halt_cost more[2]; /* latency and energy, no whole numbers */

static void random_table(struct halt_table *t, struct rng *r, size_t n,
                         size_t exits, double alike)
{
    int64_t at = 20;

    halt_table_init(t, ALL_RULES, n, exits, CLASSES);
    halt_table_reserve(t, exits);
    t->label = xcalloc(n, sizeof *t->label);
    for (size_t k = 0; k < n; k++) {
        double easy = rng_uniform(r);

        t->label[k] = (int32_t)(rng_below(r, 3) ? 0 : 1 + rng_below(r, 2));
        for (size_t i = 0; i < exits; i++) {
            double own = alike * easy + (1 - alike) * rng_uniform(r),
                   c = 0.8 * own + 0.2 * rng_uniform(r);

            for (size_t rule = 0; rule < HALT_RULES; rule++)
                t->value[rule][i * n + k] = c;
            t->right[i * n + k] = rng_uniform(r) < 0.25 + 0.6 * own +
                                                       0.06 * (double)i -
                                                       0.1 * t->label[k];
        }
    }
    for (size_t i = 0; i < exits; i++) {
        for (size_t k = 0; k < n; k++)
            t->accuracy[i] += t->right[i * n + k] / (double)n;
        at += 20 + (int64_t)rng_below(r, 200);
        prefix[i] = at;
        head[i] = 5 + (int64_t)rng_below(r, 80);
        paper[i] = at + head[i] / 2;
        for (size_t k = 0; k < 2; k++) {
            more[k].base[i] = 0.1 * (double)at * (0.5 + rng_uniform(r));
            more[k].fee[i] = rng_uniform(r);
        }
    }
    more[0].name = "latency";
    more[1].name = "energy";
    halt_costs_init(&t->costs, exits, prefix, head, paper);
}

/* Something to minimise, and limits that are hard to meet or not. */
static void random_goal(struct tune_opts *o, struct rng *r,
                        const struct halt_table *t)
{
    struct bounds *b = &o->bounds;
    double accuracy = t->accuracy[t->exits - 1];

    *o = (struct tune_opts){.first_floor = NAN,
                            .work = TUNE_WORK,
                            .more = more,
                            .more_n = 2,
                            .cost = (int)rng_below(r, HALT_COSTS + 2)};
    double final = tune_cost(t, o, o->cost)->base[t->exits - 1];
    b->weight = rng_below(r, 4) ? rng_uniform(r) : (double)rng_below(r, 2);
    b->min_accuracy = rng_below(r, 2) ? accuracy * (0.7 + 0.4 * rng_uniform(r))
                                      : NAN;
    b->max_macs = rng_below(r, 2) ? final * (0.3 + 0.7 * rng_uniform(r)) : NAN;
    for (int k = 0; k < HALT_COSTS + 2; k++)
        if (k != o->cost && !rng_below(r, 4))
            b->also[b->also_n++] = (struct cost_bound){
                k, tune_cost(t, o, k)->base[t->exits - 1] *
                       (0.4 + 0.7 * rng_uniform(r))};
    b->min_balanced = rng_below(r, 4) ? 0
                                      : accuracy * (0.7 + 0.4 * rng_uniform(r));
    b->min_class = rng_below(r, 4) ? 0
                                   : accuracy * (0.4 + 0.7 * rng_uniform(r));
}

/* What the page says, apart from the solver's sums: the violation and the loss of
 * thresholds, or an infinite violation for what costs more than D35 lets it. */
static void judge(const struct halt_table *t, const struct tune_opts *o,
                  const struct halt_rule *rule, const double *thresholds,
                  double key[4])
{
    const struct bounds *b = &o->bounds;
    struct halt_metrics f;
    struct agreement a;
    double cost[HALT_COSTS + 2], leaving[NET_MAX_EXITS];

    halt_judge(t, rule, thresholds, &f);
    agreement_init(&a, t->classes);
    agreement_count(&a, t, rule, thresholds);
    for (int k = 0; k < HALT_COSTS + 2; k++) {
        halt_cost_leaving(tune_cost(t, o, k), t->exits, thresholds, leaving);
        cost[k] = 0;
        for (size_t i = 0; i < t->exits; i++)
            cost[k] += leaving[i] * (double)f.left[i] / (double)t->samples;
    }
    double c = cost[o->cost],
           final = tune_cost(t, o, o->cost)->base[t->exits - 1];
    key[0] = isnan(b->max_macs) && c > final + 1e-9 ? c : 0;
    key[1] = c > b->max_macs ? c / b->max_macs - 1 : 0;
    key[1] += f.accuracy < b->min_accuracy ? 1 - f.accuracy / b->min_accuracy
                                           : 0;
    if (agreement_balanced(&a) < b->min_balanced)
        key[1] += 1 - agreement_balanced(&a) / b->min_balanced;
    if (agreement_min_class(&a) < b->min_class)
        key[1] += 1 - agreement_min_class(&a) / b->min_class;
    for (size_t k = 0; k < b->also_n; k++)
        if (cost[b->also[k].cost] > b->also[k].max)
            key[1] += cost[b->also[k].cost] / b->also[k].max - 1;
    key[2] = b->weight * c / final + (1 - b->weight) * (1 - f.accuracy);
    key[3] = b->weight > 0 ? -f.accuracy : c;
    agreement_fini(&a);
}

static bool beats(const double *a, const double *b)
{
    for (size_t k = 0; k < 3; k++)
        if (fabs(a[k] - b[k]) > 1e-9)
            return a[k] < b[k];
    return false;
}

static void test_exact_is_exact(void **state)
{
    struct rng r = rng_make(38, "policy", 0, 0);
    int unmet = 0, met = 0;

    (void)state;
    for (int round = 0; round < 300; round++) {
        const struct halt_rule *rule = &halt_rules[rng_below(&r, HALT_RULES)];
        struct halt_table t;
        struct tune_opts o;
        struct tuned got;
        size_t early = 1 + rng_below(&r, 3), n = 1;
        double best[4] = {INFINITY}, key[4], x[NET_MAX_EXITS];

        random_table(&t, &r, 40 + rng_below(&r, 40), early + 1,
                     (double)rng_below(&r, 3) / 2);
        random_goal(&o, &r, &t);
        tune_set_values(&o, early > 2 ? 0.2 : 0.1);
        for (size_t i = 0; i < early; i++)
            n *= o.values + 1;
        for (size_t code = 0; code < n; code++) {
            for (size_t i = 0, c = code; i < early; i++, c /= o.values + 1)
                x[i] = c % (o.values + 1) == o.values
                           ? NAN
                           : o.value[c % (o.values + 1)];
            judge(&t, &o, rule, x, key);
            if (beats(key, best))
                memcpy(best, key, sizeof best);
        }
        o.method = TUNE_EXACT;
        tune_rule(&t, &o, rule, &got);
        assert_false(got.given_up);
        judge(&t, &o, rule, got.thresholds, key);
        assert_false(beats(best, key));
        assert_false(beats(key, best));
        assert_float_equal(got.outcome.violation, key[1], 1e-9);
        *(key[1] > 0 ? &unmet : &met) += 1;
        halt_table_fini(&t);
    }
    assert_true(unmet > 20 && met > 20);
}

/* ---- moves of one exit and of two ---- */

static void random_choice(const struct tunespace *s, struct rng *r,
                          uint16_t *choice)
{
    for (size_t i = 0; i < s->early; i++)
        choice[i] = (uint16_t)rng_below(r, (uint64_t)s->values + 1);
}

/* The sums of moves are those of the policies, in whatever order they are asked
 * for. */
static void test_moves(void **state)
{
    struct rng r = rng_make(39, "policy", 0, 0);

    (void)state;
    for (int round = 0; round < 40; round++) {
        const struct halt_rule *rule = &halt_rules[rng_below(&r, HALT_RULES)];
        struct halt_table t;
        struct tune_opts o;
        struct tunespace s;
        struct moves m;
        uint16_t at[NET_MAX_EXITS];

        random_table(&t, &r, 1 + rng_below(&r, 90), 2 + rng_below(&r, 5), 0.5);
        random_goal(&o, &r, &t);
        tune_set_values(&o, 0.2);
        tunespace_init(&s, &t, &o, rule);
        moves_init(&m, &s);
        random_choice(&s, &r, at);
        for (int n = 0; n < 30; n++) {
            size_t i = rng_below(&r, s.early);
            const double *sum = moves_at(&m, at, i);
            for (uint16_t c = 0; c <= s.off; c++) {
                struct figures f = moves_figures(&m, sum, c);
                struct outcome have = outcome_of(&s.bounds, &f);
                struct tuned x;

                at[i] = c;
                tunespace_judge(&s, at, &x);
                assert_float_equal(have.accuracy, x.outcome.accuracy, 1e-12);
                assert_float_equal(have.macs, x.outcome.macs, 1e-9);
                assert_float_equal(have.violation, x.outcome.violation, 1e-9);
                assert_float_equal(have.loss, x.outcome.loss, 1e-12);
            }
            at[i] = (uint16_t)rng_below(&r, (uint64_t)s.off + 1);
        }
        moves_fini(&m);
        tunespace_fini(&s);
        halt_table_fini(&t);
    }
}

/* Two exits of several: the best of all their choices, the others as they
 * were. */
static void test_pairs(void **state)
{
    struct rng r = rng_make(40, "policy", 0, 0);
    int moved = 0;

    (void)state;
    for (int round = 0; round < 120; round++) {
        struct halt_table t;
        struct tune_opts o;
        struct tunespace s;
        struct tuned x;
        uint16_t at[NET_MAX_EXITS], try[NET_MAX_EXITS];
        struct outcome best, all;

        random_table(&t, &r, 20 + rng_below(&r, 60), 3 + rng_below(&r, 4), 0.5);
        random_goal(&o, &r, &t);
        tune_set_values(&o, 0.1);
        tunespace_init(&s, &t, &o, &halt_rules[HALT_MARGIN]);
        random_choice(&s, &r, at);
        memcpy(try, at, sizeof try);
        tunespace_judge(&s, at, &x);
        best = all = x.outcome;
        size_t j = 1 + rng_below(&r, s.early - 1), i = rng_below(&r, j + 1);
        for (uint16_t a = 0; a <= s.off; a++)
            for (uint16_t b = 0; b <= s.off; b++) {
                try[i] = a;
                try[j] = b;
                tunespace_judge(&s, try, &x);
                if (outcome_compare(&x.outcome, &all) < 0)
                    all = x.outcome;
            }
        memcpy(try, at, sizeof try);
        bool better = pairs_improve(&s, i, j, at, &best);
        moved += better;
        assert_float_equal(best.excess, all.excess, 1e-9);
        assert_float_equal(best.violation, all.violation, 1e-9);
        assert_float_equal(best.loss, all.loss, 1e-12);
        tunespace_judge(&s, at, &x);
        assert_float_equal(x.outcome.violation, best.violation, 1e-9);
        assert_float_equal(x.outcome.loss, best.loss, 1e-12);
        for (size_t e = 0; e < s.early; e++)
            assert_true((better && (e == i || e == j)) || at[e] == try[e]);
        tunespace_fini(&s);
        halt_table_fini(&t);
    }
    assert_true(moved > 60);
}

/* ---- descent against exact search ---- */

/* What is to be small, relative to the exact optimum: the loss, without a weight
 * the error.  Where the samples are few, or limits tight, one of them more or less
 * is a step of its own, so that a few gaps may be larger. */
static void test_gap(void **state)
{
    struct rng r = rng_make(41, "policy", 0, 0);
    double weighed = 0, sum = 0;
    int n = 0, wide = 0;

    (void)state;
    for (int round = 0; round < 240; round++) {
        struct halt_table t;
        struct tuned x, want;
        const struct halt_rule
            *rule = &halt_rules[round % 3 ? HALT_MAX_SOFTMAX : HALT_CUMULATIVE];
        size_t exits = 2 + rng_below(&r, 5);
        double accuracy, final;
        bool limits = rng_below(&r, 2);
        struct tune_opts o = {.first_floor = NAN,
                              .work = TUNE_WORK,
                              .bounds = {.min_accuracy = NAN, .max_macs = NAN}};

        random_table(&t, &r, 2000, exits, (double)rng_below(&r, 3) / 2);
        tune_set_values(&o, exits > 4 ? 0.1 : 1. / 14);
        accuracy = t.accuracy[exits - 1];
        final = t.costs.v[COST_SEQUENTIAL].base[exits - 1];
        o.bounds.weight = 0.1 + 0.8 * rng_uniform(&r);
        if (limits && rng_below(&r, 2))
            o.bounds.max_macs = final * (0.3 + 0.7 * rng_uniform(&r));
        else if (limits)
            o.bounds.min_accuracy = accuracy * (0.85 + 0.15 * rng_uniform(&r));
        o.method = TUNE_DESCENT;
        tune_rule(&t, &o, rule, &x);
        o.method = TUNE_EXACT;
        tune_rule(&t, &o, rule, &want);
        assert_false(want.given_up);
        assert_true(outcome_compare(&want.outcome, &x.outcome) <= 0);
        double gap = x.outcome.violation > 0
                         ? 1
                         : x.outcome.loss / want.outcome.loss - 1;
        if (exits < 5 && want.outcome.violation <= 0)
            assert_true(gap < 1e-9); /* so few are searched exactly */
        if (want.outcome.violation <= 0) {
            weighed = limits ? weighed : fmax(weighed, gap);
            sum += gap;
            n++;
            wide += gap > 0.005;
        }
        halt_table_fini(&t);
    }
    assert_true(weighed < 0.005);
    assert_true(sum < 0.0005 * n);
    assert_true(wide * 100 <= 2 * n && n > 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference), cmocka_unit_test(test_exact_is_exact),
        cmocka_unit_test(test_moves),     cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
