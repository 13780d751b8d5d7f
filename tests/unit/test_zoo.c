/* SPDX-License-Identifier: MIT
 * Networks designed by hand: costs against PyTorch's, training with the
 * engine, what cannot be built. */
#include "tools/net-zoo/zoo.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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
    struct zoo_net z;
    struct err e;

    assert_true(zoo_find(name, &z));
    if (zoo_make(&z, o, a, net, &e) < 0)
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

static void learn(const char *name, const int64_t *input, double width,
                  const char *exits)
{
    struct zoo_opts o = {
        .input = {input[0], input[1], input[2]},
        .classes = 3,
        .width = width,
        .head = {&exit_heads[HEAD_GAP], 0},
    };
    struct engine_opts eo = {.batch = 4, .shards = 2, .training = true};
    struct sgd_opts so = {.momentum = 0.9};
    struct rng r = rng_make(1, name, 0, 0);
    size_t n = (size_t)(4 * input[0] * input[1] * input[2]);
    float *images = xcalloc(n, sizeof *images);
    double first, loss = 0;
    struct arena a = {0};
    struct zoo_net z;
    struct net net;
    struct err e;

    assert_true(zoo_find(name, &z));
    assert_int_equal(zoo_parse_exits(&z, exits, &o, &e), 0);
    make(name, &o, &a, &net);
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
        fail_msg("%s: loss %g after %g", name, loss, first);
    sgd_free(s);
    engine_free(g);
    arena_free(&a);
    free(images);
}

/* All of them as they were designed, but the largest and the deepest at a size
 * for tests. */
static void training(void **state)
{
    static const int64_t small[] = {32, 32, 3}, odd[] = {19, 13, 2},
                         least[] = {7, 6, 1};

    (void)state;
    for (const struct zoo_net *z = zoo_nets; z->name; z++) {
        bool large = z->input[0] > 100 && z->input[1] > 1;

        if (z->stages[1].blocks > 5) {
            learn(z->name, least, 0.3, "none");
            continue;
        }
        learn(z->name, large ? small : z->input, large ? 0.25 : 1, "none");
        learn(z->name, odd, 0.3, "none");
    }
    learn("resnet20", least, 0.3, "s1,s2.b0");
    learn("ecg-cnn", odd, 0.5, "all");
}

/* Builds with the exits that the text asks for. */
static void with_exits(const char *name, const char *exits, struct arena *a,
                       struct net *net)
{
    struct zoo_net z;
    struct err e;

    assert_true(zoo_find(name, &z));

    struct zoo_opts o = zoo_defaults(&z);

    if (zoo_parse_exits(&z, exits, &o, &e) < 0)
        fail_msg("%s", e.text);
    make(name, &o, a, net);
}

static int64_t whole_net(const char *name)
{
    struct arena a = {0};
    struct net net;
    int64_t macs;

    with_exits(name, "none", &a, &net);
    macs = net_exit_at(&net, 0)->gamma;
    arena_free(&a);
    return macs;
}

#define DEEP "resnet152"
#define BLOCKS 25 /* of each of its stages */

/* An exit behind each boundary between residual blocks: the tap is the block's
 * sum, the head a mean and a linear layer with a confidence unit. */
static void all_exits(void **state)
{
    struct arena a = {0};
    struct net net;
    int64_t heads = 0;

    (void)state;
    with_exits(DEEP, "all", &a, &net);
    assert_int_equal(net.exits.n, 3 * BLOCKS);
    for (int64_t i = 0; i < 3 * BLOCKS - 1; i++) {
        const struct net_exit *x = net_exit_at(&net, (size_t)i);
        const struct layer *tap = net_layer(&net, (size_t)x->tap);
        int64_t channels = i < BLOCKS ? 16 : i < 2 * BLOCKS ? 32 : 64;
        char name[ZOO_MAX_NAME];

        snprintf(name, sizeof name, "s%d.b%d.add", (int)(i / BLOCKS + 1),
                 (int)(i % BLOCKS));
        assert_string_equal(tap->name, name);
        assert_int_equal(x->stage, i + 1);
        assert_true(x->confidence);
        assert_int_equal(x->head_macs, channels * 11);
        heads += x->head_macs;
    }
    assert_int_equal(net_exit_at(&net, 3 * BLOCKS - 1)->gamma,
                     whole_net(DEEP) + heads);
    arena_free(&a);
}

