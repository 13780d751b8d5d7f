/* SPDX-License-Identifier: MIT
 * ofa-sample's choice of genomes and what is counted of nets. */
#include "tools/ofa-sample/draw.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/space/count.h"
#include "tests/unit/nets.h"

static struct space *s;
static struct genomes set;

static int setup(void **state)
{
    struct err e;

    (void)state;
    nets_must(space_open("ofa-mbv3:exits=2", &s, &e), &e);
    genomes_init(&set, s->genes.n);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    genomes_free(&set);
    space_free(s);
    return 0;
}

/* Another space, from a table. */
static void use_table(const char *text)
{
    struct space *table = calloc(1, sizeof *table);
    struct err e;

    nets_must(genes_parse(text, strlen(text), &table->genes, &e), &e);
    genomes_free(&set);
    space_free(s);
    s = table;
    genomes_init(&set, s->genes.n);
}

static void given(void **state)
{
    static const char min[] = "000000000"
                              "00000000000000000000000000000000000010";
    char text[sizeof min];
    struct err e;

    (void)state;
    assert_int_equal(draw_given(&set, s, min, &e), 0);
    assert_int_equal(draw_given(&set, s, min, &e), ERR_FORMAT);
    /* unused slots become 0: the same design */
    memcpy(text, min, sizeof min);
    text[3] = '2';
    assert_int_equal(draw_given(&set, s, text, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "already"));
    text[1] = '2';
    assert_int_equal(draw_given(&set, s, text, &e), 0);
    assert_int_equal(genomes_at(&set, 1)[1], 2);
    assert_int_equal(genomes_at(&set, 1)[3], 0);
    text[1] = '3';
    assert_int_equal(draw_given(&set, s, text, &e), ERR_FORMAT);
    text[1] = '0', text[45] = '0';
    assert_int_equal(draw_given(&set, s, text, &e), ERR_FORMAT);
    assert_int_equal(draw_given(&set, s, "0", &e), ERR_FORMAT);
    assert_int_equal(set.n, 2);
}

static void lines(void **state)
{
    static const char two[] =
        "# chosen by hand\n\n"
        "00000000000000000000000000000000000000000000010 \r\n"
        "10000000000000000000000000000000000000000000001";
    static const char bad[] =
        "\n20000000000000000000000000000000000000000000001\n12\n";
    struct err e;

    (void)state;
    assert_int_equal(draw_lines(&set, s, two, sizeof two - 1, &e), 0);
    assert_int_equal(set.n, 2);
    assert_int_equal(draw_lines(&set, s, bad, sizeof bad - 1, &e), ERR_FORMAT);
    assert_memory_equal(e.text, "line 3: ", 8);
    assert_int_equal(draw_lines(&set, s, NULL, 0, &e), 0);
}

static void corners_and_random(void **state)
{
    struct ints genome = {NULL, s->genes.n};
    struct genomes fewer;
    struct err e;

    (void)state;
    draw_corners(&set, s, 500);
    assert_int_equal(draw_random(&set, s, 500, 7, &e), 0);
    assert_int_equal(set.n, 500);
    for (size_t i = 0; i < set.n; i++) {
        genome.v = (int64_t *)genomes_at(&set, i);
        assert_int_equal(genes_check(&s->genes, &genome, &e), 0);
    }
    /* fewer of the same seed are the first of more */
    genomes_init(&fewer, s->genes.n);
    draw_corners(&fewer, s, 20);
    assert_int_equal(draw_random(&fewer, s, 20, 7, &e), 0);
    assert_memory_equal(genomes_at(&fewer, 0), genomes_at(&set, 0),
                        20 * s->genes.n * sizeof(int64_t));
    genomes_free(&fewer);
    genomes_init(&fewer, s->genes.n);
    draw_corners(&fewer, s, 1);
    assert_int_equal(fewer.n, 1);
    assert_int_equal(draw_random(&fewer, s, 20, 8, &e), 0);
    assert_memory_not_equal(genomes_at(&fewer, 0), genomes_at(&set, 0),
                            20 * s->genes.n * sizeof(int64_t));
    genomes_free(&fewer);
}

/* All there are, though some are drawn once in 3^20 times. */
static void whole_space(void **state)
{
    struct buf text = {0};
    struct err e;
    uint64_t size;

    (void)state;
    buf_adds(&text, "# nachos space 1\ng0\t1\ta,b,c\n");
    for (int i = 1; i < 20; i++)
        buf_addf(&text, "g%d\t1\ta,b,c\tg%d>=2\n", i, i - 1);
    use_table(text.data);
    buf_free(&text);
    genes_log10_size(&s->genes, &size);
    assert_int_equal(size, 41);
    assert_int_equal(draw_random(&set, s, 41, 1, &e), 0);
    assert_int_equal(set.n, 41);
    assert_int_equal(draw_random(&set, s, 42, 1, &e), ERR_ARG);
    assert_non_null(strstr(e.text, "41"));
}

static void one_design(void **state)
{
    struct err e;

    (void)state;
    use_table("# nachos space 1\na\t1\tx\nb\t1\t0,1\t-\t1\n");
    draw_corners(&set, s, 2); /* both corners are the same */
    assert_int_equal(set.n, 1);
    assert_int_equal(draw_random(&set, s, 2, 1, &e), ERR_ARG);
}

/* What is counted of a net before it is trained, and by a space of a genome. */
static void counts(void **state)
{
    const struct place_opts how = {MACS_TRUE, POOL_DIVISORS};
    struct arena a = {0};
    struct space *narrow;
    struct net n;
    struct err e;
    int64_t genomes[2 * GENES_MAX];
    double y[2];

    (void)state;
    nets_tiny(&n, &a, 16, 3, 10);
    assert_true(count_of(&n, count_find("params")) == (double)n.params);
    assert_true(count_of(&n, count_find("size_bytes")) == (double)n.size_bytes);
    assert_true(count_of(&n, count_find("peak_bytes")) == (double)n.peak_bytes);
    assert_true(
        count_of(&n, count_find("final_macs")) ==
        (double)(net_prefix(&n, 2, MACS_TRUE) + net_exit_at(&n, 2)->head_macs));
    assert_int_equal(count_find("macs"), -1);

    nets_must(space_open("ofa-mbv3:width=0.35", &narrow, &e), &e);
    space_min_corner(narrow, genomes);
    space_max_corner(narrow, genomes + narrow->genes.n);
    for (int figure = 0; count_names[figure]; figure++) {
        space_count(narrow, &how, figure, genomes, 2, y);
        for (size_t i = 0; i < 2; i++) {
            struct ints genome = {genomes + i * narrow->genes.n,
                                  narrow->genes.n};

            nets_must(place_net(narrow, &genome, &how, &a, &n, &e), &e);
            assert_true(y[i] == count_of(&n, figure));
        }
        assert_true(y[0] < y[1] || !strcmp(count_names[figure], "peak_bytes"));
    }
    space_free(narrow);
    arena_free(&a);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(given),       TEST(lines),      TEST(corners_and_random),
        TEST(whole_space), TEST(one_design), TEST(counts),
    };

    return cmocka_run_group_tests_name("draw", tests, NULL, NULL);
}
