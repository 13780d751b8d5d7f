/* SPDX-License-Identifier: MIT
 * ofa-sample's choice of genomes and eec-place's limits. */
#include "tools/ofa-sample/draw.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/nets.h"
#include "tools/eec-place/limits.h"

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

static void limits(void **state)
{
    struct device_limits l = {NAN, NAN, NAN, NAN};
    struct arena a = {0};
    struct buf why = {0};
    struct net n;
    int64_t final;

    (void)state;
    nets_tiny(&n, &a, 16, 3, 10);
    final = net_prefix(&n, 2, MACS_TRUE) + net_exit_at(&n, 2)->head_macs;
    assert_true(device_limits_hold(&l, &n, &why));
    l = (struct device_limits){(double)n.params, (double)n.peak_bytes,
                               (double)n.size_bytes, (double) final};
    assert_true(device_limits_hold(&l, &n, &why));
    assert_int_equal(why.len, 0);
    l.params -= 1;
    l.final_macs -= 1;
    assert_false(device_limits_hold(&l, &n, &why));
    assert_non_null(strstr(why.data, "params"));
    assert_non_null(strstr(why.data, ", final_macs"));
    assert_null(strstr(why.data, "bytes"));
    buf_clear(&why);
    l = (struct device_limits){NAN, 1, 2, NAN};
    assert_false(device_limits_hold(&l, &n, &why));
    assert_non_null(strstr(why.data, "peak_bytes"));
    assert_non_null(strstr(why.data, "size_bytes"));
    buf_free(&why);
    arena_free(&a);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(given),       TEST(lines),      TEST(corners_and_random),
        TEST(whole_space), TEST(one_design), TEST(limits),
    };

    return cmocka_run_group_tests_name("draw", tests, NULL, NULL);
}
