/* SPDX-License-Identifier: MIT
 * The engine in float: threads, modes, segments, calibration. */
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
#include "libcommon/nn/engine/engine.h"
#include "tests/unit/engines.h"
#include "tests/unit/nets.h"

#define BATCH 9

static struct arena arena;
static struct net tiny;
static float images[BATCH * 16 * 16 * 3];

static struct engine *engine_of(const struct net *net, int threads, bool train)
{
    struct engine *g = engines_new(
        net, (struct engine_opts){
                 .batch = BATCH, .threads = threads, .training = train});

    engine_init(g, 5);
    return g;
}

static void threads_change_nothing(void **state)
{
    struct engine *one = engine_of(&tiny, 1, true);
    double loss = engines_train(one, images, BATCH, 6);

    (void)state;
    for (int threads = 2; threads <= 4; threads++) {
        struct engine *g = engine_of(&tiny, threads, true);
        assert_true(engines_train(g, images, BATCH, 6) == loss);
        engines_assert_same(one, g);
        engine_free(g);
    }
    engine_free(one);
}

static void training_lowers_the_loss(void **state)
{
    struct engine *g = engine_of(&tiny, 2, true);
    double first = engines_train(g, images, BATCH, 1),
           last = engines_train(g, images, BATCH, 60);

    (void)state;
    assert_true(last < first / 2);
    engine_free(g);
}

static void copy_params(struct engine *to, struct engine *from)
{
    size_t n;
    struct engine_param *p = engine_params(to, &n),
                        *q = engine_params(from, &n);

    for (size_t i = 0; i < n; i++)
        memcpy(p[i].value, q[i].value, p[i].n * sizeof *p[i].value);
}

/* An engine that only infers shares memory between layers: it must come to the
 * same as one that trains. */
static void inference_engine_agrees(void **state)
{
    struct engine *a = engine_of(&tiny, 1, true),
                  *b = engine_of(&tiny, 2, false);

    (void)state;
    engines_train(a, images, BATCH, 5);
    copy_params(b, a);
    engine_forward(a, images, BATCH, ENGINE_EVAL);
    engine_forward(b, images, BATCH, ENGINE_EVAL);
    for (int x = 0; x < 3; x++)
        assert_memory_equal(engine_logits(a, x), engine_logits(b, x),
                            (size_t)(BATCH * engine_units(a, x)) * 4);
    engine_free(a);
    engine_free(b);
}

static void assert_close(const float *a, const float *b, int n)
{
    for (int i = 0; i < n; i++)
        if (!(fabsf(a[i] - b[i]) <= 1e-4f * (1 + fabsf(b[i]))))
            fail_msg("element %d: %g and %g", i, (double)a[i], (double)b[i]);
}

/* Saved images are to be found again wherever the memory was used for others
 * in between. */
static float *save(struct engine *g, int i, const int *keep, int n)
{
    float *state = xcalloc((size_t)n * engine_state_size(g, i), sizeof *state);

    engine_save(g, keep, n, state);
    engine_segment(g, 0, images, BATCH, true);
    return state;
}

/* Leave some images behind at each exit; those that go on must get what the
 * whole net gives them. */
static void segments_agree(void **state)
{
    static const int keep[2][5] = {{0, 2, 3, 7, 8}, {1, 4}};
    struct engine *g = engine_of(&tiny, 2, false),
                  *h = engine_of(&tiny, 1, false);
    float *kept;

    (void)state;
    for (int off = -1; off < 2; off++) {
        int u = engine_units(g, 0), f = engine_units(g, 2);
        engine_forward(g, images, BATCH, ENGINE_EVAL);
        engine_segment(h, 0, images, BATCH, off != 0);
        if (off != 0)
            assert_close(engine_logits(h, 0), engine_logits(g, 0), BATCH * u);
        kept = save(h, 0, keep[0], 5);
        engine_resume(h, 0, kept, 5);
        free(kept);
        engine_segment(h, 1, NULL, 5, off != 1);
        for (int i = 0; i < 5 && off != 1; i++)
            assert_close(engine_logits(h, 1) + i * u,
                         engine_logits(g, 1) + keep[0][i] * u, u);
        kept = save(h, 1, keep[1], 2);
        engine_resume(h, 1, kept, 2);
        free(kept);
        engine_segment(h, 2, NULL, 2, true);
        for (int i = 0; i < 2; i++)
            assert_close(engine_logits(h, 2) + i * f,
                         engine_logits(g, 2) + keep[0][keep[1][i]] * f, f);
    }
    engine_free(g);
    engine_free(h);
}

/* The first segment makes a view of the image, or the image itself goes on, and
 * only the second segment reads it. */
