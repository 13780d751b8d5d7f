/* SPDX-License-Identifier: MIT
 * Small networks of what imported ones are made of, with early exits: gates,
 * padding of four sides, signals of width 1.  importnets[] builds them; each is
 * built into an arena.  Images are of IMPORTNETS_PIXELS numbers at the most. */
#ifndef TESTS_IMPORTNETS_H
#define TESTS_IMPORTNETS_H

#include "tests/unit/nets.h"

enum { IMPORTNETS_CLASSES = 3, IMPORTNETS_PIXELS = 9 * 8 * 3 };

/* Global pool and classifier of layer x. */
static inline void importnets_exit(struct net_builder *b, int stage,
                                   const char *pool, const char *last,
                                   int64_t x)
{
    int64_t first = build_simple(b, pool, OP_GLOBALPOOL, x, ACT_NONE);

    build_linear(b, last, first, IMPORTNETS_CLASSES, BUILD_BIAS, ACT_NONE);
    build_exit(b, (struct net_exit){.stage = stage, .first = first});
}

static inline int64_t importnets_window(struct net_builder *b, const char *name,
                                        int64_t from, struct build_op op)
{
    op.name = name;
    op.from = &from;
    op.n_from = 1;
    return build_layer(b, &op);
}

static inline void importnets_done(struct net_builder *b)
{
    struct err e;

    nets_must(build_done(b, MACS_TRUE, &e), &e);
}

/* Factors per channel: of the image, of a value with other readers, of a value
 * that has factors itself, with an activation behind, from one gate for two;
 * taps and exits that read them. */
static inline void importnets_gates(struct net *n, struct arena *a)
{
    struct net_builder b = build_net(n, a, 5, 4, 3, IMPORTNETS_CLASSES);
    int64_t x, y, gate, other;

    gate = build_simple(&b, "mean0", OP_GLOBALPOOL, NET_IMAGE, ACT_NONE);
    gate = build_linear(&b, "gate0", gate, 3, BUILD_BIAS, ACT_SIGMOID);
    x = build_mul(&b, "mul0", NET_IMAGE, gate, ACT_NONE);
    x = build_conv(&b, "a", x, 5, 3, 1, BUILD_NORM, ACT_RELU6);
    gate = build_simple(&b, "mean1", OP_GLOBALPOOL, x, ACT_NONE);
    gate = build_linear(&b, "reduce1", gate, 2, BUILD_BIAS, ACT_RELU);
    gate = build_conv(&b, "expand1", gate, 5, 1, 1, BUILD_BIAS, ACT_HSIGMOID);
    x = build_mul(&b, "mul1", x, gate, ACT_NONE);
    importnets_exit(&b, 0, "e1.pool", "e1.last", x);
    y = build_conv(&b, "b", x, 0, 3, 1, BUILD_NORM | BUILD_DEPTHWISE,
                   ACT_HSWISH);
    other = build_simple(&b, "mean2", OP_GLOBALPOOL, y, ACT_NONE);
    other = build_conv(&b, "gate2", other, 5, 1, 1, BUILD_NORM, ACT_SIGMOID);
    y = build_mul(&b, "mul2", y, other, ACT_RELU6);
    y = build_mul(&b, "mul3", y, gate, ACT_NONE);
    y = build_mul(&b, "mul4", y, other, ACT_NONE);
    y = build_add(&b, "add", x, y, ACT_NONE);
    x = build_se(&b, "se", y, 2);
    x = build_mul(&b, "mul5", x, other, ACT_NONE);
    importnets_exit(&b, 1, "e2.pool", "e2.last", x);
    y = build_conv(&b, "first", x, 5, 1, 1, BUILD_NORM, ACT_RELU6);
    x = build_mul(&b, "before", y, other, ACT_NONE); /* its first reader */
    x = build_add(&b, "sum", x, y, ACT_NONE);
    x = build_conv(&b, "d", x, 5, 3, 1, BUILD_NORM, ACT_SIGMOID);
    x = build_add(&b, "again", x, y, ACT_NONE);
    y = build_conv(&b, "c", x, 5, 1, 1, BUILD_BIAS, ACT_NONE);
    x = build_mul(&b, "mul6", y, gate, ACT_NONE); /* its only reader */
    importnets_exit(&b, 2, "pool", "last", x);
    importnets_done(&b);
}

/* Products of values of one shape: with factors pending, with themselves,
 * behind views, of one pixel, an exit's output. */
static inline void importnets_products(struct net *n, struct arena *a)
{
    struct net_builder b = build_net(n, a, 4, 3, 3, IMPORTNETS_CLASSES);
    int64_t x, y, z, first;

    x = build_conv(&b, "a", NET_IMAGE, 3, 3, 1, BUILD_NORM, ACT_SILU);
    y = build_mul(&b, "mul0", NET_IMAGE, x, ACT_RELU6);
    z = build_simple(&b, "sigmoid", OP_ACT, y, ACT_SIGMOID);
    x = build_mul(&b, "mul1", y, z, ACT_NONE);
    y = build_se(&b, "se", x, 2);
    x = build_mul(&b, "mul2", y, x, ACT_NONE);
    first = build_simple(&b, "e1.pool", OP_GLOBALPOOL, x, ACT_NONE);
    y = build_linear(&b, "e1.a", first, 3, BUILD_BIAS, ACT_NONE);
    z = build_linear(&b, "e1.b", first, 3, 0, ACT_HSIGMOID);
    build_mul(&b, "e1.mul", y, z, ACT_NONE);
    build_exit(&b, (struct net_exit){.stage = 0, .first = first});
    x = build_mul(&b, "square", x, x, ACT_NONE);
    x = build_conv(&b, "b", x, 2, 1, 1, BUILD_NORM, ACT_HSWISH);
    y = build_simple(&b, "flatten", OP_FLATTEN, x, ACT_NONE);
    z = build_linear(&b, "wide", y, 24, BUILD_BIAS, ACT_SIGMOID);
    y = build_mul(&b, "mul3", y, z, ACT_NONE);
    first = build_linear(&b, "last", y, 3, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.stage = 1, .first = first});
    importnets_done(&b);
}

