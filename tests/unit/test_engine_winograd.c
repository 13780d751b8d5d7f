/* SPDX-License-Identifier: MIT
 * Dense 3x3 convolutions in the engine, in float: neither the number of threads
 * nor the images beside an image change its bits.  (That they are right is with
 * test_kern_winograd, test_grad_ops_f64 and test_engine_ref_f64.) */
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

enum { BATCH = 9, H = 23, W = 18, PIXELS = H * W * 3 };

static float images[BATCH * PIXELS];

/* A residual block of odd height, as in ResNet, and convolutions of a map of
 * which several go into a chunk. */
static void net_make(struct net *n, struct arena *a)
{
    struct net_builder b = build_net(n, a, H, W, 3, 5);
    struct err e;
    int64_t x, y;

    x = build_conv(&b, "stem", NET_IMAGE, 24, 3, 1, BUILD_NORM, ACT_RELU);
    y = build_conv(&b, "conv1", x, 24, 3, 1, BUILD_NORM, ACT_RELU);
    y = build_conv(&b, "conv2", y, 24, 3, 1, BUILD_NORM, ACT_NONE);
    x = build_add(&b, "add", x, y, ACT_RELU);
    x = build_pool(&b, "pool", OP_MAXPOOL, x, 2, 2, ACT_NONE);
    x = build_conv(&b, "conv3", x, 70, 3, 1, BUILD_BIAS, ACT_RELU);
    x = build_conv(&b, "conv4", x, 20, 3, 1, BUILD_BIAS, ACT_NONE);
    y = build_simple(&b, "global", OP_GLOBALPOOL, x, ACT_NONE);
    build_linear(&b, "classifier", y, 5, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = y});
    nets_must(build_done(&b, MACS_TRUE, &e), &e);
}

static struct engine *trained(const struct net *net, int threads, double *loss)
{
    const struct sgd_opts o = {.momentum = 0.9, .weight_decay = 1e-4};
    struct engine *g = engines_new(net, (struct engine_opts){.batch = BATCH,
                                                             .threads = threads,
                                                             .training = true});
    struct sgd *s = sgd_new(&o);

    engine_init(g, 5);
    sgd_add_engine(s, g);
    for (int i = 0; i < 4; i++) {
        *loss = engine_step(g, images, BATCH - i % 3, engines_square_loss,
                            NULL);
        sgd_step(s, engine_pool(g), 0.01);
    }
    sgd_free(s);
    return g;
}

static void threads_change_nothing(void **state)
{
    struct arena a = {0};
    struct net net;
    double want, loss;

    (void)state;
    net_make(&net, &a);
    struct engine *one = trained(&net, 1, &want);
    for (int threads = 2; threads <= 4; threads++) {
        struct engine *g = trained(&net, threads, &loss);
        assert_true(loss == want);
        engines_assert_same(one, g);
        engine_free(g);
    }
    engine_free(one);
    arena_free(&a);
}

/* The map that the head reads. */
static void batches_change_nothing(void **state)
{
    struct arena a = {0};
    struct net net;

    (void)state;
    net_make(&net, &a);
    struct engine *all = engines_new(
        &net, (struct engine_opts){.batch = BATCH, .frozen_backbone = true});
    struct engine *one = engines_new(
        &net, (struct engine_opts){.batch = 1, .frozen_backbone = true});
    engine_init(all, 5);
    engine_init(one, 5);
    engine_features(all, images, BATCH);
    for (size_t i = 0, n = engine_tap_size(all, 0); i < BATCH; i++) {
        engine_features(one, images + i * PIXELS, 1);
        assert_memory_equal(engine_tap(one, 0), engine_tap(all, 0) + i * n,
                            n * sizeof(float));
    }
    engine_free(all);
    engine_free(one);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(batches_change_nothing),
    };

    engines_fill(rng_make(1, "images", 0, 0), sizeof images / sizeof *images,
                 images);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
