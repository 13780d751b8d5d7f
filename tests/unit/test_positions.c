/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/graph/positions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/backbone.h"
#include "tests/unit/nets.h"
#include "tools/net-zoo/zoo.h"

static void zoo(const char *name, struct arena *a, struct net *n)
{
    struct zoo_net z;
    struct err e;

    assert_true(zoo_find(name, &z));
    struct zoo_opts o = zoo_defaults(&z);
    nets_must(zoo_make(&z, &o, a, n, &e), &e);
}

/* The names of the layers that are positions, with blanks between. */
static void assert_positions(const struct net *n, const char *names)
{
    size_t *layer = xcalloc(n->layers.n, sizeof *layer);
    size_t count = net_positions(n, layer);
    char text[2000] = "";

    for (size_t i = 0; i < count; i++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s",
                 i ? " " : "", net_layer(n, layer[i])->name);
    }
    assert_string_equal(text, names);
    free(layer);
}

/* The counts of the paper: 74 boundaries of ResNet-152 and five of the network
 * for speech give 2776 and 6 networks. */
static void counts_of_the_paper(void **state)
{
    struct arena a = {0};
    struct net n;
    size_t layer[NET_MAX_LAYERS];

    (void)state;
    zoo("resnet152", &a, &n);
    assert_int_equal(net_positions(&n, layer), 1 + 74); /* the stem is one */
    assert_string_equal(net_layer(&n, layer[0])->name, "stem");
    assert_string_equal(net_layer(&n, layer[74])->name, "s3.b23.add");
    assert_int_equal(positions_architectures(74, 3), 2776);
    zoo("ds-cnn-l", &a, &n);
    assert_positions(&n, "stem s1.b0.pointwise s1.b1.pointwise "
                         "s1.b2.pointwise s1.b3.pointwise");
    assert_int_equal(positions_architectures(5, 2), 6);
    arena_free(&a);
}

static void architectures(void **state)
{
    (void)state;
    assert_int_equal(positions_architectures(0, 3), 1);
    assert_int_equal(positions_architectures(3, 0), 0);
    assert_int_equal(positions_architectures(3, 1), 1);
    assert_int_equal(positions_architectures(3, 4), 8);
    assert_int_equal(positions_architectures(3, 16), 8);
    assert_int_equal(positions_architectures(10, 11), 1024);
    assert_int_equal(positions_architectures(159, 4), 1 + 159 + 12561 + 657359);
    assert_true(positions_architectures(159, 100) == INT64_MAX);
}

static void of_the_zoo(void **state)
{
    struct arena a = {0};
    struct net n;

    (void)state;
    zoo("alexnet", &a, &n); /* behind pools; the last one ends the backbone */
    assert_positions(&n, "conv1.pool conv2.pool conv3 conv4");
    zoo("ecg-cnn", &a, &n);
    assert_positions(&n, "stem s1.b0.add s2.b0.add");
    zoo("resnet8", &a, &n);
    assert_positions(&n, "stem s1.b0.add s2.b0.add");
    arena_free(&a);
}

/* Whatever layers follow one another, with an early exit in between. */
static void by_hand(void **state)
{
    struct arena a = {0};
    struct net n;
    struct net_builder b = build_net(&n, &a, 16, 16, 3, 4);
    struct err e;
    int64_t x, y, gate, head;

    (void)state;
    /* The image is still needed behind the first layer. */
    x = build_conv(&b, "first", NET_IMAGE, 3, 3, 1, BUILD_BIAS, ACT_RELU);
    x = build_add(&b, "skip", x, NET_IMAGE, ACT_NONE);
    x = build_conv(&b, "conv", x, 8, 3, 1, BUILD_BIAS, ACT_NONE);
    x = build_simple(&b, "norm", OP_NORM, x, ACT_NONE);
    x = build_simple(&b, "act", OP_ACT, x, ACT_HSWISH);
    x = build_pool(&b, "pool", OP_AVGPOOL, x, 2, 2, ACT_NONE);
    head = build_simple(&b, "exit.mean", OP_GLOBALPOOL, x, ACT_NONE);
    build_linear(&b, "exit.fc", head, 4, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = head});
    /* A depthwise layer with a gate of three layers, then its pointwise one. */
    x = build_conv(&b, "dw", x, 0, 3, 1, BUILD_NORM | BUILD_DEPTHWISE,
                   ACT_RELU);
    gate = build_simple(&b, "gate.mean", OP_GLOBALPOOL, x, ACT_NONE);
    gate = build_linear(&b, "gate.fc", gate, 8, BUILD_BIAS, ACT_SIGMOID);
    x = build_mul(&b, "gated", x, gate, ACT_NONE);
    x = build_conv(&b, "pw", x, 12, 1, 1, BUILD_NORM, ACT_RELU);
    /* A depthwise layer with nothing that is its own behind it. */
    x = build_conv(&b, "alone", x, 0, 3, 1, BUILD_NORM | BUILD_DEPTHWISE,
                   ACT_RELU);
    x = build_conv(&b, "wide", x, 12, 3, 1, BUILD_NORM, ACT_RELU);
    /* A pointwise layer that is no depthwise one's; a branch that joins. */
    x = build_conv(&b, "mix", x, 12, 1, 1, BUILD_NORM, ACT_RELU);
    y = build_conv(&b, "side", x, 6, 3, 1, BUILD_NORM, ACT_RELU);
    x = build_concat(&b, "join", (int64_t[]){x, y}, 2, ACT_NONE);
    x = build_se(&b, "se", x, 4);
    /* The end of the backbone, where a pool ends the last convolution. */
    x = build_conv(&b, "last", x, 16, 3, 1, BUILD_NORM, ACT_RELU);
    x = build_pool(&b, "last.pool", OP_MAXPOOL, x, 2, 2, ACT_NONE);
    head = build_simple(&b, "final.flatten", OP_FLATTEN, x, ACT_NONE);
    build_linear(&b, "final.fc", head, 4, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = head});
    nets_must(build_done(&b, MACS_TRUE, &e), &e);
    assert_positions(&n, "skip pool pw alone wide mix se");
    arena_free(&a);
}

