/* SPDX-License-Identifier: MIT
 * Gene tables and genomes. */
#include "libcommon/space/genes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"

#define HEAD "# nachos space 1\n"

static struct genes table(const char *lines)
{
    struct buf text = {0};
    struct genes g;
    struct err e;

    buf_addf(&text, HEAD "%s", lines);
    if (genes_parse(text.data, text.len, &g, &e) < 0)
        fail_msg("%s", e.text);
    buf_free(&text);
    return g;
}

/* ---- the file format ---- */

static const char all[] = "a\t1\tx,y,z\n"
                          "b\t1\t3,5\ta>=1\n"
                          "c\t2\tp,q,r\tb>=1\n"
                          "e1\t3\t0,1\t-\t1\n"
                          "e2\t3\t0,1\t-\t1\n"
                          "f\t3\tlow,high\te2>=1\n";

static void round_trip(void **state)
{
    struct genes g = table(all), again;
    struct buf first = {0}, second = {0};
    struct err e;

    (void)state;
    assert_int_equal(g.n, 6);
    assert_string_equal(g.v[0].choices[2], "z");
    assert_int_equal(g.v[2].when, 1);
    assert_int_equal(g.v[2].when_min, 1);
    assert_int_equal(g.v[3].when, -1);
    assert_int_equal(g.v[4].group, 1);
    genes_print(&g, &first);
    assert_int_equal(genes_parse(first.data, first.len, &again, &e), 0);
    genes_print(&again, &second);
    assert_string_equal(first.data, second.data);
    assert_string_equal(
        first.data,
        HEAD "a\t1\tx,y,z\nb\t1\t3,5\ta>=1\nc\t2\tp,q,r\tb>=1\n"
             "e1\t3\t0,1\t-\t1\ne2\t3\t0,1\t-\t1\nf\t3\tlow,high\te2>=1\n");
    buf_free(&first);
    buf_free(&second);
    genes_free(&g);
    genes_free(&again);
}

static void lenient(void **state)
{
    struct genes g = table("# a comment\n\na\t0\t1\r\nb\t7\t1,2\t-\t-\n"
                           "c\t1\tx\t-");

    (void)state;
    assert_int_equal(g.n, 3);
    assert_int_equal(g.v[1].stage, 7);
    assert_string_equal(g.v[0].choices[0], "1");
    genes_free(&g);
}

static void refused(void **state)
{
    static const struct {
        const char *text, *what;
    } bad[] = {
        {"", "line 1"},
        {"a\t1\tx\n", "line 1"},
        {"# nachos space 2\na\t1\tx\n", "line 1"},
        {HEAD, "no genes"},
        {HEAD "# only\n", "no genes"},
        {HEAD "a\t1\n", "line 2"},
        {HEAD "a\n", "line 2"},
        {HEAD "a\t1\tx\t-\t-\t-\n", "line 2"},
        {HEAD "a\t1\tx\ta>=1\n", "line 2"},
        {HEAD "\t1\tx\n", "line 2"},
        {HEAD "a b\t1\tx\n", "line 2"},
        {HEAD "-\t1\tx\n", "line 2"},
        {HEAD "a>\t1\tx\n", "line 2"},
        {HEAD "a\tx\tx\n", "line 2"},
        {HEAD "a\t-1\tx\n", "line 2"},
        {HEAD "a\t9999999\tx\n", "line 2"},
        {HEAD "a\t1\t\n", "line 2"},
        {HEAD "a\t1\tx,\n", "line 2"},
        {HEAD "a\t1\tx,x\n", "line 2"},
        {HEAD "a\t1\tx\na\t1\ty\n", "line 3"},
        {HEAD "a\t1\tx,y\nb\t1\tx\ta\n", "line 3"},
        {HEAD "a\t1\tx,y\nb\t1\tx\ta>=0\n", "line 3"},
        {HEAD "a\t1\tx,y\nb\t1\tx\ta>=2\n", "line 3"},
        {HEAD "a\t1\tx,y\nb\t1\tx\ta>=x\n", "line 3"},
        {HEAD "a\t1\tx,y\nb\t1\tx\tc>=1\nc\t1\tx\n", "line 3"},
        {HEAD "a\t1\tx,y\nb\t1\tx,y\ta>=1\t1\n", "line 3"},
        {HEAD "a\t1\tx,y\t-\t0\n", "line 2"},
        {HEAD "a\t1\tx,y\t-\tx\n", "line 2"},
        {HEAD "a\t1\tx\t-\t1\n", "group 1"},
    };
    struct genes g;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (genes_parse(bad[i].text, strlen(bad[i].text), &g, &e) != ERR_FORMAT)
            fail_msg("taken: %s", bad[i].text);
        if (!strstr(e.text, bad[i].what))
            fail_msg("'%s' does not say %s", e.text, bad[i].what);
    }
    assert_int_equal(genes_parse(HEAD "a\t1\tx\0y\n", 24, &g, &e), ERR_FORMAT);
}

