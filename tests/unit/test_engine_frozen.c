/* SPDX-License-Identifier: MIT
 * Training heads on a frozen backbone, in float: what stays, and that features
 * are as good as images. */
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
#include "libcommon/nn/train/optimiser.h"
#include "tests/unit/engines.h"
#include "tests/unit/tapnets.h"

#define BATCH 9
#define IMAGE ((size_t)TAPNETS_SIDE * TAPNETS_SIDE * 3)

static struct arena arena;
static struct net nets[TAPNETS_COUNT];
static float images[BATCH * IMAGE];

static struct engine *engine_of(const struct net *net, int threads, bool frozen)
{
    struct engine *g = engines_new(
        net, (struct engine_opts){.batch = BATCH,
                                  .threads = threads,
                                  .training = true,
                                  .frozen_backbone = frozen});

    engine_init(g, 5);
    return g;
}

/* Features of the first n images, saved. */
struct saved {
    float *tap[NET_MAX_EXITS];
    int taps;
};

static struct saved save(struct engine *g, int n)
{
    struct saved s = {.taps = engine_taps(g)};

    engine_features(g, images, n);
    for (int i = 0; i < s.taps; i++)
        s.tap[i] = xmemdup(engine_tap(g, i),
                           (size_t)n * engine_tap_size(g, i) * sizeof(float));
    return s;
}

static void saved_free(struct saved *s)
{
    for (int i = 0; i < s->taps; i++)
        free(s->tap[i]);
}

static double step(struct engine *g, int n, bool cached)
{
    if (!cached)
        return engine_step(g, images, n, engines_square_loss, NULL);
    struct saved s = save(g, n);
    double loss = engine_step_features(g, (const float *const *)s.tap, n,
                                       engines_square_loss, NULL);
    saved_free(&s);
    return loss;
}

/* The optimiser leaves the head of exit `rests` as it is. */
static double train_but(struct engine *g, int rests, int steps, bool cached)
{
    struct sgd_opts o = {
        .momentum = 0.9, .weight_decay = 1e-4, .nesterov = true};
    struct sgd *s = sgd_new(&o);
    const struct engine_param *p;
    struct sgd_slot *slot;
    double loss = 0;
    size_t n;

    sgd_add_engine(s, g);
    slot = sgd_slots(s, &n);
    for (size_t i = 0; i < (p = engine_params(g, &n), n); i++)
        if (p[i].grad)
            slot++->rests = p[i].head == rests;
    for (int i = 0; i < steps; i++) {
        loss = step(g, BATCH - i % 3, cached);
        sgd_step(s, engine_pool(g), 0.005);
    }
    sgd_free(s);
    return loss;
}

static double train(struct engine *g, int steps, bool cached)
{
    return train_but(g, -2, steps, cached);
}

static void features_equal_images(void **state)
{
    (void)state;
    for (int k = 0; k < TAPNETS_COUNT; k++) {
        struct engine *a = engine_of(&nets[k], 1, true);
        struct engine *b = engine_of(&nets[k], 1, true);

        assert_true(train(a, 7, false) == train(b, 7, true));
        engines_assert_same(a, b);
        engine_free(a);
        engine_free(b);
    }
}

static void threads_change_nothing(void **state)
{
    (void)state;
    for (int k = 0; k < TAPNETS_COUNT; k++) {
        struct engine *one = engine_of(&nets[k], 1, true);
        double loss = train(one, 6, true);

        for (int threads = 2; threads <= 4; threads++) {
            struct engine *g = engine_of(&nets[k], threads, true);
            assert_true(train(g, 6, threads % 2) == loss);
            engines_assert_same(one, g);
            engine_free(g);
        }
        engine_free(one);
    }
}

static bool same(const struct engine_param *a, const struct engine_param *b)
{
    return memcmp(a->value, b->value, a->n * sizeof *a->value) == 0;
}

