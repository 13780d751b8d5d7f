/* SPDX-License-Identifier: MIT
 * Guarantees: on tables worked out by hand, and by draws from a population of
 * which every risk is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/policy/certificate.h"
#include "libcommon/nn/policy/guarantee.h"

enum { CLASSES = 3, EXITS = 3, TYPES = 4096, RULE = HALT_MAX_SOFTMAX };

static const int64_t prefix[EXITS] = {300, 600, 1000},
                     head[EXITS] = {20, 20, 20};

/* ---- a population ---- */

/* All kinds of samples that there are, each as likely as any other. */
static struct halt_table population;

static void table_begin(struct halt_table *t, size_t samples)
{
    halt_table_init(t, 1u << RULE, samples, EXITS, CLASSES);
    halt_table_reserve(t, EXITS);
    t->label = xcalloc(samples, sizeof *t->label);
    halt_costs_init(&t->costs, EXITS, prefix, head, NULL);
}

static void table_end(struct halt_table *t)
{
    for (size_t i = 0; i < EXITS; i++) {
        size_t n = 0;

        for (size_t k = 0; k < t->samples; k++)
            n += t->right[i * t->samples + k];
        t->accuracy[i] = (double)n / (double)t->samples;
    }
}

/* Easy samples are right and sure at all exits.  Where two exits are wrong they
 * mostly say the same. */
static void populate(void)
{
    struct rng r = rng_make(1, "population", 0, 0);
    struct halt_table *t = &population;

    table_begin(t, TYPES);
    for (size_t k = 0; k < TYPES; k++) {
        double hard = rng_uniform(&r);
        int32_t label = rng_uniform(&r) < 0.2 ? 2 : (int32_t)rng_below(&r, 2);

        t->label[k] = label;
        for (size_t i = EXITS; i-- > 0;) {
            double reach = 1.4 - 0.2 * (double)(EXITS - 1 - i),
                   score = 1.1 - hard + 0.25 * rng_normal(&r);
            size_t at = i * TYPES + k;
            bool right = rng_uniform(&r) < reach - hard * hard;

            t->value[RULE][at] = fmin(fmax(score, 0), 1);
            t->answer[at] = right ? (uint16_t)label
                                  : (uint16_t)((label + 1 +
                                                (rng_uniform(&r) < 0.2)) %
                                               CLASSES);
            t->right[at] = right;
        }
    }
    table_end(t);
}

/* Draw samples, each by itself. */
static void draw(struct halt_table *t, size_t samples, struct rng *r)
{
    const struct halt_table *p = &population;

    table_begin(t, samples);
    for (size_t k = 0; k < samples; k++) {
        size_t from = rng_below(r, TYPES);

        t->label[k] = p->label[from];
        for (size_t i = 0; i < EXITS; i++) {
            size_t to = i * samples + k, at = i * TYPES + from;

            t->value[RULE][to] = p->value[RULE][at];
            t->answer[to] = p->answer[at];
            t->right[to] = p->right[at];
        }
    }
    table_end(t);
}

/* Returns a risk of a policy over the whole population. */
static double true_risk(const struct trial *x, enum risk_kind kind)
{
    struct agreement a;
    double risk;

    agreement_init(&a, CLASSES);
    agreement_count(&a, &population, x->rule, x->thresholds);
    risk = (double)(kind == RISK_WRONG  ? a.wrong
                    : kind == RISK_LOST ? a.lost
                                        : a.different) /
           TYPES;
    if (kind == RISK_CLASS)
        risk = 1 - agreement_min_class(&a);
    agreement_fini(&a);
    return risk;
}

struct tally {
    size_t broken, saving;
};

/* A guarantee is about the draw of the second half, whatever the first is: each
 * of the first ones serves for many second ones. */
enum { FIRSTS = 20, SECONDS = 50 };

static struct tally certify(const struct guarantee_opts *g, size_t half)
{
    struct tune_opts o = {.method = TUNE_AUTO, .first_floor = NAN};
    struct rng r = rng_make(2, "draws", half, g->n);
    struct tally sum = {0, 0};

    tune_set_values(&o, 0.05);
    for (size_t d = 0; d < FIRSTS; d++) {
        struct halt_table first, second;
        struct trials p = {0};
        struct proof proof;

        draw(&first, half, &r);
        trials_propose(&p, &first, &o, g);
        for (size_t k = 0; k < SECONDS; k++) {
            bool broken = false;

            draw(&second, half, &r);
            trials_test(&p, &first, &second, g, &proof);
            for (size_t i = 0; i < g->n; i++)
                broken |= true_risk(&proof.policy, g->risk[i].kind) >
                          g->risk[i].limit;
            sum.broken += broken && proof.certified;
            sum.saving += proof.certified &&
                          proof.policy.cost <
                              halt_costs_final(&first.costs, COST_SEQUENTIAL);
            halt_table_fini(&second);
        }
        trials_fini(&p);
        halt_table_fini(&first);
    }
    return sum;
}