/* As many genes and choices as there may be, and one more. */
static void limits(void **state)
{
    struct buf text = {0};
    struct genes g;
    struct err e;

    (void)state;
    buf_adds(&text, HEAD "a\t1\t0");
    for (int i = 1; i < GENE_CHOICES_MAX; i++)
        buf_addf(&text, ",%d", i);
    assert_int_equal(genes_parse(text.data, text.len, &g, &e), 0);
    assert_int_equal(g.v[0].n_choices, GENE_CHOICES_MAX);
    genes_free(&g);
    buf_adds(&text, ",more");
    assert_int_equal(genes_parse(text.data, text.len, &g, &e), ERR_FORMAT);
    buf_clear(&text);
    buf_adds(&text, HEAD);
    for (int i = 0; i < GENES_MAX; i++)
        buf_addf(&text, "g%d\t1\t0,1\n", i);
    assert_int_equal(genes_parse(text.data, text.len, &g, &e), 0);
    assert_true(fabs(genes_log10_size(&g, NULL) - GENES_MAX * log10(2)) < 1e-9);
    genes_free(&g);
    buf_adds(&text, "one\t1\t0\n");
    assert_int_equal(genes_parse(text.data, text.len, &g, &e), ERR_FORMAT);
    buf_free(&text);
}

/* Nothing a file can hold crashes the parser (sanitizers). */
static void any_bytes(void **state)
{
    struct rng r = rng_make(1, "test", 0, 0);
    char text[sizeof HEAD + sizeof all];

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct genes g;
        struct err e;
        int n = snprintf(text, sizeof text, HEAD "%s", all);

        for (int k = 0; k < 3; k++)
            text[rng_below(&r, (uint64_t)n)] =
                "\t\n,>=-01a\r\xff\0"[rng_below(&r, 12)];
        if (genes_parse(text, (size_t)n, &g, &e) == 0) {
            genes_log10_size(&g, NULL);
            genes_free(&g);
        }
    }
}

/* ---- genomes ---- */

static void used_and_canonical(void **state)
{
    struct genes g = table(all);
    int64_t v[6] = {0, 1, 2, 0, 0, 1};
    struct rng r = rng_make(1, "test", 0, 0);
    struct ints genome = {v, 6};
    struct err e;
    int hits[2] = {0};

    (void)state;
    assert_true(genes_used(&g, v, 0));
    assert_false(genes_used(&g, v, 1));
    assert_false(genes_used(&g, v, 2)); /* b>=1 holds, but b is unused */
    assert_false(genes_used(&g, v, 5));
    assert_int_equal(genes_check(&g, &genome, &e), ERR_FORMAT);
    for (int i = 0; i < 200; i++) {
        v[3] = v[4] = 0;
        genes_canonical(&g, v, &r);
        hits[v[4]]++;
        assert_int_equal(v[3] + v[4], 1);
        assert_int_equal(v[1] + v[2] + v[5], 0);
        assert_int_equal(genes_check(&g, &genome, &e), 0);
    }
    assert_true(hits[0] > 60 && hits[1] > 60);
    genes_canonical(&g, v, NULL); /* nothing left to draw */
    v[0] = 1, v[1] = 1, v[2] = 2;
    assert_true(genes_used(&g, v, 2));
    assert_int_equal(genes_check(&g, &genome, &e), 0);
    genes_free(&g);
}

static void checks(void **state)
{
    struct genes g = table(all);
    int64_t v[7] = {2, 1, 2, 1, 1, 1, 0};
    struct ints genome = {v, 6};
    struct err e;

    (void)state;
    assert_int_equal(genes_check(&g, &genome, &e), 0);
    for (size_t i = 0; i < 6; i++) {
        int64_t old = v[i];

        v[i] = g.v[i].n_choices;
        assert_int_equal(genes_check(&g, &genome, &e), ERR_FORMAT);
        assert_non_null(strstr(e.text, g.v[i].name));
        v[i] = -1;
        assert_int_equal(genes_check(&g, &genome, &e), ERR_FORMAT);
        v[i] = old;
    }
    genome.n = 7;
    assert_int_equal(genes_check(&g, &genome, &e), ERR_FORMAT);
    genome.n = 5;
    assert_int_equal(genes_check(&g, &genome, &e), ERR_FORMAT);
    genome.n = 6;
    v[3] = v[4] = v[5] = 0;
    assert_int_equal(genes_check(&g, &genome, &e), ERR_FORMAT);
    genes_free(&g);
}