static void exit_texts(void **state)
{
    static const struct {
        const char *net, *text, *canonical; /* NULL = refused */
    } cases[] = {
        {"resnet20", "none", "none"},
        {"resnet20", "all", "all"},
        {"resnet20", "s2.b1,s1,stem", "stem,s1.b2,s2.b1"},
        {"resnet8", "s1.b0,s2", "all"},
        {"resnet8", "s2,s2.b0,s1", "all"},
        {"alexnet", "conv1,conv3", "conv1,conv3"},
        {"alexnet", "conv1,conv2,conv3,conv4", "all"},
        {"ds-cnn", "s1.b0", "s1.b0"},
        {"resnet20", "s3", NULL},
        {"resnet20", "s3.b2", NULL},
        {"resnet20", "s1.b3", NULL},
        {"resnet20", "s", NULL},
        {"resnet20", "", NULL},
        {"resnet20", "s1,", NULL},
        {"resnet20", ",s1", NULL},
        {"resnet20", "s1,all", NULL},
        {"resnet20", "s1 ", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf text = {0};
        struct zoo_net z;
        struct err e;
        int rc;

        assert_true(zoo_find(cases[i].net, &z));

        struct zoo_opts o = zoo_defaults(&z);

        rc = zoo_parse_exits(&z, cases[i].text, &o, &e);
        if (rc != (cases[i].canonical ? 0 : ERR_ARG))
            fail_msg("%s: %d", cases[i].text, rc);
        if (rc == 0) {
            zoo_exits_text(&z, &o, &text);
            assert_string_equal(text.data, cases[i].canonical);
        }
        buf_free(&text);
    }
}

static void names(void **state)
{
    static const char *const none[] = {
        "resnet",    "resnet2",   "resnet21",   "resnet158", "resnet020",
        "resnet20 ", "resnet-20", "resnet20.0", "resnet1e2", "ds-cnn-",
    };
    struct zoo_net z;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        assert_false(zoo_find(none[i], &z));
    for (int depth = 8, n = 1; depth <= 152; depth += 6, n++) {
        char name[16];

        snprintf(name, sizeof name, "resnet%d", depth);
        assert_true(zoo_find(name, &z));
        for (int s = 1; s <= 3; s++)
            assert_int_equal(z.stages[s].blocks, n);
    }
}

static void refused(const char *name, struct zoo_opts o, const char *why)
{
    struct arena a = {0};
    struct zoo_net z;
    struct net net;
    struct err e;

    assert_true(zoo_find(name, &z));
    assert_int_equal(zoo_make(&z, &o, &a, &net, &e), ERR_ARG);
    if (!strstr(e.text, why))
        fail_msg("not '%s' but: %s", why, e.text);
    arena_free(&a);
}

static void impossible(void **state)
{
    (void)state;
    refused("alexnet",
            (struct zoo_opts){.input = {7, 32, 3}, .classes = 10, .width = 1},
            "alexnet for 7x32x3: layer conv5.pool");
    refused("alexnet",
            (struct zoo_opts){
                .input = {4096, 4096, 1024}, .classes = 65535, .width = 10},
            "impossible input shape");
    refused(
        "mobilenetv1",
        (struct zoo_opts){.input = {4096, 4096, 3}, .classes = 10, .width = 1},
        "too large");
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
        cmocka_unit_test(costs),     cmocka_unit_test(training),
        cmocka_unit_test(all_exits), cmocka_unit_test(exit_texts),
        cmocka_unit_test(names),     cmocka_unit_test(impossible),
        cmocka_unit_test(inputs),
    };

    return cmocka_run_group_tests_name("zoo", tests, NULL, NULL);
}
