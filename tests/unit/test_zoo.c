/* SPDX-License-Identifier: MIT
 * Networks designed by hand: costs against PyTorch's, training with the
 * engine, what cannot be built. */
#include "tools/net-zoo/zoo.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/train/optimiser.h"
#include "tests/unit/engines.h"
#include "tests/unit/zoo_ref.h"

static void make(const char *name, const struct zoo_opts *o, struct arena *a,
                 struct net *net)
{
    struct err e;

    if (zoo_make(zoo_find(name), o, a, net, &e) < 0)
        fail_msg("%s", e.text);
}

static int64_t weights_of(const struct layer *l)
{
    const struct ints *shape = &layer_binding(l, "weight")->shape;
    int64_t n = 1;

    for (size_t i = 0; i < shape->n; i++)
        n *= shape->v[i];
    return n;
}

static void check_costs(const struct zoo_ref *r)
{
    const struct zoo_opts o = {
        .input = {r->input[0], r->input[1], r->input[2]},
        .classes = r->classes,
        .width = r->width,
    };
    struct arena a = {0};
    struct net net;
    size_t at = 0;

    make(r->name, &o, &a, &net);
    for (size_t i = 0; i < net.layers.n; i++) {
        const struct layer *l = net_layer(&net, i);

        if (!layer_binding(l, "weight")) {
            assert_int_equal(l->macs, 0);
            assert_int_equal(l->params, 0);
            continue;
        }
        assert_int_equal(l->macs, r->layers[at].macs);
        assert_int_equal(weights_of(l), r->layers[at].weights);
        at++;
    }
    assert_int_equal(r->layers[at].macs, 0);
    assert_int_equal(net.exits.n, 1);
    assert_int_equal(net_exit_at(&net, 0)->gamma, r->macs);
    assert_int_equal(net.params, r->params);
    assert_int_equal(net.size_bytes, 4 * (r->params + r->stats));
    assert_null(net.arch);
    assert_false(net_exit_at(&net, 0)->confidence);
    arena_free(&a);
}

static void costs(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(zoo_ref); i++)
        check_costs(&zoo_ref[i]);
}

/* All of them as they were designed, but the largest at a size for tests. */
static void learn(const struct zoo_net *z, const int64_t *input, double width)
{
    struct zoo_opts o = {
        .input = {input[0], input[1], input[2]}, .classes = 3, .width = width};
    struct engine_opts eo = {.batch = 4, .shards = 2, .training = true};
    struct sgd_opts so = {.momentum = 0.9};
    struct rng r = rng_make(1, z->name, 0, 0);
    size_t n = (size_t)(4 * input[0] * input[1] * input[2]);
    float *images = xcalloc(n, sizeof *images);
    double first, loss = 0;
    struct arena a = {0};
    struct net net;

    make(z->name, &o, &a, &net);
    struct engine *g = engines_new(&net, eo);
    struct sgd *s = sgd_new(&so);
    for (size_t i = 0; i < n; i++)
        images[i] = (float)rng_normal(&r);
    engine_init(g, 1);
    sgd_add_engine(s, g);
    first = engine_step(g, images, 4, engines_square_loss, NULL);
    sgd_step(s, engine_pool(g), 0.01);
    for (int step = 0; step < 12; step++) {
        loss = engine_step(g, images, 4, engines_square_loss, NULL);
        sgd_step(s, engine_pool(g), 0.01);
    }
    if (!(loss < 0.9 * first))
        fail_msg("%s: loss %g after %g", z->name, loss, first);
    sgd_free(s);
    engine_free(g);
    arena_free(&a);
    free(images);
}

static void training(void **state)
{
    static const int64_t small[] = {32, 32, 3}, odd[] = {19, 13, 2};

    (void)state;
    for (const struct zoo_net *z = zoo_nets; z->name; z++) {
        bool large = z->input[0] > 100;

        learn(z, large ? small : z->input, large ? 0.25 : 1);
        learn(z, odd, 0.3);
    }
}

static void refused(const char *name, struct zoo_opts o, const char *why)
{
    struct arena a = {0};
    struct net net;
    struct err e;

    assert_int_equal(zoo_make(zoo_find(name), &o, &a, &net, &e), ERR_ARG);
    if (!strstr(e.text, why))
        fail_msg("not '%s' but: %s", why, e.text);
    arena_free(&a);
}

static void impossible(void **state)
{
    (void)state;
    refused("alexnet", (struct zoo_opts){{7, 32, 3}, 10, 1},
            "alexnet for 7x32x3: layer conv5.pool");
    refused("alexnet", (struct zoo_opts){{4096, 4096, 1024}, 65535, 10},
            "impossible input shape");
    refused("mobilenetv1", (struct zoo_opts){{4096, 4096, 3}, 10, 1},
            "too large");
    assert_null(zoo_find("resnet"));
}

static void inputs(void **state)
{
    static const char *const bad[] = {
        "",         "32",
        "32x32",    "32x32x3x3",
        "32x32x",   "x32x3",
        "0x32x3",   "-1x3x3",
        "32X32X3",  " 32x32x3",
        "32x32x3 ", "4097x1x1",
        "1x1x1025", "99999999999999999999x1x1",
    };
    int64_t input[3];
    struct err e;

    (void)state;
    assert_int_equal(zoo_parse_input("49x10x1", input, &e), 0);
    assert_int_equal(input[0], 49);
    assert_int_equal(input[1], 10);
    assert_int_equal(input[2], 1);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(zoo_parse_input(bad[i], input, &e), ERR_ARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs),
        cmocka_unit_test(training),
        cmocka_unit_test(impossible),
        cmocka_unit_test(inputs),
    };

    return cmocka_run_group_tests_name("zoo", tests, NULL, NULL);
}
