/* SPDX-License-Identifier: MIT
 * A product of few rows with many weights, whose columns the shards share
 * (node.h, by_columns), against the same network in one shard and in batches
 * too small for it: outputs and gradients. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/engine/state.h"
#include "tests/unit/engines.h"
#include "tests/unit/nets.h"

enum { BATCH = 60, SMALL = 20, SIDE = 5, PIXELS = SIDE * SIDE * 3 };

static float images[BATCH * PIXELS];

static void net_make(struct net *n, struct arena *a)
{
    struct net_builder b = build_net(n, a, SIDE, SIDE, 3, 5);
    struct err e;
    int64_t x;

    x = build_conv(&b, "stem", NET_IMAGE, 40, 3, 1, BUILD_BIAS, ACT_RELU);
    x = build_simple(&b, "global", OP_GLOBALPOOL, x, ACT_NONE);
    x = build_linear(&b, "wide", x, 150, BUILD_BIAS, ACT_RELU);
    build_linear(&b, "classifier", x, 5, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = x});
    nets_must(build_done(&b, MACS_TRUE, &e), &e);
}

static struct engine *engine_of(const struct net *net, int shards)
{
    struct engine *g = engines_new(net, (struct engine_opts){.batch = BATCH,
                                                             .shards = shards,
                                                             .training = true});

    engine_init(g, 3);
    return g;
}

static bool has_columns(const struct engine *g)
{
    for (int i = 0; i < g->plan.n_nodes; i++)
        if (g->plan.nodes[i].by_columns)
            return true;
    return false;
}

static void assert_close(size_t n, const float *a, const float *b)
{
    double most = 0, off = 0;

    for (size_t i = 0; i < n; i++) {
        double size = fabs((double)b[i]);
        double error = fabs((double)a[i] - (double)b[i]);
        most = size > most ? size : most;
        off = error > off ? error : off;
    }
    assert_true(most > 0);
    assert_true(off <= 1e-5 * most);
}

static void gradients_as_in_one_shard(void **state)
{
    struct arena a = {0};
    struct net net;
    size_t n;

    (void)state;
    net_make(&net, &a);
    struct engine *four = engine_of(&net, 4), *one = engine_of(&net, 1);
    assert_true(has_columns(four));
    assert_false(has_columns(one));
    double loss = engine_step(four, images, BATCH, engines_square_loss, NULL);
    double want = engine_step(one, images, BATCH, engines_square_loss, NULL);
    assert_true(fabs(loss - want) <= 1e-5 * want);
    struct engine_param *p = engine_params(four, &n);
    struct engine_param *q = engine_params(one, &n);
    for (size_t i = 0; i < n; i++)
        assert_close(p[i].n, p[i].grad, q[i].grad);
    engine_free(four);
    engine_free(one);
    arena_free(&a);
}

static void outputs_as_in_small_batches(void **state)
{
    struct arena a = {0};
    struct net net;
    float all[BATCH * 5];

    (void)state;
    net_make(&net, &a);
    struct engine *g = engine_of(&net, 4);
    engine_forward(g, images, BATCH, ENGINE_EVAL);
    memcpy(all, engine_logits(g, 0), sizeof all);
    for (int i = 0; i < BATCH; i += SMALL) {
        engine_forward(g, images + i * PIXELS, SMALL, ENGINE_EVAL);
        assert_close(SMALL * 5, engine_logits(g, 0), all + i * 5);
    }
    engine_free(g);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_as_in_one_shard),
        cmocka_unit_test(outputs_as_in_small_batches),
    };

    engines_fill(rng_make(1, "columns", 0, 0), sizeof images / sizeof *images,
                 images);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