/* Of 1,000 draws at 95 % at most 73 may break a limit: more would come of a
 * probability of 5 % less than once in a thousand times. */
static void coverage(void **state)
{
    static const struct {
        struct guarantee_opts g;
        size_t half;
    } cases[] = {
        {{0.95, 1, {{RISK_WRONG, 0.2}}}, 400},
        {{0.95, 1, {{RISK_LOST, 0.02}}}, 320},
        {{0.95, 1, {{RISK_DIFFERENT, 0.02}}}, 320},
        {{0.95, 1, {{RISK_CLASS, 0.25}}}, 400},
        {{0.95, 2, {{RISK_WRONG, 0.2}, {RISK_LOST, 0.03}}}, 400},
    };
    static const struct guarantee_opts unsure = {0.5, 1, {{RISK_WRONG, 0.2}}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tally x = certify(&cases[i].g, cases[i].half);

        print_message("# %s: %zu broken, %zu saving\n",
                      risk_metrics[cases[i].g.risk[0].kind], x.broken,
                      x.saving);
        assert_in_range(x.broken, 0, 73);
        assert_in_range(x.saving, 500, 1000);
    }
    /* That many can be broken: where half may be, more than 73 are. */
    assert_in_range(certify(&unsure, 400).broken, 74, 547);
}

/* ---- by hand ---- */

static void tails_of_risks(void **state)
{
    uint64_t of[] = {50, 0, 10}, wrong[] = {5, 0, 2};
    const struct agreement a = {.classes = 3,
                                .samples = 60,
                                .different = 3,
                                .wrong = 7,
                                .lost = 1,
                                .of_class = of,
                                .wrong_of = wrong};
    struct risk_seen x;

    (void)state;
    risk_see(&a, RISK_WRONG, 0.5, true, &x);
    assert_true(x.bad == 7 && x.samples == 60 && x.log_tail < log(1e-9));
    risk_see(&a, RISK_LOST, 0.5, false, &x);
    assert_true(x.bad == 1 && x.samples == 60);
    assert_float_equal(x.log_tail, log(61) - 60 * log(2), 1e-12);
    risk_see(&a, RISK_DIFFERENT, 0.5, false, &x);
    assert_int_equal(x.bad, 3);
    risk_see(&a, RISK_DIFFERENT, 0.5, true, &x); /* known without a test */
    assert_true(x.bad == 0 && x.log_tail == -INFINITY);
    risk_see(&a, RISK_CLASS, 0.5, false,
             &x); /* nothing is known of one class */
    assert_true(x.samples == 0 && x.log_tail == 0);
    of[1] = 20;
    risk_see(&a, RISK_CLASS, 0.5, false, &x);
    assert_true(x.bad == 2 && x.samples == 10);
}

/* The class with the largest tail at a limit need not be the one with the worst
 * bound: 1 of 4 against 30 of 100.  beta.ppf(0.95, k + 1, n - k) of SciPy. */
static void bounds_of_risks(void **state)
{
    uint64_t of[] = {100, 4}, wrong[] = {30, 1};
    const struct agreement a = {.classes = 2,
                                .samples = 104,
                                .different = 3,
                                .wrong = 31,
                                .lost = 1,
                                .of_class = of,
                                .wrong_of = wrong};
    struct risk_seen seen;
    struct risk_bound b;

    (void)state;
    risk_see(&a, RISK_CLASS, 0.2, false, &seen);
    assert_int_equal(seen.samples, 100);
    risk_bound(&a, RISK_CLASS, 0.95, false, &b);
    assert_int_equal(b.samples, 4);
    assert_float_equal(b.upper, 0.7513953742698181, 1e-12);
    risk_bound(&a, RISK_WRONG, 0.95, true, &b);
    assert_int_equal(b.samples, 104);
    assert_float_equal(b.upper, 0.38041407764215646, 1e-12);
    risk_bound(&a, RISK_LOST, 0.95, true, &b);
    assert_true(b.samples == 104 && b.upper == 0);
    of[1] = wrong[1] = 0;
    risk_bound(&a, RISK_CLASS, 0.95, false, &b);
    assert_true(b.samples == 0 && b.upper == 1);
}

