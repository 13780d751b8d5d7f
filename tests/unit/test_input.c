/* SPDX-License-Identifier: MIT
 * A network runs with the mean and deviation that it was trained with, and only
 * on a data set whose classes are its own. */
#include "libcommon/nn/data/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"

static double mean[] = {0.5, 0.25}, dev[] = {0.25, 0.125};
static double other_mean[] = {0.5, 0.75}, other_dev[] = {1, 1};
static const struct input_spec set =
    {.h = 4, .w = 3, .c = 2, .mean = mean, .std = dev, .classes = 3};

/* Returns what input_for_net says of a net with these names of classes. */
static int fits(char *of_net[3], char *of_set[3], struct err *e)
{
    struct strs trained = {of_net, 3}, now = {of_set, 3};
    struct arena arena = {0};
    struct input_spec use;
    struct input_map m;
    int rc;

    input_map_of(&m, &set, &trained, &arena);
    rc = input_for_net(&m, "n", &set, &now, "s", &use, e);
    arena_free(&arena);
    return rc;
}

static void classes_are_compared_by_name(void **state)
{
    char *pets[] = {(char *)"cat", (char *)"dog", (char *)"3"},
         *others[] = {(char *)"cat", (char *)"fox", (char *)"4"},
         *numbers[] = {(char *)"0", (char *)"1", (char *)"2"},
         *from_one[] = {(char *)"1", (char *)"2", (char *)"3"};
    struct err e;

    (void)state;
    assert_int_equal(fits(pets, pets, &e), 0);
    assert_int_equal(fits(pets, others, &e), ERR_FORMAT);
    assert_string_equal(e.text,
                        "class 1 of net n is 'dog', of data set s 'fox'");
    assert_int_equal(fits(pets, numbers, &e), 0);
    assert_int_equal(fits(numbers, pets, &e), 0);
    assert_int_equal(fits(from_one, numbers, &e), 0);
}

static void a_map_is_what_was_trained_with(void **state)
{
    char *names[] = {(char *)"a", (char *)"b", (char *)"c"};
    const struct strs classes = {names, 3};
    struct input_spec trained = set, use;
    struct arena arena = {0}, kept = {0};
    struct input_map m, copy;
    struct err e;

    (void)state;
    trained.mean = xmemdup(other_mean, sizeof other_mean);
    trained.std = other_dev;
    trained.resize = RESIZE_COVER;
    trained.crop = CROP_CENTRE;
    input_map_of(&m, &trained, &classes, &arena);
    assert_true(input_map_known(&m));
    assert_int_equal(m.size.v[0], 4);
    assert_int_equal(m.size.v[1], 3);
    assert_int_equal(m.channels, 2);
    input_map_copy(&copy, &m, &kept);
    free(trained.mean);
    arena_free(&arena);

    assert_int_equal(input_for_net(&copy, "n", &set, &classes, "s", &use, &e),
                     0);
    assert_memory_equal(use.mean, other_mean, sizeof other_mean);
    assert_memory_equal(use.std, other_dev, sizeof other_dev);
    assert_int_equal(use.h, 4);
    assert_int_equal(use.classes, 3);
    assert_string_equal(copy.classes.v[2], "c");
    input_of_map(&use, &copy, 3);
    assert_int_equal(use.h, 4);
    assert_int_equal(use.w, 3);
    assert_int_equal(use.c, 2);
    assert_int_equal(use.classes, 3);
    assert_int_equal(use.crop, CROP_CENTRE);
    assert_memory_equal(use.mean, other_mean, sizeof other_mean);
    assert_memory_equal(use.std, other_dev, sizeof other_dev);
    assert_int_equal(copy.resize, RESIZE_COVER);
    arena_free(&kept);
}

static void without_a_map_the_sets_own_are_used(void **state)
{
    char *names[] = {(char *)"a", (char *)"b", (char *)"c"};
    const struct strs classes = {names, 3};
    const struct input_map none = {0};
    struct input_spec use;
    struct err e;

    (void)state;
    assert_false(input_map_known(&none));
    assert_int_equal(input_for_net(&none, "n", &set, &classes, "s", &use, &e),
                     0);
    assert_ptr_equal(use.mean, mean);
    assert_ptr_equal(use.std, dev);
}

/* A record has no room for the names of very many classes. */
static void names_of_many_classes_are_left_out(void **state)
{
    const size_t n = 60000;
    char name[] = "a class with a long name", **v = xcalloc(n, sizeof *v);
    struct strs classes = {v, n};
    struct arena arena = {0};
    struct input_map m;

    (void)state;
    for (size_t i = 0; i < n; i++)
        v[i] = name;
    input_map_of(&m, &set, &classes, &arena);
    assert_int_equal(m.classes.n, 0);
    assert_true(input_map_known(&m));
    classes.n = INPUT_NAMES_MAX / (strlen(name) + 5);
    input_map_of(&m, &set, &classes, &arena);
    assert_int_equal(m.classes.n, classes.n);
    arena_free(&arena);
    free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_compared_by_name),
        cmocka_unit_test(a_map_is_what_was_trained_with),
        cmocka_unit_test(without_a_map_the_sets_own_are_used),
        cmocka_unit_test(names_of_many_classes_are_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
