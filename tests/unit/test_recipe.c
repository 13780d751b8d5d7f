/* SPDX-License-Identifier: MIT
 * Recipes out of option tables. */
#include "libcommon/cli/recipe.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint64_t count = 12, threads = 3;
static double rate = 0.25, none = NAN;
static double later_factor = 1;
static bool flip = true;
static int choice = 1, which, later;
static uint64_t later_count;
static double later_real, later_nil = NAN;
static char *text, *space, *later_text = (char *)"none";
static struct common_opts common = COMMON_OPTS_INIT;

static const char *const names[] = {"cosine", "step", NULL};
static const struct opt rows[] = {
    OPT_U64(0, "count", &count, 0, 100, "N", ""),
    OPT_F64(0, "rate", &rate, 0, 1, "R", ""),
    OPT_F64_NIL(0, "limit", &none, 0, 1, "R", ""),
    OPT_HEADING("More"),
    OPT_FLAG(0, "flip", &flip, ""),
    OPT_ENUM(0, "schedule", &choice, names, "NAME", ""),
    OPT_ENUM(0, "weights", &which, names, "NAME", "", .flags = OPT_ASIDE),
    OPT_ENUM(0, "later", &later, names, "NAME", "", .flags = OPT_LATER),
    OPT_U64(0, "later-count", &later_count, 0, 100, "N", "",
            .flags = OPT_LATER),
    OPT_F64(0, "later-real", &later_real, 0, 1, "R", "", .flags = OPT_LATER),
    OPT_F64(0, "later-nil", &later_nil, 0, 1, "R", "",
            .flags = OPT_NIL | OPT_LATER),
    OPT_STR(0, "later-text", &later_text, "TEXT", "", .flags = OPT_LATER),
    OPT_F64(0, "later-factor", &later_factor, 0, 9, "R", "",
            .flags = OPT_LATER | OPT_FACTOR),
    OPT_STR(0, "text", &text, "TEXT", ""),
    OPT_STR(0, "space", &space, "TEXT", "", .flags = OPT_ASIDE),
    OPT_THREADS(&threads),
    OPT_COMMON(&common),
    OPT_END};
static const struct tool tool = {.name = "test", .rows = rows};

static const char lines[] =
    "count=12\nrate=0.25\nlimit=none\nflip=true\nschedule=step\ntext=none\n"
    "init=ab\n";

static void id_of_table(char id[HASH_HEX])
{
    struct recipe_list l = {0};

    recipe_list_options(&l, &tool);
    recipe_list_add(&l, "init", "ab");
    recipe_id(&l, id);
    recipe_list_free(&l);
}

/* Rows in the order of the table, whatever their type, then what the tool
 * adds; the id is the hash of the lines. */
static void rows_are_listed(void **state)
{
    struct recipe_list l = {0};
    char id[HASH_HEX], want[HASH_HEX];

    (void)state;
    recipe_list_options(&l, &tool);
    assert_int_equal(l.n, 6);
    assert_string_equal(l.v[4].name, "schedule");
    assert_string_equal(l.v[4].value, "step");
    recipe_list_free(&l);
    id_of_table(id);
    hash_hex(lines, strlen(lines), want);
    assert_string_equal(id, want);
}

/* Rows set aside and rows that shape nothing leave the id as it is; the last
 * bit of any other row does not. */
static void rows_that_count(void **state)
{
    char id[HASH_HEX], other[HASH_HEX];

    (void)state;
    id_of_table(id);
    which = 1;
    space = (char *)"table";
    threads = 8;
    common.level = 5;
    id_of_table(other);
    assert_string_equal(id, other);
    rate = nextafter(rate, 1);
    id_of_table(other);
    assert_string_not_equal(id, other);
    rate = 0.25;
    flip = false;
    id_of_table(other);
    assert_string_not_equal(id, other);
}

/* A row that came later counts where it is not at its first name or 0. */
static void rows_that_came_later(void **state)
{
    struct recipe_list l = {0};

    (void)state;
    later = 1;
    recipe_list_options(&l, &tool);
    assert_int_equal(l.n, 7);
    assert_string_equal(l.v[5].name, "later");
    assert_string_equal(l.v[5].value, "step");
    recipe_list_free(&l);
    later = 0;
    later_count = UINT64_C(1) << 32;
    recipe_list_options(&l, &tool);
    assert_int_equal(l.n, 7);
    assert_string_equal(l.v[5].name, "later-count");
    assert_string_equal(l.v[5].value, "4294967296");
    recipe_list_free(&l);
    later_count = 0;
    later_real = 0.5;
    recipe_list_options(&l, &tool);
    assert_int_equal(l.n, 7);
    assert_string_equal(l.v[5].name, "later-real");
    assert_string_equal(l.v[5].value, "0.5");
    recipe_list_free(&l);
    later_real = 0;
    later_nil = 0; /* which is a value, where none is NAN */
    recipe_list_options(&l, &tool);
    assert_int_equal(l.n, 7);
    assert_string_equal(l.v[5].name, "later-nil");
    assert_string_equal(l.v[5].value, "0");
    recipe_list_free(&l);
    later_nil = NAN;
    later_text = (char *)"all";
    recipe_list_options(&l, &tool);
    assert_int_equal(l.n, 7);
    assert_string_equal(l.v[5].name, "later-text");
    assert_string_equal(l.v[5].value, "all");
    recipe_list_free(&l);
    later_text = (char *)"none";
    recipe_list_options(&l, &tool);
    assert_int_equal(l.n, 6);
    recipe_list_free(&l);
}

/* A factor counts where it is not 1. */
static void factors_that_came_later(void **state)
{
    (void)state;
    for (later_factor = 2; later_factor >= 0; later_factor--) {
        struct recipe_list l = {0};

        recipe_list_options(&l, &tool);
        assert_int_equal(l.n, later_factor == 1 ? 6 : 7);
        assert_true(later_factor == 1 || !strcmp(l.v[5].name, "later-factor"));
        recipe_list_free(&l);
    }
    later_factor = 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_listed),
        cmocka_unit_test(rows_that_count),
        cmocka_unit_test(rows_that_came_later),
        cmocka_unit_test(factors_that_came_later),
    };

    return cmocka_run_group_tests_name("recipe", tests, NULL, NULL);
}
