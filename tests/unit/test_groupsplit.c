/* SPDX-License-Identifier: MIT
 * Splits by whole groups: cut off by shares, or said by a list. */
#include "tools/data-import/groupsplit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/data/class_counts.h"
#include "tools/data-import/splitting.h"

static char path[] = "/tmp/nachos-groups-XXXXXX";

static struct dataset empty(size_t classes)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    struct dataset d = {.name = xstrdup("set"),
                        .input = {.h = 1, .w = 1, .c = 1}};

    dataset_set_classes(&d, names, classes);
    return d;
}

/* Add n training samples of a class and a group; each has its number as its
 * pixel. */
static void add(struct dataset *d, const char *group, int32_t label, size_t n)
{
    struct split *s = &d->split[SPLIT_TRAIN];

    s->items = xreallocarray(s->items, s->n + n, 1);
    s->labels = xreallocarray(s->labels, s->n + n, sizeof *s->labels);
    for (size_t i = 0; i < n; i++, s->n++) {
        s->items[s->n] = (uint8_t)s->n;
        s->labels[s->n] = label;
        filenames_add(&s->groups, group);
    }
}

/* Returns a set of `groups` speakers of 1 to 12 clips each, in 5 classes. */
static struct dataset speakers(size_t groups)
{
    struct dataset d = empty(5);
    struct rng r = rng_make(3, "speakers", 0, 0);

    for (size_t g = 0; g < groups; g++) {
        char name[32];
        size_t clips = 1 + (size_t)rng_below(&r, 12);

        snprintf(name, sizeof name, "speaker %zu", g);
        for (size_t i = 0; i < clips; i++)
            add(&d, name, (int32_t)rng_below(&r, 5), 1);
    }
    return d;
}

/* Returns true when the split has samples of the group. */
static bool has(const struct dataset *d, int split, const char *group)
{
    const struct filenames *f = &d->split[split].groups;

    for (const char *g = filenames_first(f); g; g = filenames_next(f, g))
        if (!strcmp(g, group))
            return true;
    return false;
}

static void no_group_is_in_two_splits(const struct dataset *d, size_t groups)
{
    size_t found = 0;

    for (size_t g = 0; g < groups; g++) {
        char name[32];
        int in = 0;

        snprintf(name, sizeof name, "speaker %zu", g);
        for (int s = 0; s < SPLIT_COUNT; s++)
            in += has(d, s, name);
        assert_int_equal(in, 1);
        found += in == 1;
    }
    assert_int_equal(found, groups);
}

static void many_groups_keep_the_shares(void **state)
{
    const struct splitting o = {.share = {0, .1, .2, .1}, .seed = 1};
    struct dataset d = speakers(300), again = speakers(300);
    size_t all = d.split[SPLIT_TRAIN].n, left;
    struct class_counts before, after;
    struct err e;

    (void)state;
    class_counts_init(&before, 5);
    class_counts_init(&after, 5);
    class_counts_add(&before, 0, d.split[0].labels, all);
    assert_int_equal(splitting_cut(&o, &d, &e), 0);
    no_group_is_in_two_splits(&d, 300);
    for (int s = 0; s < SPLIT_COUNT; s++)
        class_counts_add(&after, s, d.split[s].labels, d.split[s].n);

    /* test is cut off all, val off the rest, cal off the rest of that; each class
     * is within 1.5 % of its share. */
    for (size_t k = 0; k < 5; k++) {
        double n = (double)before.n[k * SPLIT_COUNT];
        const uint64_t *got = after.n + k * SPLIT_COUNT;

        assert_true(fabs((double)got[SPLIT_TEST] / n - .2) < .015);
        assert_true(fabs((double)got[SPLIT_VAL] / n - .08) < .015);
        assert_true(fabs((double)got[SPLIT_CAL] / n - .072) < .015);
    }
    left = d.split[SPLIT_TRAIN].n + d.split[SPLIT_VAL].n +
           d.split[SPLIT_TEST].n + d.split[SPLIT_CAL].n;
    assert_int_equal(left, all);

    /* The seed alone decides. */
    assert_int_equal(splitting_cut(&o, &again, &e), 0);
    assert_int_equal(again.split[SPLIT_VAL].n, d.split[SPLIT_VAL].n);
    assert_memory_equal(again.split[SPLIT_VAL].items, d.split[SPLIT_VAL].items,
                        d.split[SPLIT_VAL].n);
    dataset_fini(&again);
    again = speakers(300);
    assert_int_equal(
        splitting_cut(&(struct splitting){.share = {0, .1, .2, .1}, .seed = 2},
                      &again, &e),
        0);
    assert_true(again.split[SPLIT_VAL].n != d.split[SPLIT_VAL].n ||
                memcmp(again.split[SPLIT_VAL].items, d.split[SPLIT_VAL].items,
                       d.split[SPLIT_VAL].n) != 0);
    dataset_fini(&again);
    dataset_fini(&d);
    class_counts_fini(&before);
    class_counts_fini(&after);
}

/* Of ten records, one has nearly all beats of class b: it is not cut off, and the
 * splits that have none of b are no error. */
static void records_with_a_class_of_their_own(void **state)
{
    const struct splitting o = {.share = {0, .1, .2, 0},
                                .given = {false, true, true, false}};
    struct err e;

    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct splitting with = o;
        struct dataset d = empty(2);

        with.seed = seed;
        for (int i = 0; i < 10; i++) {
            char name[16];

            snprintf(name, sizeof name, "%d", 100 + i);
            add(&d, name, 0, 180 + 5 * (size_t)i);
            if (i == 4 || i == 7)
                add(&d, name, 1, i == 4 ? 370 : 2);
        }
        assert_int_equal(splitting_cut(&with, &d, &e), 0);
        assert_true(has(&d, SPLIT_TRAIN, "104"));
        assert_in_range(d.split[SPLIT_TEST].n, 360, 480);
        assert_in_range(d.split[SPLIT_VAL].n, 180, 230);
        assert_int_equal(d.split[SPLIT_CAL].n, 0);
        dataset_fini(&d);
    }
}

