/* SPDX-License-Identifier: MIT
 * Fronts, crowding, hypervolume and trade-off against DEAP's values and
 * against brute force. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/search/front.h"
#include "libcommon/search/hypervolume.h"
#include "libcommon/search/objective.h"
#include "libcommon/search/reference.h"
#include "libcommon/search/tradeoff.h"
#include "tests/unit/search_ref.h"

static void near(double a, double b, double tolerance)
{
    if (isinf(b) ? a != b : !(fabs(a - b) <= tolerance * fmax(1, fabs(b))))
        fail_msg("%.17g is not %.17g", a, b);
}

static void ranks_like_deap(void **state)
{
    uint32_t rank[100];

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(ref_fronts); k++) {
        const struct ref_front *r = &ref_fronts[k];
        uint32_t highest = 0;
        size_t fronts = front_sort(r->f, r->n, r->m, rank);

        for (size_t i = 0; i < r->n; i++) {
            assert_int_equal(rank[i], r->rank[i]);
            highest = rank[i] > highest ? rank[i] : highest;
        }
        assert_int_equal(fronts, highest + 1);
    }
}

static void crowding_like_deap(void **state)
{
    double distance[100];

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(ref_fronts); k++) {
        const struct ref_front *r = &ref_fronts[k];

        front_crowding_all(r->f, r->n, r->m, r->rank, distance);
        for (size_t i = 0; i < r->n; i++)
            near(distance[i], r->crowd[i], 1e-12);
    }
}

static void volume_like_deap(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(ref_fronts); k++) {
        const struct ref_front *r = &ref_fronts[k];
        double ref[8];

        for (size_t j = 0; j < r->m; j++)
            ref[j] = r->reference;
        near(hypervolume(r->f, r->n, r->m, ref), r->volume, 1e-12);
    }
}

static void draw(double *f, size_t n, uint64_t values, struct rng *r)
{
    for (size_t i = 0; i < n; i++)
        f[i] = values ? (double)rng_below(r, values) : rng_uniform(r);
}

/* Rank by definition: peel off what nothing left dominates. */
static void peel(const double *f, size_t n, size_t m, uint32_t *rank)
{
    size_t left = n;

    memset(rank, 0xff, n * sizeof *rank);
    for (uint32_t k = 0; left; k++)
        for (size_t i = 0; i < n; i++) {
            bool dominated = rank[i] < k;

            for (size_t j = 0; j < n && !dominated; j++)
                dominated = rank[j] >= k &&
                            front_dominates(f + j * m, f + i * m, m);
            if (!dominated && rank[i] > k) {
                rank[i] = k;
                left--;
            }
        }
}

static void ranks_by_definition(void **state)
{
    double f[90 * 6];
    uint32_t rank[90], expected[90];
    struct rng r = rng_make(1, "test", 0, 0);

    (void)state;
    for (size_t m = 1; m <= 6; m++)
        for (uint64_t values = 0; values < 6; values++)
            for (size_t n = 0; n <= 90; n += 15) {
                draw(f, n * m, values, &r);
                front_sort(f, n, m, rank);
                peel(f, n, m, expected);
                assert_memory_equal(rank, expected, n * sizeof *rank);
            }
}

static void ranks_under_limits(void **state)
{
    double f[60 * 2], within[60 * 2], violation[60];
    uint32_t rank[60], expected[60];
    struct rng r = rng_make(2, "test", 0, 0);

    (void)state;
    for (int round = 0; round < 50; round++) {
        size_t ok = 0, fronts, last = 0;

        draw(f, 60 * 2, 6, &r);
        draw(violation, 60, 4, &r);
        for (size_t i = 0; i < 60; i++)
            if (violation[i] == 0)
                memcpy(within + 2 * ok++, f + 2 * i, 2 * sizeof *f);
        peel(within, ok, 2, expected);
        fronts = front_sort_limited(f, violation, 60, 2, rank);
        for (size_t i = 0, k = 0; i < 60; i++)
            if (violation[i] == 0) {
                last = expected[k] > last ? expected[k] : last;
                assert_int_equal(rank[i], expected[k++]);
            }
        assert_int_equal(fronts, last + 1 + 3);
        for (size_t i = 0; i < 60; i++)
            if (violation[i] > 0)
                assert_int_equal(rank[i], last + (size_t)violation[i]);
    }
}

/* On a grid of unit cells the volume is a count. */
static void volume_by_counting(void **state)
{
    double f[30 * 4], ref[4] = {5, 5, 5, 5};
    struct rng r = rng_make(2, "test", 0, 0);

    (void)state;
    for (size_t m = 1; m <= 4; m++)
        for (int round = 0; round < 20; round++) {
            size_t cells = 1, count = 0;

            draw(f, 30 * m, 7, &r); /* some beyond the reference */
            for (size_t j = 0; j < m; j++)
                cells *= 5;
            for (size_t c = 0; c < cells; c++) {
                bool in = false;

                for (size_t i = 0; i < 30 && !in; i++) {
                    size_t rest = c;

                    in = true;
                    for (size_t j = 0; j < m; j++, rest /= 5)
                        in &= f[i * m + j] <= (double)(rest % 5);
                }
                count += in;
            }
            near(hypervolume(f, 30, m, ref), (double)count, 1e-12);
        }
}