static void image_is_read_late(void **state)
{
    static const int keep[] = {0, 2, 3, 7, 8};

    (void)state;
    for (int view = 0; view < 3; view++) {
        struct arena a = {0};
        struct net net;
        struct net_builder b = build_net(&net, &a, 16, 16, 3, 5);
        struct engine *g, *h;
        int64_t x = NET_IMAGE, y;
        float *kept;

        if (view == 1)
            x = build_simple(&b, "act", OP_ACT, x, ACT_RELU);
        else if (view == 2)
            x = build_se(&b, "se", x, 2);
        y = build_simple(&b, "pool1", OP_GLOBALPOOL, NET_IMAGE, ACT_NONE);
        y = build_linear(&b, "linear1", y, 5, BUILD_BIAS, ACT_NONE);
        build_exit(&b, (struct net_exit){.stage = 0, .first = y - 1});
        y = build_conv(&b, "conv", x, 8, 3, 2, BUILD_NORM, ACT_HSWISH);
        y = build_simple(&b, "pool2", OP_GLOBALPOOL, y, ACT_NONE);
        y = build_linear(&b, "linear2", y, 5, BUILD_BIAS, ACT_NONE);
        build_exit(&b, (struct net_exit){.stage = 1, .first = y - 1});

        g = engine_of(&net, 1, false);
        h = engine_of(&net, 1, false);
        engine_forward(g, images, BATCH, ENGINE_EVAL);
        engine_segment(h, 0, images, BATCH, true);
        kept = xcalloc(5 * engine_state_size(h, 0), sizeof *kept);
        engine_save(h, keep, 5, kept);
        engine_segment(h, 0, images + 3 * 16 * 16, BATCH - 1, true);
        engine_resume(h, 0, kept, 5);
        engine_segment(h, 1, NULL, 5, true);
        for (int i = 0; i < 5; i++)
            assert_close(engine_logits(h, 1) + i * 5,
                         engine_logits(g, 1) + keep[i] * 5, 5);
        free(kept);
        engine_free(g);
        engine_free(h);
        arena_free(&a);
    }
}

/* Images of two batches go on together as those of one would. */
static void batches_are_joined(void **state)
{
    static const int first[] = {1, 3, 4}, second[] = {0, 1},
                     both[] = {1, 3, 4, 5, 6};
    struct engine *g = engine_of(&tiny, 1, false);
    size_t size = engine_state_size(g, 0), pixels = 3 * 16 * 16;
    float *rows = xcalloc(5 * size, sizeof *rows);
    float *one = xcalloc(5 * size, sizeof *one);

    (void)state;
    engine_segment(g, 0, images, 5, true);
    engine_save(g, first, 3, rows);
    engine_segment(g, 0, images + 5 * pixels, BATCH - 5, true);
    engine_save(g, second, 2, rows + 3 * size);
    engine_segment(g, 0, images, BATCH, true);
    engine_save(g, both, 5, one);
    for (size_t i = 0; i < 5 * size; i++)
        assert_true(fabsf(rows[i] - one[i]) <= 1e-4f * (1 + fabsf(one[i])));
    free(rows);
    free(one);
    engine_free(g);
}

/* After calibration on one batch, evaluation equals batch statistics. */
static void calibration(void **state)
{
    struct engine *g = engine_of(&tiny, 1, false);
    float want[BATCH * 16];
    size_t size = (size_t)(BATCH * engine_units(g, 2));

    (void)state;
    engine_calibrate_begin(g);
    engine_forward(g, images, BATCH, ENGINE_BATCH_STATS);
    memcpy(want, engine_logits(g, 2), size * sizeof *want);
    engine_forward(g, images, BATCH, ENGINE_BATCH_STATS);
    engine_calibrate_end(g);
    engine_forward(g, images, BATCH, ENGINE_EVAL);
    assert_close(engine_logits(g, 2), want, (int)size);
    engine_free(g);
}

static double not_finite(void *ctx, const struct engine_outputs *o)
{
    (void)ctx;
    (void)o;
    return INFINITY;
}

static void a_bad_loss_stops(void **state)
{
    struct engine *g = engine_of(&tiny, 1, true);

    (void)state;
    assert_true(isinf(engine_step(g, images, BATCH, not_finite, NULL)));
    engine_free(g);
    engine_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(training_lowers_the_loss),
        cmocka_unit_test(inference_engine_agrees),
        cmocka_unit_test(segments_agree),
        cmocka_unit_test(image_is_read_late),
        cmocka_unit_test(batches_are_joined),
        cmocka_unit_test(calibration),
        cmocka_unit_test(a_bad_loss_stops),
    };
    struct rng r = rng_make(1, "images", 0, 0);

    for (size_t i = 0; i < sizeof images / sizeof *images; i++)
        images[i] = (float)rng_normal(&r);
    nets_tiny(&tiny, &arena, 16, 3, 5);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return rc;
}
