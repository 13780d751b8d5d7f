/* SPDX-License-Identifier: MIT
 * Selection among measured results (D16). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/search/tradeoff.h"
#include "tools/pareto-select/choose.h"

struct point {
    double accuracy, macs;
};

static void fill(struct archive *a, const struct point *p, size_t n)
{
    struct err e = {0};

    archive_init(a, false);
    for (size_t i = 0; i < n; i++) {
        struct result r = {
            .summary = {.params = NIL_INT, .peak_bytes = NIL_INT},
            .accuracy = p[i].accuracy,
            .macs = p[i].macs,
            .status = isnan(p[i].accuracy) ? RESULT_FAILED : RESULT_OK,
            .rank = NIL_INT,
            .crowding = NAN,
            .tradeoff = NAN,
        };

        assert_int_equal(archive_add(a, &r, &e), 0);
    }
}

static struct choose_opts usual(void)
{
    struct choose_opts o = {.by = CHOOSE_AUTO};
    struct err e = {0};

    assert_int_equal(
        objectives_parse("accuracy:max,macs:min", &o.objectives, &e), 0);
    return o;
}

static void limit(struct choose_opts *o, double min_accuracy, double max_macs)
{
    struct err e = {0};

    assert_int_equal(
        limits_add(&o->limits, "accuracy", false, min_accuracy, &e), 0);
    assert_int_equal(limits_add(&o->limits, "macs", true, max_macs, &e), 0);
}

static void run(struct archive *a, const struct choose_opts *o,
                struct choice *c)
{
    struct err e = {0};

    if (choose(a, o, c, &e) < 0)
        fail_msg("%s", e.text);
}

/* front: 10, 20, 40; behind: 30, 50; failed: one. */
static const struct point points[] = {
    {0.5, 30}, {0.6, 20}, {NAN, NAN}, {0.4, 10}, {0.7, 40}, {0.65, 50},
};

static void the_front_by_cost(void **state)
{
    struct choose_opts o = usual();
    struct archive a;
    struct choice c;
    double want[3] = {10, 20, 40};

    (void)state;
    fill(&a, points, ARRAY_LEN(points));
    run(&a, &o, &c);
    assert_int_equal(c.n, 3);
    assert_int_equal(c.measured, 5);
    assert_int_equal(c.feasible, 5);
    for (int i = 0; i < 3; i++) {
        assert_true(c.v[i]->macs == want[i]);
        assert_int_equal(c.v[i]->rank, 0);
        assert_true(c.v[i]->tradeoff > 0 && c.v[i]->feasible);
    }
    assert_true(c.v[0]->crowding == -1 && c.v[2]->crowding == -1);
    assert_true(fabs(c.v[1]->crowding - 1) < 1e-12);
    choice_fini(&c);
    archive_free(&a);
}

static void all_fronts_in_turn(void **state)
{
    struct choose_opts o = usual();
    struct archive a;
    struct choice c;
    double want[5] = {10, 20, 40, 30, 50};

    (void)state;
    o.all_fronts = true;
    fill(&a, points, ARRAY_LEN(points));
    run(&a, &o, &c);
    assert_int_equal(c.n, 5);
    for (int i = 0; i < 5; i++) {
        assert_true(c.v[i]->macs == want[i]);
        assert_int_equal(c.v[i]->rank, i < 3 ? 0 : 1);
    }
    choice_fini(&c);
    archive_free(&a);
}

static void limits_come_first(void **state)
{
    struct choose_opts o = usual();
    struct archive a;
    struct choice c;

    (void)state;
    limit(&o, 0.5, 35);
    fill(&a, points, ARRAY_LEN(points));
    run(&a, &o, &c);
    assert_int_equal(c.feasible, 2);
    assert_int_equal(c.n, 1);
    assert_true(c.v[0]->macs == 20 && c.v[0]->feasible);
    assert_true(result_limit(c.v[0], "macs")->max == 35);
    assert_true(result_limit(c.v[0], "accuracy")->min == 0.5);
    assert_true(c.v[0]->tradeoff == 1); /* alone in its front */
    choice_fini(&c);
    limits_free(&o.limits);
    archive_free(&a);
}

static void the_least_violating_of_the_infeasible(void **state)
{
    struct choose_opts o = usual();
    struct archive a;
    struct choice c;

    (void)state;
    limit(&o, 0.9, 16);
    fill(&a, points, ARRAY_LEN(points));
    run(&a, &o, &c); /* 20: 0.25 + 1/3; 10: 0 + 5/9 */
    assert_int_equal(c.feasible, 0);
    assert_int_equal(c.n, 1);
    assert_true(c.v[0]->macs == 10 && !c.v[0]->feasible);
    assert_true(fabs(c.v[0]->violation - 5. / 9) < 1e-12);
    choice_fini(&c);
    o.k = 3;
    run(&a, &o, &c);
    assert_int_equal(c.n, 3);
    assert_true(c.v[1]->macs == 20);
    choice_fini(&c);
    limits_free(&o.limits);
    archive_free(&a);
}

/* Without limits of its own the judgement in the results stands. */
static void judgement_of_the_results(void **state)
{
    struct choose_opts o = usual();
    struct archive a;
    struct choice c;

    (void)state;
    fill(&a, points, ARRAY_LEN(points));
    a.v[3].violation = 0.1; /* 10 */
    run(&a, &o, &c);
    assert_int_equal(c.n, 2);
    assert_true(c.v[0]->macs == 20);
    choice_fini(&c);
    archive_free(&a);
}

