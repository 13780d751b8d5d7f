/* SPDX-License-Identifier: MIT
 * Small networks whose heads read all kinds of taps: for tests of frozen
 * backbones.  tapnets[] builds them; each is built into an arena. */
#ifndef TESTS_TAPNETS_H
#define TESTS_TAPNETS_H

#include "tests/unit/nets.h"

#define TAPNETS_SIDE 8

/* The last layer of head `first`: a classifier without a confidence unit. */
static inline void tapnets_exit(struct net_builder *b, const char *name,
                                int64_t from, int64_t first, int64_t stage)
{
    int64_t x = build_linear(b, name, from, 4, BUILD_BIAS, ACT_NONE);

    build_exit(b, (struct net_exit){.stage = stage,
                                    .first = first == NET_IMAGE ? x : first});
}

static inline void tapnets_done(struct net_builder *b)
{
    struct err e;

    nets_must(build_done(b, MACS_TRUE, &e), &e);
}

static inline void tapnets_tiny(struct net *n, struct arena *a)
{
    nets_tiny(n, a, TAPNETS_SIDE, 3, 4);
}

/* A head on the image itself, then two heads on one tap, which is the plain
 * output of a convolution and also read by the backbone. */
static inline void tapnets_shared(struct net *n, struct arena *a)
{
    struct net_builder b = build_net(n, a, TAPNETS_SIDE, TAPNETS_SIDE, 3, 4);
    int64_t x, y, first;

    first = build_pool(&b, "e1.pool", OP_AVGPOOL, NET_IMAGE, 4, 4, ACT_NONE);
    y = build_simple(&b, "e1.flatten", OP_FLATTEN, first, ACT_NONE);
    tapnets_exit(&b, "e1.classifier", y, first, 0);
    x = build_conv(&b, "stem", NET_IMAGE, 6, 3, 2, 0, ACT_NONE);
    first = build_conv(&b, "e2.conv", x, 5, 3, 1, BUILD_NORM, ACT_RELU);
    y = build_simple(&b, "e2.flatten", OP_FLATTEN, first, ACT_NONE);
    tapnets_exit(&b, "e2.classifier", y, first, 0);
    first = build_conv(&b, "e3.depthwise", x, 0, 3, 1,
                       BUILD_NORM | BUILD_DEPTHWISE, ACT_HSWISH);
    y = build_simple(&b, "e3.pool", OP_GLOBALPOOL, first, ACT_NONE);
    tapnets_exit(&b, "e3.classifier", y, first, 0);
    x = build_conv(&b, "next", x, 6, 1, 1, BUILD_NORM, ACT_RELU);
    first = build_simple(&b, "pool", OP_GLOBALPOOL, x, ACT_NONE);
    tapnets_exit(&b, "classifier", first, first, 1);
    tapnets_done(&b);
}

/* Taps that are views: an activation, squeeze-and-excite, a flatten; heads
 * that begin with views, sums and parameters of every kind. */
static inline void tapnets_views(struct net *n, struct arena *a)
{
    struct net_builder b = build_net(n, a, TAPNETS_SIDE, TAPNETS_SIDE, 3, 4);
    int64_t x, y, first;

    x = build_conv(&b, "stem", NET_IMAGE, 6, 3, 2, BUILD_NORM, ACT_NONE);
    x = build_simple(&b, "act", OP_ACT, x, ACT_HSWISH);
    first = build_simple(&b, "e1.relu", OP_ACT, x, ACT_RELU);
    y = build_conv(&b, "e1.conv", first, 6, 1, 1, BUILD_NORM, ACT_NONE);
    y = build_add(&b, "e1.add", y, x, ACT_RELU);
    y = build_simple(&b, "e1.pool", OP_GLOBALPOOL, y, ACT_NONE);
    tapnets_exit(&b, "e1.classifier", y, first, 0);
    x = build_conv(&b, "b", x, 6, 3, 1, BUILD_NORM | BUILD_DEPTHWISE, ACT_RELU);
    x = build_se(&b, "b.se", x, 2);
    first = build_se(&b, "e2.se", x, 3);
    y = build_simple(&b, "e2.norm", OP_NORM, first, ACT_HSIGMOID);
    y = build_pool(&b, "e2.pool", OP_MAXPOOL, y, 2, 2, ACT_NONE);
    y = build_simple(&b, "e2.flatten", OP_FLATTEN, y, ACT_NONE);
    tapnets_exit(&b, "e2.classifier", y, first, 1);
    x = build_conv(&b, "c", x, 3, 1, 1, BUILD_BIAS, ACT_SIGMOID);
    x = build_simple(&b, "flatten", OP_FLATTEN, x, ACT_NONE);
    tapnets_exit(&b, "classifier", x, NET_IMAGE, 2);
    tapnets_done(&b);
}

typedef void tapnets_fn(struct net *n, struct arena *a);
static tapnets_fn *const tapnets[] = {
    tapnets_tiny,
    tapnets_shared,
    tapnets_views,
};
#define TAPNETS_COUNT 3

#endif
