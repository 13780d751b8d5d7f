/* SPDX-License-Identifier: MIT
 * Variation operators, sets of genomes and the archive. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/search/archive.h"
#include "libcommon/search/genomes.h"
#include "libcommon/search/vary.h"
#include "libcommon/space/arch.h"
#include "tests/unit/search_ref.h"

static const char table[] = "# nachos space 1\n"
                            "depth\t0\t2,3,4\n"
                            "k1\t0\t3,5,7\n"
                            "k2\t0\t3,5,7\tdepth>=1\n"
                            "k3\t0\t3,5,7\tdepth>=2\n"
                            "e1\t1\toff,on\t-\t1\n"
                            "e2\t1\toff,on\t-\t1\n";

static struct genes read_table(void)
{
    struct genes g = {0};
    struct err e = {0};

    if (genes_parse(table, strlen(table), &g, &e) < 0)
        fail_msg("%s", e.text);
    return g;
}

/* Shares of 0, 1, 2 out of each of 0, 1, 2 as integrated in NumPy. */
static void mutation_reaches_every_choice(void **state)
{
    enum { N = 200000 };
    struct rng r = rng_make(1, "test", 0, 0);

    (void)state;
    for (int64_t x = 0; x < 3; x++) {
        int count[3] = {0};

        for (int i = 0; i < N; i++)
            count[vary_polynomial(&r, x, 2, 1)]++;
        for (int y = 0; y < 3; y++)
            assert_true(fabs((double)count[y] / N - ref_mutation[3 * x + y]) <
                        0.005);
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(vary_polynomial(&r, 0, 0, 1), 0);
}

/* What a child has it has from one parent or the other, in at most three
 * pieces, and the other child has the rest. */
static void crossover_swaps_one_piece(void **state)
{
    struct rng r = rng_make(2, "test", 0, 0);
    int pieces[12] = {0};

    (void)state;
    for (size_t n = 1; n <= 10; n++)
        for (int round = 0; round < 200; round++) {
            int64_t a[10], b[10];
            int changes = 0;

            for (size_t i = 0; i < n; i++) {
                a[i] = 0;
                b[i] = 1;
            }
            vary_cross(&r, a, b, n);
            for (size_t i = 0; i < n; i++) {
                assert_int_equal(a[i] + b[i], 1);
                changes += i && a[i] != a[i - 1];
            }
            assert_int_equal(a[0], 0);
            assert_true(changes == (n < 2 ? 0 : n == 2 ? 1 : changes));
            assert_true(n < 2 || (changes >= 1 && changes <= 2));
            if (n == 10)
                pieces[changes]++;
        }
    assert_true(pieces[1] == 0 && pieces[2] == 200);
}

static void children_are_canonical(void **state)
{
    struct genes g = read_table();
    struct vary v = VARY_DEFAULT;
    struct rng r = rng_make(3, "test", 0, 0);
    struct err e = {0};
    int64_t a[6], b[6], c[6], d[6], *children[2] = {c, d};
    const int64_t *parents[2] = {a, b};
    int changed = 0;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        genes_random(&g, &r, a);
        genes_random(&g, &r, b);
        vary_children(&v, &g, &r, parents, children);
        for (int i = 0; i < 2; i++) {
            struct ints child = {children[i], 6};

            if (genes_check(&g, &child, &e) < 0)
                fail_msg("%s", e.text);
        }
        changed += memcmp(a, c, sizeof a) != 0;
    }
    assert_true(changed > 1000);
    genes_free(&g);
}

static void sets_hold_each_genome_once(void **state)
{
    struct genomes s;
    int64_t genome[3];

    (void)state;
    genomes_init(&s, 3);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 1000; i++) {
            for (int k = 0, x = i; k < 3; k++, x /= 10)
                genome[k] = x % 10;
            assert_true(genomes_has(&s, genome) == (round == 1));
            assert_true(genomes_add(&s, genome) == (round == 0));
        }
    assert_int_equal(s.n, 1000);
    assert_int_equal(genomes_at(&s, 123)[0], 3);
    genomes_free(&s);
}

/* ---- the archive ---- */

static struct result make(const char *space, int64_t *genome, double accuracy)
{
    return (struct result){
        .summary = {.space = (char *)space,
                    .genome = {genome, 2},
                    .params = NIL_INT,
                    .peak_bytes = NIL_INT},
        .accuracy = accuracy,
        .macs = 10,
        .status = isnan(accuracy) ? RESULT_FAILED : RESULT_OK,
    };
}

static void add(struct archive *a, struct result r, int want)
{
    struct err e = {0};

    assert_int_equal(archive_add(a, &r, &e), want);
}

static void last_result_wins(void **state)
{
    int64_t x[2] = {0, 1}, y[2] = {1, 1};
    struct archive a;
    char id[HASH_HEX];

    (void)state;
    archive_init(&a, true);
    add(&a, make("s", x, 0.5), 0);
    add(&a, make("s", y, NAN), 0);
    assert_int_equal(a.failed, 1);
    add(&a, make("s", x, NAN), 0);
    assert_int_equal(a.failed, 2);
    add(&a, make("s", y, 0.75), 0);
    assert_int_equal(a.n, 2);
    assert_int_equal(a.failed, 1);
    assert_int_equal(a.duplicates, 2);
    assert_true(a.v[1].accuracy == 0.75);
    arch_id("s", &a.v[0].summary.genome, id);
    assert_string_equal(a.v[0].summary.arch, id);
    archive_free(&a);
}

static void spaces_do_not_mix(void **state)
{
    int64_t x[2] = {0, 1};
    struct result r = make("s", x, 0.5);
    struct archive a;

    (void)state;
    archive_init(&a, true);
    add(&a, r, 0);
    add(&a, make("t", x, 0.5), ERR_FORMAT);
    r.summary.genome.n = 1;
    add(&a, r, ERR_FORMAT);
    r.summary.space = NULL;
    add(&a, r, ERR_FORMAT);
    archive_free(&a);
    archive_init(&a, false);
    add(&a, make("s", x, 0.5), 0);
    add(&a, make("t", x, 0.5), 0);
    add(&a, r, 0);
    assert_int_equal(a.n, 3);
    archive_free(&a);
}

static void archives_grow(void **state)
{
    struct archive a;
    int64_t x[2];

    (void)state;
    archive_init(&a, true);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 500; i++) {
            x[0] = i / 25;
            x[1] = i % 25;
            add(&a, make("s", x, i / 1000.), 0);
        }
    assert_int_equal(a.n, 500);
    assert_int_equal(a.duplicates, 500);
    assert_true(a.v[499].accuracy == 0.499);
    archive_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mutation_reaches_every_choice),
        cmocka_unit_test(crossover_swaps_one_piece),
        cmocka_unit_test(children_are_canonical),
        cmocka_unit_test(sets_hold_each_genome_once),
        cmocka_unit_test(last_result_wins),
        cmocka_unit_test(spaces_do_not_mix),
        cmocka_unit_test(archives_grow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
