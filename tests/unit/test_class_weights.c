/* SPDX-License-Identifier: MIT
 * Class weights from text and labels. */
#include "tools/eenn-train/class_weights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"

/* Values of scikit-learn's compute_class_weight("balanced"). */
static void balanced(void **state)
{
    int32_t labels[10] = {0, 2, 0, 0, 2, 0, 0, 0, 3, 0};
    const struct split train = {.n = 10, .labels = labels};
    double w[4];
    struct err e;

    (void)state;
    assert_int_equal(class_weights_read("balanced", &train, 4, w, &e), 0);
    assert_true(w[0] == 10. / 4 / 7);
    assert_true(w[1] == 1); /* none of it */
    assert_true(w[2] == 10. / 4 / 2);
    assert_true(w[3] == 10. / 4 / 1);
    assert_int_equal(class_weights_read("none", &train, 4, w, &e), 0);
    for (int k = 0; k < 4; k++)
        assert_true(w[k] == 1);
}

static void lists(void **state)
{
    const struct split train = {0};
    double w[3] = {0};
    struct err e;

    (void)state;
    assert_int_equal(class_weights_read("1,2.5,3e-2", &train, 3, w, &e), 0);
    assert_true(w[0] == 1 && w[1] == 2.5 && w[2] == 3e-2);
    assert_int_equal(class_weights_read("1,2", &train, 3, w, &e), ERR_ARG);
    assert_int_equal(class_weights_read("1,2,3,4", &train, 3, w, &e), ERR_ARG);
    assert_non_null(strstr(e.text, "4 numbers, the data set 3 classes"));
}

static void one_spelling(void **state)
{
    static const char *const cases[][2] = {
        {"none", "none"},
        {"balanced", "balanced"},
        {"1", "1"},
        {"1.0,02,3e0,+.5", "1,2,3,0.5"},
    };
    static const char *const bad[] = {
        "",    ",",   "1,",    ",1",   "1;2",   "1,none", "Balanced", "1 ,2",
        "0x1", "inf", "1,0,2", "-1,1", "1e7,1", "1e-7",   "50%",      "1k",
    };
    struct err e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf text = {0};

        assert_int_equal(class_weights_check(cases[i][0], &e), 0);
        class_weights_text(cases[i][0], &text);
        assert_string_equal(text.data, cases[i][1]);
        buf_free(&text);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (class_weights_check(bad[i], &e) != ERR_ARG)
            fail_msg("'%s' is taken", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balanced),
        cmocka_unit_test(lists),
        cmocka_unit_test(one_spelling),
    };

    return cmocka_run_group_tests_name("class_weights", tests, NULL, NULL);
}
