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

#include "libcommon/base/argmax.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/exits/calibration.h"
#include "libcommon/nn/graph/cost.h"
#include "libcommon/nn/run/inference.h"
#include "libcommon/stats/sort.h"
#include "tests/unit/engines.h"
#include "tests/unit/nets.h"

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
    static double mean[] = {0.5, 0.5, 0.5}, std[] = {0.25, 0.25, 0.25};
    data.input.h = data.input.w = SIDE;
    data.input.c = 3;
    data.input.mean = mean;
    data.input.std = std;
    split_alloc(&data.split[SPLIT_TEST], SAMPLES, SIDE * SIDE * 3);
    for (size_t i = 0; i < SAMPLES * SIDE * SIDE * 3; i++)
        data.split[SPLIT_TEST].items[i] = (uint8_t)rng_below(&r, 256);
}

static struct engine *engine_of(size_t batch, int threads)
{
    struct engine *g = engines_new(
        &net, (struct engine_opts){.batch = (int)batch, .threads = threads});

    engine_init(g, 5);
    return g;
}

/* The policy that is tested. */
static const struct halt_rule *rule;
static const double *temperatures; /* NULL: all 1 */

static size_t fit; /* 0: as usual */

static void run(struct inference *x, const double *thresholds, size_t batch,
                int threads)
{
    struct engine *g = engine_of(batch, threads);
    struct progress p;
    progress_start(&p, "images", 0, 0);
    struct inference_job job = {
        .net = &net,
        .engine = g,
        .input = &data.input,
        .split = &data.split[SPLIT_TEST],
        .batch = batch,
        .rule = thresholds ? rule : NULL,
        .thresholds = thresholds,
        .temperatures = temperatures,
        .fit = fit,
        .progress = &p,
        .scored = thresholds != NULL,
        .timed = thresholds != NULL,
        .baseline = thresholds != NULL,
    };
    infer(&job, x);
    progress_end(&p);
    engine_free(g);
}

/* What the rule says of a sample at an exit, from the whole trace. */
static double value_at(size_t i, size_t k)
{
    return rule->value(whole.logits[i] + k * CLASSES, CLASSES,
                       whole.confidence[i] ? whole.confidence[i][k] : 1,
                       temperatures ? temperatures[i] : 1);
}

/* Scores of all samples at exit i, those of earlier exits as the thresholds
 * have them on. */
static void scores_at(const double *thresholds, size_t exit, double *score)
{
    for (size_t k = 0; k < SAMPLES; k++) {
        double rest = 1;
        for (size_t i = 0; i <= exit; i++)
            if (i == exit || !isnan(thresholds[i]))
                score[k] = rule->score(value_at(i, k), &rest);
    }
}

/* A threshold that a third of the samples reach, half-way between two scores
 * so that the last bits do not matter. */
static double third(const double *thresholds, size_t exit)
{
    double score[SAMPLES];
    uint32_t index[SAMPLES];
    scores_at(thresholds, exit, score);
    sort_values(score, SAMPLES, index);
    size_t at = SAMPLES * 2 / 3;
    while (at + 1 < SAMPLES && score[index[at]] - score[index[at - 1]] < 1e-5)
        at++;
    return (score[index[at]] + score[index[at - 1]]) / 2;
}

static void compare(const double *thresholds, const struct inference *x)
{
    double value[NET_MAX_EXITS];
    uint64_t left[NET_MAX_EXITS] = {0};
    for (size_t k = 0; k < SAMPLES; k++) {
        double score = 0, rest = 1;
        for (size_t i = 0; i < x->exits; i++)
            value[i] = value_at(i, k);
        size_t at = halt_exit(rule, thresholds, x->exits, value, 1);
        assert_int_equal(x->taken[k], at);
        left[at]++;
        for (size_t i = 0; i <= at; i++)
            if (i == at || !isnan(thresholds[i]))
                score = rule->score(value[i], &rest);
        assert_float_equal(x->score[k], score, 1e-4);
        assert_int_equal(argmax(x->logits[0] + k * CLASSES, CLASSES),
                         argmax(whole.logits[at] + k * CLASSES, CLASSES));
        for (size_t c = 0; c < CLASSES; c++)
            assert_float_equal(x->logits[0][k * CLASSES + c],
                               whole.logits[at][k * CLASSES + c], 1e-4);
    }
    for (size_t i = 0; i < x->exits; i++)
        assert_int_equal(x->left[i], left[i]);
}