/* Heads' parameters and statistics move, nothing else does. */
static void the_backbone_stays(void **state)
{
    (void)state;
    for (int k = 0; k < TAPNETS_COUNT; k++) {
        struct engine *g = engine_of(&nets[k], 2, true);
        struct engine *start = engine_of(&nets[k], 1, true);
        size_t n;
        const struct engine_param *p = engine_params(g, &n);
        const struct engine_param *q = engine_params(start, &n);

        train(g, 6, false);
        for (size_t i = 0; i < n; i++) {
            size_t layer = (size_t)(p[i].layer - net_layer(&nets[k], 0));
            bool head = net_head_of(&nets[k], layer) >= 0;
            assert_int_equal(p[i].grad != NULL, head && !p[i].stat);
            assert_int_equal(!same(&p[i], &q[i]), head);
        }
        engine_free(g);
        engine_free(start);
    }
}

/* While a head rests it stays, and has no outputs; all others come out as they do
 * when it runs.  It runs again afterwards. */
static void heads_rest(void **state)
{
    (void)state;
    for (int k = 0; k < TAPNETS_COUNT; k++)
        for (int x = 0; x < (int)nets[k].exits.n; x++) {
            struct engine *g = engine_of(&nets[k], 2, true);
            struct engine *all = engine_of(&nets[k], 1, true);
            struct engine *start = engine_of(&nets[k], 1, true);
            size_t n;
            const struct engine_param *p = engine_params(g, &n);
            const struct engine_param *q = engine_params(all, &n);
            const struct engine_param *r = engine_params(start, &n);

            engine_rest(g, x, true);
            train_but(g, x, 3, x % 2);
            train(all, 3, false);
            for (size_t i = 0; i < n; i++)
                assert_true(same(&p[i], p[i].head == x ? &r[i] : &q[i]));
            engine_forward(g, images, BATCH, ENGINE_EVAL);
            assert_null(engine_logits(g, x));
            engine_rest(g, x, false);
            engine_forward(g, images, BATCH, ENGINE_EVAL);
            engine_forward(start, images, BATCH, ENGINE_EVAL);
            assert_memory_equal(engine_logits(g, x), engine_logits(start, x),
                                (size_t)(BATCH * engine_units(g, x)) * 4);
            engine_free(g);
            engine_free(all);
            engine_free(start);
        }
}

/* A frozen final exit stays like the backbone; its logits are features. */
static void the_final_exit_stays(void **state)
{
    (void)state;
    for (int k = 0; k < TAPNETS_COUNT; k++) {
        const struct engine_opts o = {.batch = BATCH,
                                      .training = true,
                                      .frozen_backbone = true,
                                      .frozen_final = true};
        struct engine *g = engines_new(&nets[k], o), *start;
        int final = (int)nets[k].exits.n - 1;
        size_t n;
        const struct engine_param *p = engine_params(g, &n), *q;
        struct saved s;

        engine_init(g, 5);
        start = engine_of(&nets[k], 1, true);
        q = engine_params(start, &n);
        train(g, 4, true);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(!same(&p[i], &q[i]),
                             p[i].head >= 0 && p[i].head < final);
        s = save(g, BATCH);
        engine_forward(start, images, BATCH, ENGINE_EVAL);
        assert_int_equal(engine_tap_size(g, s.taps - 1), 4);
        assert_memory_equal(s.tap[s.taps - 1], engine_logits(start, final),
                            (size_t)BATCH * 4 * sizeof(float));
        saved_free(&s);
        engine_free(g);
        engine_free(start);
    }
}

/* Heads that are drawn by what they read do not depend on the names of their
 * tensors, nor on those of other exits; the base is as it was. */
