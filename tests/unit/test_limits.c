/* SPDX-License-Identifier: MIT
 * Limits by name: their text, their violation, what results lack. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/search/limits.h"

/* Read one --max or --min and return the code; *e has the text. */
static int read_text(struct limits *l, const char *text, bool most,
                     struct err *e)
{
    char *one = (char *)text;
    struct strs given = {&one, 1};
    struct limit_options o = {0};

    *(most ? &o.max : &o.min) = given;
    return limits_read(l, &o, e);
}

static void violations(void **state)
{
    static const struct {
        double value, bound;
        bool most;
        double want;
    } cases[] = {
        {150, 100, true, 0.5}, {100, 100, true, 0},
        {50, 100, true, 0},    {0.4, 0.5, false, 0.2},
        {0.5, 0.5, false, 0},  {-1, 4, false, 1.25},
        {-3, -4, true, 0.25},  {-4, -4, true, 0},
        {4, -4, true, 2},      {-5, -4, false, 0.25},
        {3, 0, true, 3},       {-3, 0, true, 0},
        {-3, 0, false, 3},     {7, NAN, true, 0},
        {-7, NAN, false, 0},   {INFINITY, 4, true, VIOLATION_MAX},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        double v = bound_violation(cases[i].value, cases[i].bound,
                                   cases[i].most);

        if (!(v == cases[i].want || fabs(v - cases[i].want) < 1e-15))
            fail_msg("case %zu: %.17g", i, v);
    }
}

static void texts(void **state)
{
    struct limits l = {0};
    struct err e = {0};

    (void)state;
    assert_int_equal(read_text(&l, "time=-2.5e-3", true, &e), 0);
    assert_int_equal(read_text(&l, "macs=2.7e6", true, &e), 0);
    assert_int_equal(read_text(&l, "time=-1", false, &e), 0);
    assert_int_equal(l.n, 2);
    assert_string_equal(l.v[0].name, "macs");
    assert_true(l.v[0].max == 2.7e6 && isnan(l.v[0].min));
    assert_true(limits_find(&l, "time")->max == -2.5e-3);
    assert_true(limits_find(&l, "time")->min == -1);
    assert_null(limits_find(&l, "tim"));
    limits_free(&l);
    assert_int_equal(l.n, 0);
}

static void refusals(void **state)
{
    static const char *const wrong[] = {
        "macs",     "macs=",        "macs=x",     "macs=1x",
        "macs=nan", "macs=inf",     "=3",         "",
        "macs=1,2", "accuracy=1.5", "error=-0.1", "final_accuracy=65",
        "macs=-1",  "params=-5",
    };
    char longest[METRIC_NAME_MAX + 8];
    struct limits l = {0};
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        if (read_text(&l, wrong[i], true, &e) != ERR_ARG)
            fail_msg("'%s' is taken", wrong[i]);
    memset(longest, 'm', sizeof longest);
    memcpy(longest + METRIC_NAME_MAX, "=1", 3);
    assert_int_equal(read_text(&l, longest, true, &e), 0);
    memcpy(longest + METRIC_NAME_MAX, "m=1", 4);
    assert_int_equal(read_text(&l, longest, true, &e), ERR_ARG);
    assert_int_equal(read_text(&l, "a=1", true, &e), 0);
    assert_int_equal(read_text(&l, "a=1", true, &e), ERR_ARG);
    assert_non_null(strstr(e.text, "two limits on what a is at most"));
    assert_int_equal(limits_add(&l, "a", true, NAN, &e), 0);
    assert_int_equal(limits_add(&l, "a", false, 2, &e), ERR_ARG);
    assert_non_null(strstr(e.text, "a cannot be 2 at least and 1 at most"));
    assert_int_equal(l.n, 2);
    limits_free(&l);
}

static void as_many_as_there_may_be(void **state)
{
    struct limits l = {0};
    struct err e = {0};
    char name[] = "m00";

    (void)state;
    for (int i = 0; i < LIMITS_MAX; i++) {
        name[1] = (char)('0' + i % 8);
        name[2] = (char)('0' + i / 8);
        assert_int_equal(limits_add(&l, name, i % 2, i, &e), 0);
    }
    assert_int_equal(limits_add(&l, "another", true, 1, &e), ERR_ARG);
    for (size_t i = 1; i < l.n; i++)
        assert_true(strcmp(l.v[i - 1].name, l.v[i].name) < 0);
    limits_free(&l);
}

static void results_are_judged(void **state)
{
    struct metric own[] = {{(char *)"time", 30, (char *)"ms"}};
    struct result r;
    struct limits l = {0};
    struct err e = {0};
    double violation;

    (void)state;
    result_init(&r);
    r.status = RESULT_OK;
    r.accuracy = 0.4;
    r.summary.params = NIL_INT;
    r.metrics = (struct list){own, 1};
    assert_int_equal(limits_violation(&l, &r, &violation, &e), 0);
    assert_true(violation == 0);
    assert_int_equal(limits_add(&l, "time", true, 20, &e), 0);
    assert_int_equal(limits_add(&l, "accuracy", false, 0.5, &e), 0);
    assert_int_equal(limits_violation(&l, &r, &violation, &e), 0);
    assert_true(fabs(violation - 0.7) < 1e-15);
    assert_int_equal(limits_add(&l, "params", true, 9, &e), 0);
    assert_int_equal(limits_violation(&l, &r, &violation, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "no metric params"));
    limits_free(&l);
}

static void what_is_not_met(void **state)
{
    struct limit both = {(char *)"latency", 2, 1};
    struct buf b = {0};

    (void)state;
    limit_unmet(&b, &both, 1);
    limit_unmet(&b, &both, 2);
    limit_unmet(&b, &both, NAN);
    assert_int_equal(b.len, 0);
    limit_unmet(&b, &both, 2.5);
    limit_unmet(&b, &both, 0.5);
    assert_string_equal(b.data,
                        "latency is 2.5, above 2; latency is 0.5, below 1");
    buf_free(&b);
}

/* Of a built-in metric that is nil, one of the user's own may tell. */
static void metrics_by_name(void **state)
{
    struct metric own[] = {{(char *)"macs", 3, NULL},
                           {(char *)"accuracy", 7, NULL}};
    struct result r;
    struct err e = {0};
    double v;

    (void)state;
    result_init(&r);
    r.accuracy = 0.5;
    r.metrics = (struct list){own, 2};
    assert_int_equal(result_metric(&r, "macs", &v, &e), 0);
    assert_true(v == 3);
    assert_int_equal(result_metric(&r, "accuracy", &v, &e), 0);
    assert_true(v == 0.5);
}

/* The short form of a limit on MACs is about what the results were judged by. */
static void the_cost_that_is_judged(void **state)
{
    struct limit paper[] = {{(char *)"macs_paper", 5, NAN}};
    struct limit macs[] = {{(char *)"macs", 5, NAN}};
    struct result r[2];

    (void)state;
    result_init(&r[0]);
    result_init(&r[1]);
    assert_string_equal(results_cost_metric(r, 2), "macs");
    r[1].limits = (struct list){paper, 1};
    assert_string_equal(results_cost_metric(r, 2), "macs_paper");
    r[0].limits = (struct list){macs, 1};
    assert_string_equal(results_cost_metric(r, 2), "macs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(violations),
        cmocka_unit_test(texts),
        cmocka_unit_test(refusals),
        cmocka_unit_test(as_many_as_there_may_be),
        cmocka_unit_test(results_are_judged),
        cmocka_unit_test(what_is_not_met),
        cmocka_unit_test(metrics_by_name),
        cmocka_unit_test(the_cost_that_is_judged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
