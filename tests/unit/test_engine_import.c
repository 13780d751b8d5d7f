/* SPDX-License-Identifier: MIT
 * What imported networks are made of (importnets.h) in float: threads, engines
 * that only infer, segments. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/engine/engine.h"
#include "tests/unit/engines.h"
#include "tests/unit/importnets.h"

#define BATCH 9

static struct arena arena;
static struct net nets[IMPORTNETS_COUNT];
static float images[BATCH * IMPORTNETS_PIXELS];

static struct engine *engine_of(const struct net *net, int threads, bool train,
                                bool frozen)
{
    struct engine *g = engines_new(
        net, (struct engine_opts){.batch = BATCH,
                                  .threads = threads,
                                  .training = train,
                                  .frozen_backbone = frozen});

    engine_init(g, 5);
    return g;
}

static void threads_change_nothing(void **state)
{
    (void)state;
    for (int k = 0; k < 2 * IMPORTNETS_COUNT; k++) {
        const struct net *net = &nets[k / 2];
        struct engine *one = engine_of(net, 1, true, k % 2);
        double loss = engines_train(one, images, BATCH, 6);

        assert_true(isfinite(loss));
        for (int threads = 2; threads <= 4; threads++) {
            struct engine *g = engine_of(net, threads, true, k % 2);
            assert_true(engines_train(g, images, BATCH, 6) == loss);
            engines_assert_same(one, g);
            engine_free(g);
        }
        engine_free(one);
    }
}

static void training_lowers_the_loss(void **state)
{
    (void)state;
    for (int k = 0; k < IMPORTNETS_COUNT; k++) {
        struct engine *g = engine_of(&nets[k], 2, true, false);
        double first = engines_train(g, images, BATCH, 1),
               last = engines_train(g, images, BATCH, 150);

        if (!(last < 0.8 * first))
            fail_msg("net %d: loss %g, then %g", k, first, last);
        engine_free(g);
    }
}

static void assert_close(const float *a, const float *b, int n)
{
    for (int i = 0; i < n; i++)
        if (!(fabsf(a[i] - b[i]) <= 1e-4f * (1 + fabsf(b[i]))))
            fail_msg("element %d: %g and %g", i, (double)a[i], (double)b[i]);
}

/* An engine that only infers shares memory between layers.  Images that stop at
 * no exit get there by segments: all of them, then some that were put aside. */
static void segments_agree(void **state)
{
    static const int keep[] = {0, 2, 3, 7, 8}, all = 5;

    (void)state;
    for (int k = 0; k < IMPORTNETS_COUNT; k++) {
        struct engine *g = engine_of(&nets[k], 1, true, false);
        struct engine *h = engine_of(&nets[k], 2, false, false);
        size_t n, last = nets[k].exits.n - 1;

        engines_train(g, images, BATCH, 5);
        for (size_t i = 0; i < (engine_params(h, &n), n); i++)
            memcpy(engine_params(h, &n)[i].value, engine_params(g, &n)[i].value,
                   engine_params(h, &n)[i].n * sizeof(float));
        engine_forward(g, images, BATCH, ENGINE_EVAL);
        engine_forward(h, images, BATCH, ENGINE_EVAL);
        for (size_t x = 0; x <= last; x++)
            assert_memory_equal(
                engine_logits(g, (int)x), engine_logits(h, (int)x),
                (size_t)(BATCH * engine_units(g, (int)x)) * sizeof(float));
        for (size_t from = 0; from < last; from++) {
            float *kept = xcalloc((size_t)all * engine_state_size(h, (int)from),
                                  sizeof *kept);

            for (size_t x = 0; x <= from; x++)
                engine_segment(h, (int)x, images, BATCH, x % 2 == 0);
            engine_save(h, keep, all, kept);
            engine_segment(h, 0, images, BATCH, true); /* overwrites all */
            engine_resume(h, (int)from, kept, all);
            for (size_t x = from + 1; x <= last; x++) {
                int u = engine_units(h, (int)x);
                engine_segment(h, (int)x, NULL, all, true);
                for (int i = 0; i < all; i++)
                    assert_close(engine_logits(h, (int)x) + i * u,
                                 engine_logits(g, (int)x) + keep[i] * u, u);
            }
            free(kept);
        }
        engine_free(g);
        engine_free(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(training_lowers_the_loss),
        cmocka_unit_test(segments_agree),
    };
    int rc;

    engines_fill(rng_make(1, "images", 0, 0), sizeof images / sizeof *images,
                 images);
    for (int k = 0; k < IMPORTNETS_COUNT; k++)
        importnets[k](&nets[k], &arena);
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return rc;
}
