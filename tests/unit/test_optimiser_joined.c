/* SPDX-License-Identifier: MIT
 * Steps of an optimiser that an engine does within its own: to the bit those
 * that come after it, whatever the network, the threads and the batch. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/train/optimiser.h"
#include "tests/unit/engines.h"
#include "tests/unit/nets.h"

enum { BATCH = 9, SIDE = 32, PIXELS = SIDE * SIDE * 3, STEPS = 5 };

static float images[BATCH * PIXELS];

/* Dense convolutions with and without norm, by patches and by Winograd. */
static void dense_net(struct net *n, struct arena *a)
{
    struct net_builder b = build_net(n, a, SIDE, SIDE, 3, 5);
    struct err e;
    int64_t x;

    x = build_conv(&b, "stem", NET_IMAGE, 24, 3, 2, BUILD_NORM, ACT_RELU);
    x = build_conv(&b, "dense", x, 70, 3, 1, BUILD_BIAS, ACT_RELU);
    x = build_conv(&b, "patches", x, 20, 5, 2, BUILD_NORM, ACT_NONE);
    x = build_simple(&b, "global", OP_GLOBALPOOL, x, ACT_NONE);
    build_linear(&b, "classifier", x, 5, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = x});
    nets_must(build_done(&b, MACS_TRUE, &e), &e);
}

struct outcome {
    struct engine *g;
    struct sgd *s;
    double loss;
};

static struct outcome train(const struct net *net, struct engine_opts o,
                            bool join)
{
    const struct sgd_opts rule = {
        .momentum = 0.9, .weight_decay = 1e-2, .nesterov = true};
    struct outcome r = {engines_new(net, o), sgd_new(&rule), 0};
    size_t n;

    engine_init(r.g, 5);
    (join ? sgd_join_engine : sgd_add_engine)(r.s, r.g);
    sgd_slots(r.s, &n)[1].rate = 0.5;
    for (int i = 0; i < STEPS; i++) {
        sgd_begin(r.s, 0.01 * (i + 1));
        r.loss = engine_step(r.g, images, i == 3 ? 2 : BATCH - i,
                             engines_square_loss, NULL);
        sgd_end(r.s, engine_pool(r.g));
    }
    return r;
}

static void outcome_free(struct outcome *r)
{
    sgd_free(r->s);
    engine_free(r->g);
}

static void assert_same(const struct outcome *a, const struct outcome *b)
{
    size_t n, m;
    struct sgd_slot *p = sgd_slots(a->s, &n), *q = sgd_slots(b->s, &m);

    assert_true(a->loss == b->loss);
    engines_assert_same(a->g, b->g);
    assert_int_equal(n, m);
    for (size_t i = 0; i < n; i++)
        assert_memory_equal(p[i].momentum, q[i].momentum,
                            p[i].n * sizeof *p[i].momentum);
}

static void compare(const struct net *net)
{
    for (int k = 0; k < 8; k++) {
        struct engine_opts o = {.batch = BATCH,
                                .training = true,
                                .shards = k & 1 ? 1 : 4,
                                .frozen_backbone = k & 2};
        struct outcome want = train(net, o, false);
        o.threads = k & 4 ? 3 : 1;
        struct outcome have = train(net, o, true);
        assert_same(&want, &have);
        outcome_free(&want);
        outcome_free(&have);
    }
}

static void every_op(void **state)
{
    struct arena a = {0};
    struct net net;

    (void)state;
    nets_tiny(&net, &a, SIDE, 3, 4);
    compare(&net);
    arena_free(&a);
}

/* Wide layers of few rows, whose gradients are made over the whole batch. */
static void supernet_sample(void **state)
{
    struct arena a = {0};
    struct net net;

    (void)state;
    nets_ofa(&net, &a, "ofa-mbv3:width=1.0,res=32", "min");
    compare(&net);
    arena_free(&a);
}

static void dense(void **state)
{
    struct arena a = {0};
    struct net net;

    (void)state;
    dense_net(&net, &a);
    compare(&net);
    arena_free(&a);
}

static double lost(void *ctx, const struct engine_outputs *o)
{
    (void)ctx;
    (void)o;
    return NAN;
}

/* A step without a loss changes nothing, nor does one after sgd_free. */
static void no_step(void **state)
{
    struct arena a = {0};
    struct net net;

    (void)state;
    dense_net(&net, &a);
    struct engine_opts o = {.batch = BATCH, .training = true};
    struct outcome want = train(&net, o, true), have = train(&net, o, true);
    size_t n;
    const struct engine_param *p = engine_params(want.g, &n);
    const struct engine_param *q = engine_params(have.g, &n);
    for (int i = 0; i < 2; i++) {
        sgd_begin(have.s, 1);
        assert_true(isnan(engine_step(have.g, images, BATCH, lost, NULL)));
    }
    sgd_free(have.s);
    have.s = NULL;
    engine_step(have.g, images, BATCH, engines_square_loss, NULL);
    for (size_t i = 0; i < n; i++)
        if (!p[i].stat)
            assert_memory_equal(p[i].value, q[i].value,
                                p[i].n * sizeof *p[i].value);
    outcome_free(&want);
    outcome_free(&have);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_op),
        cmocka_unit_test(supernet_sample),
        cmocka_unit_test(dense),
        cmocka_unit_test(no_step),
    };

    engines_fill(rng_make(3, "images", 0, 0), sizeof images / sizeof *images,
                 images);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
