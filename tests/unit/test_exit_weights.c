/* SPDX-License-Identifier: MIT
 * Exit weights as texts, and as numbers for the exits of a net. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tools/eenn-train/exit_weights.h"

#define EXITS 5

static void numbers(void **state)
{
    static const struct {
        const char *text;
        size_t exits;
        double want[EXITS]; /* up to a factor */
    } known[] = {
        {"early", 5, {5, 4, 3, 2, 1}},
        {"late", 5, {1, 2, 3, 4, 5}},
        {"early", 1, {1}},
        {"late", 2, {1, 2}},
        {"3", 4, {1, 1, 1, 1}},
        {"2,1", 4, {2, 2, 2, 1}},
        {"4,2,1", 5, {4, 2, 2, 2, 1}},
        {"4,3,2,1", 4, {4, 3, 2, 1}},
        {"4,3,2,1", 3, {4, 3, 1}},
        {"4,3,2,1", 2, {4, 1}},
        {"4,3,2,1", 1, {1}},
        {"0.5,1e-6", 2, {0.5, 1e-6}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t n = known[i].exits;
        double *w = exit_weights_new(known[i].text, n), sum = 0, of = 0;

        for (size_t k = 0; k < n; k++) {
            sum += w[k];
            of += known[i].want[k];
        }
        assert_true(fabs(sum - (double)n) < 1e-12);
        for (size_t k = 0; k < n; k++)
            assert_true(fabs(w[k] - known[i].want[k] * (double)n / of) < 1e-12);
        free(w);
    }
    assert_null(exit_weights_new("none", 3));
    assert_null(exit_weights_new(NULL, 3));
}

static void texts(void **state)
{
    static const char *const right[][2] = {
        {"none", "none"}, {"early", "early"}, {"late", "late"},
        {"2.0,1", "2,1"}, {"1e-6", "1e-06"},  {"1000000,.5", "1000000,0.5"},
    };
    static const char *const wrong[] = {"",   "0,1",     "1,",  ",1",  "1e7,1",
                                        "-1", "early,1", "nan", "inf", "1 2"};

    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        struct buf b = {0};
        struct err e;

        assert_int_equal(exit_weights_check(right[i][0], &e), 0);
        exit_weights_text(right[i][0], &b);
        assert_string_equal(b.data, right[i][1]);
        buf_free(&b);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct err e;

        assert_int_equal(exit_weights_check(wrong[i], &e), ERR_ARG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(texts),
    };

    return cmocka_run_group_tests_name("exit_weights", tests, NULL, NULL);
}