/* The sequence goes from safe and dear to cheap. */
static void sequence(void **state)
{
    const struct guarantee_opts g = {0.95, 1, {{RISK_LOST, 0.05}}};
    struct tune_opts o = {.method = TUNE_AUTO, .first_floor = NAN};
    struct rng r = rng_make(3, "draws", 0, 0);
    struct halt_table first;
    struct trials p = {0};

    (void)state;
    tune_set_values(&o, 0.05);
    draw(&first, 500, &r);
    trials_propose(&p, &first, &o, &g);
    assert_in_range(p.n, 5, 200);
    assert_true(isnan(p.v[0].thresholds[0]) && isnan(p.v[0].thresholds[1]));
    assert_float_equal(p.v[0].cost, 1020, 0);
    for (size_t i = 1; i < p.n; i++) {
        assert_true(p.v[i].cost < p.v[i - 1].cost);
        assert_true(p.v[i].log_tail >= p.v[i - 1].log_tail);
    }
    trials_fini(&p);
    halt_table_fini(&first);
}

/* Certify on halves of so many samples of which the first exit, which all are
 * sure at, gets `wrong` wrong in each half, the second all and the final exit
 * none. */
static void prove(const struct guarantee_opts *g, size_t half, size_t wrong,
                  struct proof *proof)
{
    struct tune_opts o = {.method = TUNE_AUTO, .first_floor = NAN};
    struct halt_table t[2];
    struct trials p = {0};

    tune_set_values(&o, NAN);
    for (size_t h = 0; h < 2; h++) {
        table_begin(&t[h], half);
        for (size_t k = 0; k < EXITS * half; k++) {
            bool bad = k < wrong || k / half == 1;

            t[h].right[k] = !bad;
            t[h].answer[k] = bad;
            t[h].value[RULE][k] = k < half;
        }
        table_end(&t[h]);
    }
    trials_propose(&p, &t[0], &o, g);
    trials_test(&p, &t[0], &t[1], g, proof);
    trials_fini(&p);
    halt_table_fini(&t[0]);
    halt_table_fini(&t[1]);
}

static void samples_that_suffice(void **state)
{
    const struct guarantee_opts lost = {0.95, 1, {{RISK_LOST, 0.01}}},
                                wrong = {0.95, 1, {{RISK_WRONG, 0.01}}};
    struct proof x;

    (void)state;
    prove(&lost, 298, 0, &x);
    assert_true(x.certified && isnan(x.policy.thresholds[0]) &&
                x.bound[0].upper == 0);
    assert_true(x.tested == 2 && x.passed == 1 && x.needed == 299);
    prove(&lost, 299, 0, &x);
    assert_true(x.certified && x.policy.thresholds[0] > 0);
    assert_true(x.passed == 2 && x.needed == 0);
    assert_true(x.bound[0].upper > 0.0099 && x.bound[0].upper <= 0.01);
    /* Of the final exit alone it is not known before the test either. */
    prove(&wrong, 298, 0, &x);
    assert_true(!x.certified && isnan(x.policy.thresholds[0]));
    assert_true(x.tested == 1 && x.passed == 0 && x.bound[0].upper > 0.01);
    assert_int_equal(x.needed, 299);
    prove(&wrong, 299, 0, &x);
    assert_true(x.certified && x.policy.thresholds[0] > 0);
    /* Half of the limit wrong takes more of them, twice the limit too many. */
    prove(&lost, 400, 2, &x);
    assert_true(isnan(x.policy.thresholds[0]) && x.needed > 600);
    prove(&lost, 400, 8, &x);
    assert_true(isnan(x.policy.thresholds[0]) && x.needed == 0);
    prove(&lost, 1, 0, &x);
    assert_true(isnan(x.policy.thresholds[0]) && x.needed == 299);
}

/* What is needed for a class is counted in both halves, also where another class
 * is the worst of one half.  Of 122 samples 30 are of the class that is wrong
 * twice: 68 of it are enough (SciPy: binom.cdf(ceil(n / 15), n, 0.15) stays below
 * 0.05 from n = 68 on). */
static void samples_of_the_worst_class(void **state)
{
    static const size_t of[CLASSES] = {40, 15, 6},
                        wrong[2][CLASSES] = {{2, 2, 0}, {2, 0, 0}};
    const struct guarantee_opts g = {0.95, 1, {{RISK_CLASS, 0.15}}};
    struct tune_opts o = {.method = TUNE_AUTO, .first_floor = NAN};
    struct halt_table t[2];
    struct trials p = {0};
    struct proof x;

    (void)state;
    tune_set_values(&o, NAN);
    for (size_t h = 0; h < 2; h++) {
        table_begin(&t[h], 61);
        for (size_t c = 0, k = 0; c < CLASSES; c++)
            for (size_t j = 0; j < of[c]; j++, k++) {
                t[h].label[k] = (int32_t)c;
                for (size_t i = 0; i < EXITS; i++) {
                    size_t at = i * 61 + k;

                    t[h].right[at] = j >= wrong[h][c];
                    t[h].answer[at] = (uint16_t)((c + !t[h].right[at]) %
                                                 CLASSES);
                    t[h].value[RULE][at] = 1;
                }
            }
        table_end(&t[h]);
    }
    trials_propose(&p, &t[0], &o, &g);
    trials_test(&p, &t[0], &t[1], &g, &x);
    assert_false(x.certified);
    assert_int_equal(x.needed, 277); /* 68 * 122 / 30, rounded up */
    trials_fini(&p);
    halt_table_fini(&t[0]);
    halt_table_fini(&t[1]);
}