/* Padding of four sides in all that slides a window: of the image without
 * im2col, dense by im2col and by Winograd's transforms, depthwise, maximum. */
static inline void importnets_sides(struct net *n, struct arena *a)
{
    struct net_builder b = build_net(n, a, 9, 8, 3, IMPORTNETS_CLASSES);
    int64_t x, y;

    x = importnets_window(&b, "direct", NET_IMAGE,
                          (struct build_op){.op = OP_CONV,
                                            .cout = 4,
                                            .kernel = {4, 3},
                                            .stride = {1, 1},
                                            .flags = BUILD_NORM,
                                            .act = ACT_RELU6,
                                            .sides = (int64_t[]){1, 2, 2, 0}});
    y = importnets_window(
        &b, "depthwise", x,
        (struct build_op){.op = OP_CONV,
                          .kernel = {3, 3},
                          .stride = {2, 2},
                          .flags = BUILD_NORM | BUILD_DEPTHWISE,
                          .act = ACT_RELU6,
                          .sides = (int64_t[]){0, 2, 0, 1}}); /* 5 x 4 */
    importnets_exit(&b, 0, "e1.pool", "e1.last", y);
    x = importnets_window(&b, "winograd", x,
                          (struct build_op){.op = OP_CONV,
                                            .cout = 3,
                                            .kernel = {3, 3},
                                            .stride = {1, 1},
                                            .flags = BUILD_BIAS,
                                            .act = ACT_SILU,
                                            .sides = (int64_t[]){2, 1, 0, 1}});
    x = importnets_window(
        &b, "maximum", x,
        (struct build_op){.op = OP_MAXPOOL,
                          .kernel = {3, 2},
                          .stride = {2, 2},
                          .sides = (int64_t[]){0, 1, 1, 0}}); /* 5 x 4 */
    x = importnets_window(
        &b, "im2col", x,
        (struct build_op){.op = OP_CONV,
                          .cout = 4,
                          .kernel = {3, 5},
                          .stride = {2, 1},
                          .flags = BUILD_NORM,
                          .sides = (int64_t[]){2, 0, 4, 1}}); /* 3 x 5 */
    x = importnets_window(
        &b, "pairs", x,
        (struct build_op){.op = OP_CONV,
                          .kernel = {2, 4},
                          .stride = {1, 3},
                          .flags = BUILD_BIAS | BUILD_DEPTHWISE,
                          .act = ACT_SIGMOID,
                          .sides = (int64_t[]){0, 1, 0, 2}}); /* 3 x 2 */
    importnets_exit(&b, 1, "pool", "last", x);
    importnets_done(&b);
}

/* A signal: everything is of width 1. */
static inline void importnets_signal(struct net *n, struct arena *a)
{
    struct net_builder b = build_net(n, a, 37, 1, 2, IMPORTNETS_CLASSES);
    int64_t x, y, gate;

    x = importnets_window(&b, "direct", NET_IMAGE,
                          (struct build_op){.op = OP_CONV,
                                            .cout = 5,
                                            .kernel = {5, 1},
                                            .stride = {1, 1},
                                            .pad = {2, 0},
                                            .flags = BUILD_NORM,
                                            .act = ACT_RELU6});
    x = importnets_window(
        &b, "pool", x,
        (struct build_op){.op = OP_MAXPOOL,
                          .kernel = {3, 1},
                          .stride = {2, 1},
                          .sides = (int64_t[]){0, 2, 0, 0}}); /* 19 */
    importnets_exit(&b, 0, "e1.pool", "e1.last", x);
    y = importnets_window(&b, "conv1", x,
                          (struct build_op){.op = OP_CONV,
                                            .cout = 5,
                                            .kernel = {5, 1},
                                            .stride = {1, 1},
                                            .pad = {2, 0},
                                            .flags = BUILD_NORM,
                                            .act = ACT_SILU});
    y = importnets_window(
        &b, "depthwise", y,
        (struct build_op){.op = OP_CONV,
                          .kernel = {4, 1},
                          .stride = {1, 1},
                          .flags = BUILD_NORM | BUILD_DEPTHWISE,
                          .sides = (int64_t[]){1, 2, 0, 0}});
    gate = build_simple(&b, "mean", OP_GLOBALPOOL, y, ACT_NONE);
    gate = build_linear(&b, "gate", gate, 5, BUILD_BIAS, ACT_SIGMOID);
    y = build_mul(&b, "mul", y, gate, ACT_NONE);
    x = build_add(&b, "add", x, y, ACT_RELU6);
    x = importnets_window(
        &b, "conv2", x,
        (struct build_op){.op = OP_CONV,
                          .cout = 4,
                          .kernel = {4, 1},
                          .stride = {3, 1},
                          .flags = BUILD_NORM,
                          .act = ACT_RELU6,
                          .sides = (int64_t[]){0, 3, 0, 0}}); /* 7 */
    x = build_simple(&b, "flatten", OP_FLATTEN, x, ACT_NONE);
    y = build_linear(&b, "last", x, 3, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.stage = 1, .first = x});
    importnets_done(&b);
}

typedef void importnets_fn(struct net *n, struct arena *a);
static importnets_fn *const importnets[] = {
    importnets_gates,
    importnets_products,
    importnets_sides,
    importnets_signal,
};
#define IMPORTNETS_COUNT 4

#endif