static void best_tradeoffs(void **state)
{
    static const struct point knee[] = {
        {0.10, 10}, {0.60, 15}, {0.62, 30}, {0.64, 60}, {0.66, 100},
    };
    struct choose_opts o = usual();
    struct archive a;
    struct choice c;

    (void)state;
    o.k = 2;
    fill(&a, knee, ARRAY_LEN(knee));
    run(&a, &o, &c);
    assert_int_equal(c.n, 2);
    assert_true(c.v[0]->macs == 15); /* the knee */
    assert_true(c.v[0]->tradeoff > c.v[1]->tradeoff);
    choice_fini(&c);
    archive_free(&a);
}

/* Under limits the most accurate of the feasible is the best, unless the
 * trade-off or an objective is asked for. */
static void what_the_best_are_by(void **state)
{
    static const struct point knee[] = {
        {0.10, 10}, {0.60, 15}, {0.62, 30}, {0.64, 60}, {0.66, 100},
    };
    static const struct {
        const char *objectives, *by, *told;
        bool limited;
        double macs[2]; /* 0 = any */
    } c[] = {
        {"accuracy:max,macs:min", "auto", "tradeoff", false, {15, 0}},
        {"accuracy:max,macs:min", "auto", "accuracy", true, {60, 30}},
        {"macs:min,error:min", "auto", "error", true, {60, 30}},
        {"accuracy:max,macs:min", "tradeoff", "tradeoff", true, {15, 0}},
        {"accuracy:max,macs:min", "macs", "macs", true, {10, 15}},
        {"accuracy:max,macs:min", "accuracy", "accuracy", false, {100, 60}},
        {"macs:min", "auto", "macs", true, {10, 10}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(c); i++) {
        struct choose_opts o = {.k = 2, .by = c[i].by};
        struct archive a;
        struct choice got;
        struct err e = {0};

        assert_int_equal(objectives_parse(c[i].objectives, &o.objectives, &e),
                         0);
        if (c[i].limited)
            limit(&o, 0.05, 70);
        fill(&a, knee, ARRAY_LEN(knee));
        run(&a, &o, &got);
        assert_string_equal(got.by, c[i].told);
        for (size_t k = 0; k < got.n; k++) {
            assert_true(c[i].macs[k] == 0 || got.v[k]->macs == c[i].macs[k]);
            assert_int_equal(got.v[k]->rank, 0);
        }
        choice_fini(&got);
        limits_free(&o.limits);
        archive_free(&a);
    }
}

/* A limit that the results have by themselves counts, one without a bound does
 * not. */
static void limits_of_the_results(void **state)
{
    struct choose_opts o = usual();
    struct limit l = {(char *)"macs", NAN, NAN};
    struct archive a;
    struct choice c;

    (void)state;
    o.k = 1;
    fill(&a, points, ARRAY_LEN(points));
    a.v[0].limits = (struct list){&l, 1};
    run(&a, &o, &c);
    assert_string_equal(c.by, "tradeoff");
    choice_fini(&c);
    l.max = 100;
    run(&a, &o, &c);
    assert_string_equal(c.by, "accuracy");
    assert_true(c.v[0]->accuracy == 0.7);
    choice_fini(&c);
    archive_free(&a);
}

static void ties_go_to_accuracy(void **state)
{
    static const struct point two[] = {{0.5, 10}, {0.7, 20}};
    struct choose_opts o = usual();
    struct archive a;
    struct choice c;

    (void)state;
    o.k = 1;
    fill(&a, two, 2);
    run(&a, &o, &c);
    assert_true(c.v[0]->accuracy == 0.7);
    choice_fini(&c);
    archive_free(&a);
}

static void nothing_measured(void **state)
{
    static const struct point failed[] = {{NAN, NAN}, {NAN, NAN}};
    struct choose_opts o = usual();
    struct archive a;
    struct choice c;

    (void)state;
    fill(&a, failed, 2);
    run(&a, &o, &c);
    assert_int_equal(c.n + c.measured + c.feasible, 0);
    choice_fini(&c);
    archive_free(&a);
}

static void a_missing_figure_is_an_error(void **state)
{
    struct choose_opts o = usual();
    struct archive a;
    struct choice c;
    struct err e = {0};

    (void)state;
    assert_int_equal(
        objectives_parse("accuracy:max,params:min", &o.objectives, &e), 0);
    fill(&a, points, ARRAY_LEN(points));
    assert_int_equal(choose(&a, &o, &c, &e), ERR_FORMAT);
    choice_fini(&c);
    archive_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_front_by_cost),
        cmocka_unit_test(all_fronts_in_turn),
        cmocka_unit_test(limits_come_first),
        cmocka_unit_test(the_least_violating_of_the_infeasible),
        cmocka_unit_test(judgement_of_the_results),
        cmocka_unit_test(best_tradeoffs),
        cmocka_unit_test(what_the_best_are_by),
        cmocka_unit_test(limits_of_the_results),
        cmocka_unit_test(ties_go_to_accuracy),
        cmocka_unit_test(nothing_measured),
        cmocka_unit_test(a_missing_figure_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