static void few_groups(void **state)
{
    struct splitting o = {.share = {0, .1, .1, 0}, .seed = 1};
    struct dataset d = empty(1);
    struct err e;

    (void)state;
    add(&d, "one", 0, 50);
    add(&d, "two", 0, 40);
    assert_int_equal(splitting_cut(&o, &d, &e), 0);
    assert_int_equal(d.split[SPLIT_TRAIN].n, 50); /* 40 is nearer to a tenth */
    assert_int_equal(d.split[SPLIT_TEST].n, 40);
    assert_int_equal(d.split[SPLIT_VAL].n, 0); /* a warning */
    dataset_fini(&d);

    d = empty(1);
    add(&d, "one", 0, 50);
    o.given[SPLIT_VAL] = true;
    assert_int_equal(splitting_cut(&o, &d, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "--val-share: there are not enough groups"));
    o.by_sample = true;
    assert_int_equal(splitting_cut(&o, &d, &e), 0);
    assert_int_equal(d.split[SPLIT_TEST].n, 5);
    assert_int_equal(d.split[SPLIT_VAL].n, 5);
    dataset_fini(&d);
}

/* ---- lists ---- */

static void write_list(const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int with_list(const char *text, struct dataset *d, struct err *e)
{
    const struct splitting o = {.share = {0, .3, .3, 0}, .list = path};

    write_list(text);
    *d = empty(2);
    add(d, "a b", 0, 2);
    add(d, "c", 1, 3);
    add(d, "d", 0, 4);
    add(d, "a b", 1, 1);
    add(d, "e", 1, 5);
    return splitting_cut(&o, d, e);
}

static void lists_say_the_splits_of_groups(void **state)
{
    struct dataset d;
    struct err e;

    (void)state;
    assert_int_equal(with_list("# a list\n\n  a b\ttest  \r\nd train\nc cal\n"
                               "nobody val",
                               &d, &e),
                     0);
    assert_int_equal(d.split[SPLIT_TEST].n, 3);
    assert_int_equal(d.split[SPLIT_TEST].items[2], 9);
    assert_int_equal(d.split[SPLIT_CAL].n, 3);
    assert_true(has(&d, SPLIT_CAL, "c"));
    /* val is cut off what is left: the groups d and e. */
    assert_int_equal(d.split[SPLIT_VAL].n + d.split[SPLIT_TRAIN].n, 9);
    assert_true(d.split[SPLIT_VAL].n == 4 || d.split[SPLIT_VAL].n == 5);
    dataset_fini(&d);
}

static void wrong_lists_are_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } wrong[] = {
        {"c cal\nd dev\n",
         ":2: split 'dev' is not none, train, val, test or cal"},
        {"c\n", ":1: not a group and its split"},
        {"c test\nd val\nc val\n", ":3: group c is in split test already"},
        {"a b test\nc test\nd test\ne val\n", ": leaves no group for training"},
    };
    struct splitting o = {.list = path};
    struct dataset d;
    struct err e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(with_list(wrong[i].text, &d, &e), ERR_FORMAT);
        assert_string_equal(e.text + strlen(path), wrong[i].why);
        dataset_fini(&d);
    }
    assert_int_equal(with_list("c test\nc test\nd train\n", &d, &e), 0);
    write_list("d test\n");
    assert_int_equal(splitting_cut(&o, &d, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "the set has a test split already"));
    dataset_fini(&d);

    d = empty(1);
    add(&d, "x", 0, 1);
    filenames_free(&d.split[SPLIT_TRAIN].groups);
    assert_int_equal(splitting_cut(&o, &d, &e), ERR_ARG);
    dataset_fini(&d);
}

static void groups_by_the_names_of_files(void **state)
{
    static const char *const name[] = {"x_y/anna_1.png", "anna_2_b.png",
                                       "bob.v2.png", "_c", "d"};
    static const char *const group[] = {"anna", "anna", "bob.v2", "_c", "d"};
    struct dataset d = empty(1);
    const char *g;
    struct err e;

    (void)state;
    add(&d, "none", 0, 5);
    assert_int_equal(group_by_name(&d, "_", &e), ERR_ARG);
    for (size_t i = 0; i < 5; i++)
        filenames_add(&d.split[SPLIT_TRAIN].names, name[i]);
    assert_int_equal(group_by_name(&d, "_", &e), 0);
    g = filenames_first(&d.split[SPLIT_TRAIN].groups);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(g, group[i]);
        g = filenames_next(&d.split[SPLIT_TRAIN].groups, g);
    }
    assert_null(g);
    dataset_fini(&d);
    assert_int_equal(group_by_check("name:_", &e), 0);
    assert_int_equal(group_by_check("name:", &e), ERR_ARG);
    assert_int_equal(group_by_check("speaker", &e), ERR_ARG);
}

static int setup(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_groups_keep_the_shares),
        cmocka_unit_test(records_with_a_class_of_their_own),
        cmocka_unit_test(few_groups),
        cmocka_unit_test(lists_say_the_splits_of_groups),
        cmocka_unit_test(wrong_lists_are_refused),
        cmocka_unit_test(groups_by_the_names_of_files),
    };

    return cmocka_run_group_tests_name("groupsplit", tests, setup, teardown);
}