static void volume_of_nothing(void **state)
{
    double ref[3] = {1, 1, 1}, at_ref[3] = {1, 0, 0};

    (void)state;
    assert_true(hypervolume(NULL, 0, 3, ref) == 0);
    assert_true(hypervolume(at_ref, 1, 3, ref) == 0);
}

static void tradeoff_like_its_words(void **state)
{
    double mu[64];

    (void)state;
    tradeoff(ref_trade_f2, ARRAY_LEN(ref_trade_mu2), 2, mu);
    for (size_t i = 0; i < ARRAY_LEN(ref_trade_mu2); i++)
        near(mu[i], ref_trade_mu2[i], 1e-12);
    tradeoff(ref_trade_f3, ARRAY_LEN(ref_trade_mu3), 3, mu);
    for (size_t i = 0; i < ARRAY_LEN(ref_trade_mu3); i++)
        near(mu[i], ref_trade_mu3[i], 1e-12);
}

static void tradeoff_of_few(void **state)
{
    double one[2] = {3, 4}, twins[4] = {3, 4, 3, 4};
    double two[4] = {0, 1, 1, 0}, mu[2];

    (void)state;
    tradeoff(one, 1, 2, mu);
    assert_true(mu[0] == 1);
    tradeoff(twins, 2, 2, mu);
    assert_true(mu[0] == 1 && mu[1] == 1);
    tradeoff(two, 2, 2, mu);
    assert_true(mu[0] == 1 && mu[1] == 1);
}

static void objectives_by_name(void **state)
{
    struct metric own[] = {{(char *)"latency", 12.5, NULL}};
    struct result r = {
        .accuracy = 0.75,
        .macs = 1e6,
        .macs_paper = NAN,
        .summary = {.params = NIL_INT, .peak_bytes = 4096},
        .metrics = {own, 1},
    };
    struct objectives o;
    struct err e = {0};
    double f[OBJECTIVES_MAX];

    (void)state;
    assert_int_equal(objectives_parse("accuracy:max,error:min,latency:min,"
                                      "peak_bytes:max",
                                      &o, &e),
                     0);
    assert_int_equal(o.n, 4);
    assert_int_equal(objectives_row(&o, &r, f, &e), 0);
    assert_true(f[0] == -0.75 && f[1] == 0.25 && f[2] == 12.5 && f[3] == -4096);
    assert_int_equal(objectives_parse("params:min", &o, &e), 0);
    assert_int_equal(objectives_row(&o, &r, f, &e), ERR_FORMAT);
    assert_int_equal(objectives_parse("a:min,a:max", &o, &e), ERR_ARG);
    assert_int_equal(objectives_parse("a", &o, &e), ERR_ARG);
    assert_int_equal(objectives_parse("", &o, &e), ERR_ARG);
    assert_int_equal(objectives_parse(":min", &o, &e), ERR_ARG);
}

/* D22: (1 - accuracy, macs), reference (1, R), divided by 1 x R. */
static void references(void **state)
{
    struct objectives o;
    struct reference ref;
    struct err e = {0};
    double f[4] = {-0.5, 20, -0.8, 60};

    (void)state;
    assert_int_equal(objectives_parse("accuracy:max,macs:min", &o, &e), 0);
    reference_init(&ref, &o);
    assert_int_equal(reference_complete(&ref, &o, &e), ERR_ARG);
    assert_int_equal(reference_parse(&ref, &o, "macs=100", &e), 0);
    assert_int_equal(reference_complete(&ref, &o, &e), 0);
    near(reference_volume(&ref, &o, f, 2), (0.5 * 80 + 0.3 * 40) / 100, 1e-12);
    assert_int_equal(reference_parse(&ref, &o, "macs=100:20", &e), 0);
    near(reference_volume(&ref, &o, f, 2), (0.5 * 80 + 0.3 * 40) / 80, 1e-12);
    assert_int_equal(reference_parse(&ref, &o, "macs=10:20", &e), ERR_ARG);
    assert_int_equal(reference_parse(&ref, &o, "macs=x", &e), ERR_ARG);
    assert_int_equal(reference_parse(&ref, &o, "latency=3", &e), ERR_ARG);
    assert_int_equal(reference_parse(&ref, &o, "accuracy=1", &e), ERR_ARG);
    assert_int_equal(reference_parse(&ref, &o, "accuracy=0.1", &e), 0);
}

/* Shares have both ends, whichever of them is the better one. */
static void references_of_shares(void **state)
{
    struct objectives o;
    struct reference ref;
    struct err e = {0};

    (void)state;
    assert_int_equal(
        objectives_parse("accuracy:min,error:max,final_accuracy:max", &o, &e),
        0);
    reference_init(&ref, &o);
    assert_int_equal(reference_complete(&ref, &o, &e), 0);
    assert_true(ref.best[0] == 0 && ref.worst[0] == 1);
    assert_true(ref.best[1] == 1 && ref.worst[1] == 0);
    assert_true(ref.best[2] == 1 && ref.worst[2] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_like_deap),
        cmocka_unit_test(crowding_like_deap),
        cmocka_unit_test(volume_like_deap),
        cmocka_unit_test(ranks_by_definition),
        cmocka_unit_test(ranks_under_limits),
        cmocka_unit_test(volume_by_counting),
        cmocka_unit_test(volume_of_nothing),
        cmocka_unit_test(tradeoff_like_its_words),
        cmocka_unit_test(tradeoff_of_few),
        cmocka_unit_test(objectives_by_name),
        cmocka_unit_test(references),
        cmocka_unit_test(references_of_shares),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