/* ---- limits by name ---- */

static void limits_to_risks(void **state)
{
    struct guarantee_opts g;
    struct limits l = {0};
    struct err e;

    (void)state;
    certificate_risks(&g, &l);
    assert_int_equal(g.n, 0);
    assert_int_equal(certificate_confidence(&g, 0.9, &e), ERR_ARG);
    assert_int_equal(limits_add(&l, "macs", true, 1000, &e), 0);
    assert_int_equal(limits_add(&l, "lost_answers", false, 0.1, &e), 0);
    assert_int_equal(limits_add(&l, "disagreement", true, 0.25, &e), 0);
    assert_int_equal(limits_add(&l, "accuracy", false, 0.75, &e), 0);
    certificate_risks(&g, &l); /* no risk is certified from below */
    assert_int_equal(g.n, 2);
    assert_int_equal(g.risk[0].kind, RISK_WRONG);
    assert_true(g.risk[0].limit == 0.25);
    assert_int_equal(g.risk[1].kind, RISK_DIFFERENT);
    assert_true(g.risk[1].limit == 0.25);
    assert_int_equal(certificate_confidence(&g, 0, &e), ERR_ARG);
    assert_int_equal(certificate_confidence(&g, 1, &e), ERR_ARG);
    assert_int_equal(certificate_confidence(&g, NAN, &e), ERR_ARG);
    assert_int_equal(certificate_confidence(&g, 0.9, &e), 0);
    assert_true(g.confidence == 0.9);
    limits_free(&l);
}

static void proofs_as_certificates(void **state)
{
    struct guarantee_opts g;
    struct limits l = {0};
    struct proof proof = {.off = true,
                          .tested = 3,
                          .needed = 40,
                          .bound = {{0.5, 20}, {0.125, 30}}};
    struct certified c[2];
    struct guarantee to;
    struct buf b = {0};
    struct err e;

    (void)state;
    assert_int_equal(limits_add(&l, "lost_answers", true, 0.25, &e), 0);
    assert_int_equal(limits_add(&l, "accuracy", false, 0.75, &e), 0);
    certificate_risks(&g, &l);
    assert_int_equal(certificate_confidence(&g, 0.9, &e), 0);
    certificate_fill(&to, c, &g, &l, &proof, 30);
    assert_ptr_equal(to.limits.v, c);
    assert_int_equal(to.limits.n, 2);
    assert_string_equal(c[0].name, "accuracy");
    assert_true(isnan(c[0].max) && c[0].min == 0.75 && c[0].bound == 0.5);
    assert_int_equal(c[0].samples, 20);
    assert_string_equal(c[1].name, "lost_answers");
    assert_true(isnan(c[1].min) && c[1].max == 0.25 && c[1].bound == 0.125);
    assert_true(to.tested == 3 && to.passed == 0 && to.samples == 30);
    assert_false(to.certified || to.independent);
    certificate_off(&b, &to);
    assert_string_equal(
        b.data, "nothing is certified, and all early exits are off: no policy "
                "passed the test of accuracy >= 0.75 and lost_answers <= 0.25 "
                "with confidence 0.9 on 30 samples; about 40 would be needed, "
                "of a trace of 79");
    buf_free(&b);

    proof.certified = true; /* a bound that rounding moved is put right */
    proof.bound[0].upper = 0.25 + 1e-12;
    certificate_fill(&to, c, &g, &l, &proof, 50);
    assert_true(c[0].bound == 0.75);
    certificate_off(&b, &to);
    assert_non_null(strstr(b.data, "all early exits stay off"));
    assert_null(strstr(b.data, "would be needed"));
    buf_free(&b);
    limits_free(&l);
}

static int begin(void **state)
{
    (void)state;
    populate();
    return 0;
}

static int end(void **state)
{
    (void)state;
    halt_table_fini(&population);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tails_of_risks),
        cmocka_unit_test(bounds_of_risks),
        cmocka_unit_test(sequence),
        cmocka_unit_test(samples_that_suffice),
        cmocka_unit_test(samples_of_the_worst_class),
        cmocka_unit_test(coverage),
        cmocka_unit_test(limits_to_risks),
        cmocka_unit_test(proofs_as_certificates),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