/* A flattened map is where the map before it is. */
static void vectors(void **state)
{
    struct arena a = {0};
    struct net n;
    struct net_builder b = build_net(&n, &a, 4, 4, 2, 3);
    struct err e;
    int64_t x;

    (void)state;
    x = build_conv(&b, "conv", NET_IMAGE, 4, 3, 1, BUILD_BIAS, ACT_RELU);
    x = build_simple(&b, "flat", OP_FLATTEN, x, ACT_NONE);
    x = build_linear(&b, "one", x, 9, BUILD_BIAS, ACT_RELU);
    x = build_linear(&b, "two", x, 9, BUILD_BIAS, ACT_RELU);
    x = build_linear(&b, "three", x, 3, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = x});
    nets_must(build_done(&b, MACS_TRUE, &e), &e);
    assert_positions(&n, "conv one");

    b = build_net(&n, &a, 4, 4, 2, 3); /* the backbone ends in the flatten */
    x = build_conv(&b, "conv", NET_IMAGE, 4, 3, 1, BUILD_BIAS, ACT_RELU);
    x = build_conv(&b, "more", x, 4, 3, 1, BUILD_BIAS, ACT_RELU);
    x = build_simple(&b, "flat", OP_FLATTEN, x, ACT_NONE);
    x = build_linear(&b, "one", x, 3, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = x});
    nets_must(build_done(&b, MACS_TRUE, &e), &e);
    assert_positions(&n, "conv");

    b = build_net(&n, &a, 1, 1, 2, 3); /* no backbone at all */
    x = build_linear(&b, "one", NET_IMAGE, 3, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = x});
    nets_must(build_done(&b, MACS_TRUE, &e), &e);
    assert_positions(&n, "");
    arena_free(&a);
}

/* Whether later layers of the backbone need nothing but the output of layer i. */
static bool is_alone(const struct net *n, size_t i)
{
    for (size_t k = i + 1; k < n->layers.n; k++)
        for (size_t in = 0; in < net_layer(n, k)->inputs.n; in++)
            if (net_layer(n, k)->inputs.v[in] < (int64_t)i)
                return false;
    return true;
}

static void ofa(struct arena *a, struct net *n)
{
    struct net whole;

    nets_ofa(&whole, a, "ofa-mbv3:width=0.5,res=32,classes=10,exits=2", NULL);
    net_backbone(n, &whole, a);
}

/* Of nets without early exits: a layer that is alone is a position, but for those
 * that the rules name. */
static void alone(void **state)
{
    static const char *const names[] = {"resnet20", "mobilenetv1", "ds-cnn-m"};
    struct arena a = {0};
    struct net n;

    (void)state;
    for (size_t k = 0; k <= ARRAY_LEN(names); k++) {
        size_t layer[NET_MAX_LAYERS], count, at = 0;

        if (k < ARRAY_LEN(names))
            zoo(names[k], &a, &n);
        else
            ofa(&a, &n);
        count = net_positions(&n, layer);
        assert_true(count > 0);
        for (size_t i = 0; i < (size_t)net_exit_at(&n, n.exits.n - 1)->tap;
             i++) {
            const char *name = net_layer(&n, i)->name;
            bool part = strstr(name, "depthwise") || strstr(name, ".se");

            if (at < count && layer[at] == i) {
                assert_true(is_alone(&n, i) && !part);
                at++;
            } else {
                assert_true(!is_alone(&n, i) || part);
            }
        }
        assert_int_equal(at, count);
    }
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_of_the_paper),
        cmocka_unit_test(architectures),
        cmocka_unit_test(of_the_zoo),
        cmocka_unit_test(by_hand),
        cmocka_unit_test(vectors),
        cmocka_unit_test(alone),
    };

    return cmocka_run_group_tests_name("positions", tests, NULL, NULL);
}
