/* SPDX-License-Identifier: MIT
 * The moving average of an engine's weights. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "tests/unit/engines.h"
#include "tests/unit/nets.h"
#include "tools/eenn-train/ema.h"
#include "tools/eenn-train/train_params.h"

#define STEPS 40
#define DECAY 0.8

static struct arena arena;
static struct net net;

static int setup(void **state)
{
    (void)state;
    nets_tiny(&net, &arena, 16, 3, 3);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct engine *engine_of(uint64_t seed)
{
    struct engine *g = engines_new(
        &net, (struct engine_opts){.batch = 4, .training = true});

    engine_init(g, seed);
    return g;
}

/* Let every weight and statistic be what it was at first plus f(step). */
static void set(struct engine *g, const float *first, double f)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; first += p[i].n, i++)
        for (size_t k = 0; k < p[i].n; k++)
            p[i].value[k] = first[k] + (float)f;
}

/* The average is the sum of the weights of all steps times what is left of each,
 * computed here from the end and in double. */
static void is_the_weighted_sum(void **state)
{
    struct engine *g = engine_of(1);
    size_t n = params_total(g);
    float *first = xcalloc(n, sizeof *first), *average = ema_new(g);
    double want = 0, left = 1;

    (void)state;
    params_save(g, first);
    assert_memory_equal(average, first, n * sizeof *first);
    for (uint64_t t = 0; t < STEPS; t++) {
        set(g, first, sin((double)t));
        ema_step(average, g, DECAY, t);
    }
    for (int t = STEPS; t-- > 0;) {
        double d = t < 35 ? (1.0 + t) / (10.0 + t) : DECAY; /* 36 / 45 = 0.8 */

        want += left * (1 - d) * sin(t);
        left *= d;
    }
    for (size_t i = 0; i < n; i++)
        assert_true(fabs((double)(average[i] - first[i]) - want) < 2e-5);
    free(first);
    free(average);
    engine_free(g);
}

/* Exchanged twice, everything is where it was, to the bit. */
static void swaps(void **state)
{
    struct engine *g = engine_of(1), *other = engine_of(2);
    size_t n = params_total(g);
    float *own = xcalloc(n, sizeof *own), *average = ema_new(other);
    float *theirs = xcalloc(n, sizeof *theirs), *now = xcalloc(n, sizeof *now);

    (void)state;
    params_save(g, own);
    memcpy(theirs, average, n * sizeof *theirs);
    ema_swap(average, g);
    params_save(g, now);
    assert_memory_equal(now, theirs, n * sizeof *now);
    assert_memory_equal(average, own, n * sizeof *now);
    ema_swap(average, g);
    params_save(g, now);
    assert_memory_equal(now, own, n * sizeof *now);
    assert_memory_equal(average, theirs, n * sizeof *now);
    free(own);
    free(average);
    free(theirs);
    free(now);
    engine_free(g);
    engine_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_weighted_sum),
        cmocka_unit_test(swaps),
    };

    return cmocka_run_group_tests_name("ema", tests, setup, teardown);
}
