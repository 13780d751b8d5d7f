/* SPDX-License-Identifier: MIT
 * Really stopping gives what the whole trace says. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/stats/sort.h"
#include "tests/unit/nets.h"
#include "tools/eenn-run/inference.h"

#define SAMPLES 150
#define SIDE 16
#define CLASSES 5

static struct arena arena;
static struct net net;
static struct dataset data;
static struct inference whole;

static void make_data(void)
{
    struct rng r = rng_make(9, "images", 0, 0);
    static double mean[] = { 0.5, 0.5, 0.5 }, std[] = { 0.25, 0.25, 0.25 };
    data.h = data.w = SIDE;
    data.c = 3;
    data.mean = mean;
    data.std = std;
    split_alloc(&data.split[SPLIT_TEST], SAMPLES, SIDE * SIDE * 3);
    for (size_t i = 0; i < SAMPLES * SIDE * SIDE * 3; i++)
        data.split[SPLIT_TEST].images[i] = (uint8_t)rng_below(&r, 256);
}

static struct engine *engine_of(size_t batch, int threads)
{
    struct engine_opts o = { .batch = (int)batch, .threads = threads };
    struct engine *g;
    struct err e;
    if (engine_new(&net, &o, &g, &e) < 0)
        fail_msg("%s", e.text);
    engine_init(g, 5);
    return g;
}

static void run(struct inference *x, const double *thresholds,
                const struct halt_rule *rule, size_t batch, int threads)
{
    struct engine *g = engine_of(batch, threads);
    struct progress p;
    progress_start(&p, "images", 0, NULL);
    struct inference_job job = {
        .net = &net, .engine = g, .data = &data,
        .split = &data.split[SPLIT_TEST], .batch = batch, .rule = rule,
        .thresholds = thresholds, .progress = &p,
    };
    infer(&job, x);
    progress_end(&p);
    engine_free(g);
}

/* Scores of all samples at exit i, those of earlier exits as the thresholds
 * have them on. */
static void scores_at(const struct halt_rule *rule, const double *thresholds,
                      size_t exit, double *score)
{
    for (size_t k = 0; k < SAMPLES; k++) {
        double rest = 1;
        for (size_t i = 0; i <= exit; i++)
            if (i == exit || !isnan(thresholds[i]))
                score[k] = rule->score((double)whole.confidence[i][k], &rest);
    }
}

/* A threshold that a third of the samples reach, half-way between two scores
 * so that the last bits do not matter. */
static double third(const struct halt_rule *rule, const double *thresholds,
                    size_t exit)
{
    double score[SAMPLES];
    uint32_t index[SAMPLES];
    scores_at(rule, thresholds, exit, score);
    sort_values(score, SAMPLES, index);
    size_t at = SAMPLES * 2 / 3;
    while (at + 1 < SAMPLES &&
           score[index[at]] - score[index[at - 1]] < 1e-5)
        at++;
    return (score[index[at]] + score[index[at - 1]]) / 2;
}

static void compare(const struct halt_rule *rule, const double *thresholds,
                    const struct inference *x)
{
    double value[NET_MAX_EXITS];
    uint64_t left[NET_MAX_EXITS] = { 0 };
    for (size_t k = 0; k < SAMPLES; k++) {
        for (size_t i = 0; i < x->exits; i++)
            value[i] = whole.confidence[i] ? (double)whole.confidence[i][k]
                                           : 1;
        size_t at = halt_exit(rule, thresholds, x->exits, value, 1);
        assert_int_equal(x->taken[k], at);
        left[at]++;
        for (size_t c = 0; c < CLASSES; c++)
            assert_float_equal(x->logits[0][k * CLASSES + c],
                               whole.logits[at][k * CLASSES + c], 1e-4);
    }
    for (size_t i = 0; i < x->exits; i++)
        assert_int_equal(x->left[i], left[i]);
}

static void check_all_batches(const struct halt_rule *rule,
                              const double *thresholds)
{
    static const size_t batch[] = { 1, 7, 64, SAMPLES, 256 };
    for (size_t b = 0; b < ARRAY_LEN(batch); b++) {
        struct inference x, y;
        run(&x, thresholds, rule, batch[b], 1);
        compare(rule, thresholds, &x);
        run(&y, thresholds, rule, batch[b], 2);
        assert_memory_equal(x.logits[0], y.logits[0],
                            SAMPLES * CLASSES * sizeof(float));
        assert_memory_equal(x.taken, y.taken, SAMPLES);
        inference_fini(&x);
        inference_fini(&y);
    }
}

static void test_stops_where_the_trace_says(void **state)
{
    (void)state;
    for (const char *const *n = halt_rule_names; *n; n++) {
        const struct halt_rule *rule = halt_rule_find(*n);
        double th[NET_MAX_EXITS];
        for (size_t i = 0; i + 1 < net.exits.n; i++)
            th[i] = third(rule, th, i);
        check_all_batches(rule, th);
    }
}

static void test_exits_off(void **state)
{
    (void)state;
    const struct halt_rule *rule = &halt_rules[HALT_CUMULATIVE];
    double th[NET_MAX_EXITS];
    for (size_t off = 0; off + 1 < net.exits.n; off++) {
        for (size_t i = 0; i + 1 < net.exits.n; i++)
            th[i] = i == off ? NAN : third(rule, th, i);
        check_all_batches(rule, th);
    }
    for (size_t i = 0; i + 1 < net.exits.n; i++)
        th[i] = NAN;
    check_all_batches(rule, th);
}

static void test_all_leave_at_once(void **state)
{
    (void)state;
    const double th[NET_MAX_EXITS] = { 0 };
    struct inference x;
    run(&x, th, &halt_rules[HALT_CUMULATIVE], 32, 1);
    assert_int_equal(x.left[0], SAMPLES);
    for (size_t i = 1; i < x.exits; i++)
        assert_float_equal(x.seconds[i], 0, 0);
    inference_fini(&x);
}

static int setup(void **state)
{
    (void)state;
    nets_tiny(&net, &arena, SIDE, 3, CLASSES);
    make_data();
    run(&whole, NULL, NULL, 64, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    inference_fini(&whole);
    split_fini(&data.split[SPLIT_TEST]);
    arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stops_where_the_trace_says),
        cmocka_unit_test(test_exits_off),
        cmocka_unit_test(test_all_leave_at_once),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