static void text(void **state)
{
    int64_t v[3] = {0, 9, 2}, w[3];
    struct ints genome = {v, 3};
    struct buf out = {0};
    struct err e;
    static const char *const bad[] = {
        "",     "01",  "0120", "0,9",   "0,9,2,",  ",0,9,2",
        "0,,2", "0x2", "-12",  "0 9 2", "0,9,2,3", "1234567890,1,1"};

    (void)state;
    genome_print(&genome, &out);
    assert_string_equal(out.data, "092");
    assert_int_equal(genome_parse("092", w, 3, &e), 0);
    assert_memory_equal(v, w, sizeof v);
    assert_int_equal(genome_parse("0,9,2", w, 3, &e), 0);
    assert_memory_equal(v, w, sizeof v);
    v[1] = 10;
    buf_clear(&out);
    genome_print(&genome, &out);
    assert_string_equal(out.data, "0,10,2");
    assert_int_equal(genome_parse(out.data, w, 3, &e), 0);
    assert_memory_equal(v, w, sizeof v);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (genome_parse(bad[i], w, 3, &e) != ERR_FORMAT)
            fail_msg("taken: %s", bad[i]);
    assert_int_equal(genome_parse("12", w, 1, &e), 0); /* one gene: a number */
    assert_int_equal(w[0], 12);
    assert_int_equal(genome_parse("", w, 1, &e), ERR_FORMAT);
    buf_free(&out);
}

/* ---- sizes ---- */

/* Counted one by one, and by genes_next. */
static uint64_t count(const struct genes *g)
{
    int64_t *v = xcalloc(g->n, sizeof *v);
    struct ints genome = {v, g->n};
    uint64_t n = 0, listed = 0;
    struct err e;
    size_t i;

    do {
        n += genes_check(g, &genome, &e) == 0;
        for (i = 0; i < g->n && ++v[i] == g->v[i].n_choices; i++)
            v[i] = 0;
    } while (i < g->n);
    do
        listed += genes_whole(g, v);
    while (genes_next(g, v));
    assert_int_equal(listed, n);
    free(v);
    return n;
}

static void sizes(void **state)
{
    static const char *const tables[] = {
        all,
        "a\t1\tx\n",
        "a\t1\tx,y\nb\t1\tx,y,z\n",
        "a\t1\tx,y,z\nb\t1\tx,y,z\ta>=2\nc\t1\tx,y\ta>=1\nd\t1\tu,v\tb>=2\n",
        "a\t1\t0,1\t-\t1\nb\t1\t0,1\t-\t2\nc\t1\t0,1,2\t-\t1\n"
        "d\t1\tx,y,z\tc>=2\ne\t1\tx,y\t-\t2\nf\t1\tx,y\tb>=1\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct genes g = table(tables[i]);
        uint64_t exact;
        double size = genes_log10_size(&g, &exact);

        assert_int_equal(exact, count(&g));
        assert_true(fabs(size - log10((double)exact)) < 1e-12);
        genes_free(&g);
    }
}

/* ---- draws ---- */

#define DRAWS 30000

/* Is n of DRAWS what p predicts, within five standard deviations? */
static void plausible(int n, double p)
{
    double sd = sqrt(DRAWS * p * (1 - p));

    if (fabs(n - DRAWS * p) > 5 * sd)
        fail_msg("%d of %d draws, expected %g +- %g", n, DRAWS, DRAWS * p, sd);
}

static void draws(void **state)
{
    struct genes g = table(all);
    struct rng r = rng_make(11, "test", 0, 0);
    int a[3] = {0}, b = 0, c[3] = {0}, mask[4] = {0}, f = 0;
    struct err e;

    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        int64_t v[6];
        struct ints genome = {v, 6};

        genes_random(&g, &r, v);
        assert_int_equal(genes_check(&g, &genome, &e), 0);
        a[v[0]]++;
        b += v[1] == 1;
        if (v[1])
            c[v[2]]++;
        mask[2 * v[3] + v[4]]++;
        f += v[5] == 1;
    }
    for (int i = 0; i < 3; i++) {
        plausible(a[i], 1 / 3.);
        plausible(c[i], 1 / 9.);
        plausible(mask[i + 1], 1 / 3.);
    }
    assert_int_equal(mask[0], 0);
    plausible(b, 1 / 3.);
    plausible(f, 1 / 3.);
    genes_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip), cmocka_unit_test(lenient),
        cmocka_unit_test(refused),    cmocka_unit_test(limits),
        cmocka_unit_test(any_bytes),  cmocka_unit_test(used_and_canonical),
        cmocka_unit_test(checks),     cmocka_unit_test(text),
        cmocka_unit_test(sizes),      cmocka_unit_test(draws),
    };

    return cmocka_run_group_tests_name("genes", tests, NULL, NULL);
}