/* The MACs of the layers that really ran are those that the costs say: nothing
 * is computed for samples that left, nor heads that are off. */
static void check_macs(const double *thresholds, const struct inference *x)
{
    int64_t prefix[NET_MAX_EXITS], head[NET_MAX_EXITS];
    struct halt_costs c;
    double cost[NET_MAX_EXITS], ran = 0;
    for (size_t i = 0; i < x->exits; i++) {
        prefix[i] = net_prefix(&net, i, MACS_TRUE);
        head[i] = net_exit_at(&net, i)->head_macs;
        ran += (double)x->came[i] *
               (double)(prefix[i] - (i ? prefix[i - 1] : 0));
        ran += (double)x->heads[i] * (double)head[i];
    }
    halt_costs_init(&c, x->exits, prefix, head, NULL);
    halt_cost_leaving(&c.v[COST_SEQUENTIAL], x->exits, thresholds, cost);
    assert_float_equal(ran / SAMPLES, halt_mean_cost(x->left, cost, x->exits),
                       1e-6);
}

/* Layers run as seldom as can be: only when nobody comes any more for less than
 * they like to take. */
static void check_runs(const struct inference *x, size_t batch)
{
    for (size_t i = 0; i < x->exits; i++)
        assert_int_equal(x->runs[i], (x->came[i] + batch - 1) / batch);
}

static void check_all_batches(const double *thresholds)
{
    static const size_t batch[] = {1, 7, 64, SAMPLES, 256};
    for (size_t b = 0; b < ARRAY_LEN(batch); b++) {
        struct inference x, y;
        run(&x, thresholds, batch[b], 1);
        compare(thresholds, &x);
        check_macs(thresholds, &x);
        check_runs(&x, batch[b]);
        run(&y, thresholds, batch[b], 2);
        assert_memory_equal(x.logits[0], y.logits[0],
                            SAMPLES * CLASSES * sizeof(float));
        assert_memory_equal(x.taken, y.taken, SAMPLES);
        inference_fini(&x);
        inference_fini(&y);
    }
}

static const double uneven[] = {0.5, 2, 0.75, 4, 1.5};

static void test_stops_where_the_trace_says(void **state)
{
    (void)state;
    for (size_t r = 0; r < 2 * HALT_RULES; r++) {
        double th[NET_MAX_EXITS];
        rule = &halt_rules[r / 2];
        temperatures = r % 2 ? uneven : NULL;
        for (size_t i = 0; i + 1 < net.exits.n; i++)
            th[i] = third(th, i);
        check_all_batches(th);
    }
}

static void test_exits_off(void **state)
{
    (void)state;
    for (size_t r = 0; r < HALT_RULES; r++) {
        double th[NET_MAX_EXITS];
        rule = &halt_rules[r];
        temperatures = uneven;
        size_t off = r % (net.exits.n - 1);
        for (size_t i = 0; i + 1 < net.exits.n; i++)
            th[i] = i == off ? NAN : third(th, i);
        check_all_batches(th);
    }
    double none[NET_MAX_EXITS];
    for (size_t i = 0; i + 1 < net.exits.n; i++)
        none[i] = NAN;
    check_all_batches(none);
}

static void test_all_leave_at_once(void **state)
{
    (void)state;
    const double th[NET_MAX_EXITS] = {0};
    struct inference x;
    rule = &halt_rules[HALT_CUMULATIVE];
    run(&x, th, 32, 1);
    assert_int_equal(x.left[0], SAMPLES);
    for (size_t i = 1; i < x.exits; i++)
        assert_true(x.came[i] == 0 && x.seconds[i] <= 0);
    inference_fini(&x);
}

/* Segments of different sizes at a time, down to the fewest. */
static void test_few_at_a_time(void **state)
{
    (void)state;
    double th[NET_MAX_EXITS];
    rule = &halt_rules[HALT_CUMULATIVE];
    temperatures = NULL;
    for (size_t i = 0; i + 1 < net.exits.n; i++)
        th[i] = third(th, i);
    for (fit = 1; fit < 100000; fit *= 10) {
        struct inference x;
        run(&x, th, 64, 1);
        compare(th, &x);
        check_macs(th, &x);
        if (fit == 1)
            check_runs(&x, 16);
        inference_fini(&x);
    }
    fit = 0;
}

static int setup(void **state)
{
    (void)state;
    nets_tiny(&net, &arena, SIDE, 3, CLASSES);
    make_data();
    run(&whole, NULL, 64, 1);
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
        cmocka_unit_test(test_few_at_a_time),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