static void heads_are_drawn_by_tap(void **state)
{
    struct engine *g = engine_of(&nets[1], 1, true), *h;
    struct arena a = {0};
    struct net renamed;
    size_t n;
    struct engine_param *p = engine_params(g, &n), *q;

    (void)state;
    net_copy(&renamed, &nets[1], &a);
    for (size_t i = 0; i < renamed.layers.n; i++) {
        struct list *bindings = &net_layer(&renamed, i)->bindings;
        int head = net_head_of(&renamed, i);

        for (size_t k = 0; k < bindings->n; k++) {
            struct binding *b = (struct binding *)bindings->v + k;

            if (head >= 0 && (size_t)head + 1 < renamed.exits.n) {
                b->tensor = arena_strdup(&a, b->tensor);
                b->tensor[0]++;
            }
        }
    }
    h = engine_of(&renamed, 1, true);
    q = engine_params(h, &n);
    for (int drawn = 0; drawn < 2; drawn++) {
        size_t differ = 0;

        for (size_t i = 0; i < n; i++)
            differ += !same(&p[i], &q[i]);
        assert_int_equal(differ > 0, !drawn);
        engine_init_heads(g, 9);
        engine_init_heads(h, 9);
    }
    engine_free(h);
    h = engine_of(&nets[1], 1, true);
    q = engine_params(h, &n);
    for (size_t i = 0; i < n; i++)
        if (p[i].head < 0 || p[i].head + 1 == (int)nets[1].exits.n)
            assert_true(same(&p[i], &q[i]));
    engine_free(g);
    engine_free(h);
    arena_free(&a);
}

static void training_lowers_the_loss(void **state)
{
    struct engine *g = engine_of(&nets[0], 2, true);
    double first = train(g, 1, true), last = train(g, 200, true);

    (void)state;
    assert_true(last < first / 2);
    engine_free(g);
}

static void assert_same_logits(struct engine *a, struct engine *b, int n)
{
    for (size_t x = 0; x < engine_net(a)->exits.n; x++)
        assert_memory_equal(engine_logits(a, (int)x), engine_logits(b, (int)x),
                            (size_t)(n * engine_units(a, (int)x)) * 4);
}

static void assert_close_logits(struct engine *a, struct engine *b, int n)
{
    for (int x = 0; x < (int)engine_net(a)->exits.n; x++)
        for (int i = 0; i < n * engine_units(a, x); i++)
            assert_float_equal(engine_logits(a, x)[i], engine_logits(b, x)[i],
                               1e-4);
}

/* Evaluation from features, from images, and of an engine that is not frozen:
 * between steps and after them. */
static void evaluation_agrees(void **state)
{
    (void)state;
    for (int k = 0; k < TAPNETS_COUNT; k++) {
        struct engine *a = engine_of(&nets[k], 1, true);
        struct engine *b = engine_of(&nets[k], 2, true);
        struct engine *c = engine_of(&nets[k], 1, false);
        struct saved s = save(b, BATCH);
        size_t n;

        train(a, 4, false);
        train(b, 4, true);
        for (size_t i = 0; i < (engine_params(c, &n), n); i++)
            memcpy(engine_params(c, &n)[i].value, engine_params(a, &n)[i].value,
                   engine_params(c, &n)[i].n * sizeof(float));
        engine_forward(a, images, BATCH, ENGINE_EVAL);
        engine_forward_features(b, (const float *const *)s.tap, BATCH,
                                ENGINE_EVAL);
        engine_forward(c, images, BATCH, ENGINE_EVAL);
        assert_same_logits(a, b, BATCH);
        assert_close_logits(a, c, BATCH);
        engine_forward(b, images, BATCH, ENGINE_EVAL);
        assert_same_logits(a, b, BATCH);
        saved_free(&s);
        engine_free(a);
        engine_free(b);
        engine_free(c);
    }
}

static void taps_are_each_once(void **state)
{
    static const size_t shared[] = {2 * 2 * 3, 4 * 4 * 6, 6};
    struct engine *g = engine_of(&nets[1], 1, true);

    (void)state;
    assert_int_equal(engine_taps(g), 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(engine_tap_size(g, i), shared[i]);
    engine_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_equal_images),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(the_backbone_stays),
        cmocka_unit_test(heads_rest),
        cmocka_unit_test(the_final_exit_stays),
        cmocka_unit_test(heads_are_drawn_by_tap),
        cmocka_unit_test(training_lowers_the_loss),
        cmocka_unit_test(evaluation_agrees),
        cmocka_unit_test(taps_are_each_once),
    };
    struct rng r = rng_make(1, "images", 0, 0);

    for (size_t i = 0; i < sizeof images / sizeof *images; i++)
        images[i] = (float)rng_normal(&r);
    for (int k = 0; k < TAPNETS_COUNT; k++)
        tapnets[k](&nets[k], &arena);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return rc;
}
