/* SPDX-License-Identifier: MIT
 * Gradients of every op in small networks: odd sizes, strides, values with
 * several consumers, views of views, exits that others read. */
#include "tests/unit/gradcheck.h"
#include "tests/unit/nets.h"

/* A net under construction; `x` is the layer built last. */
struct lab {
    struct arena a;
    struct net net;
    struct net_builder b;
    int64_t x;
    char name[16];
};

static void start(struct lab *l, int64_t h, int64_t w, int64_t c)
{
    memset(l, 0, sizeof *l);
    l->b = build_net(&l->net, &l->a, h, w, c, 3);
    l->x = NET_IMAGE;
}

static const char *name(struct lab *l)
{
    snprintf(l->name, sizeof l->name, "l%zu", l->net.layers.n);
    return l->name;
}

static int64_t add(struct lab *l, struct build_op op)
{
    op.name = name(l);
    op.from = &l->x;
    op.n_from = 1;
    return l->x = build_layer(&l->b, &op);
}

/* Something with parameters in front, so that gradients have to come through. */
static int64_t front(struct lab *l, int64_t c)
{
    return l->x = build_conv(&l->b, name(l), l->x, c, 1, 1, BUILD_BIAS,
                             ACT_NONE);
}

static int64_t conv(struct lab *l, int64_t c, int64_t k, int64_t stride,
                    unsigned flags, int act)
{
    return l->x = build_conv(&l->b, name(l), l->x, c, k, stride, flags, act);
}

static int64_t simple(struct lab *l, int op, int act)
{
    return l->x = build_simple(&l->b, name(l), op, l->x, act);
}

static int64_t se(struct lab *l)
{
    return l->x = build_se(&l->b, name(l), l->x, 3);
}

static int64_t sum(struct lab *l, int64_t y, int act)
{
    return l->x = build_add(&l->b, name(l), l->x, y, act);
}

/* Global pool and linear layer: an exit. */
static void finish(struct lab *l)
{
    int64_t first = simple(l, OP_GLOBALPOOL, ACT_NONE);

    l->x = build_linear(&l->b, name(l), l->x, 3, BUILD_BIAS, ACT_NONE);
    build_exit(&l->b, (struct net_exit){.stage = 0, .first = first});
}

static void check(struct lab *l)
{
    gradcheck(&l->net, 5, 11);
    gradcheck(&l->net, 2, 12); /* fewer images than shards */
    arena_free(&l->a);
}

static void dense(void **state)
{
    struct lab l;

    (void)state;
    start(&l, 7, 9, 2);
    front(&l, 4);
    add(&l, (struct build_op){.op = OP_CONV,
                              .cout = 5,
                              .kernel = {3, 5},
                              .stride = {2, 1},
                              .pad = {1, 2},
                              .flags = BUILD_BIAS,
                              .act = ACT_HSWISH});
    add(&l, (struct build_op){.op = OP_CONV,
                              .cout = 3,
                              .kernel = {2, 2},
                              .stride = {1, 2},
                              .pad = {0, 1},
                              .flags = BUILD_NORM | BUILD_BIAS,
                              .act = ACT_RELU});
    conv(&l, 4, 1, 2, BUILD_NORM, ACT_SIGMOID);
    finish(&l);
    check(&l);
}

/* Of the image, without im2col: its only reader, and beside another one. */
static void direct(void **state)
{
    struct lab l;
    int64_t x;

    (void)state;
    start(&l, 9, 11, 3);
    x = add(&l, (struct build_op){.op = OP_CONV,
                                  .cout = 5,
                                  .kernel = {3, 2},
                                  .stride = {2, 1},
                                  .pad = {1, 0},
                                  .flags = BUILD_NORM,
                                  .act = ACT_HSWISH}); /* 5 x 10 */
    finish(&l);
    l.x = NET_IMAGE;
    conv(&l, 4, 5, 2, BUILD_BIAS, ACT_HSWISH);
    finish(&l);
    l.x = x;
    conv(&l, 3, 3, 2, BUILD_NORM, ACT_NONE);
    finish(&l);
    check(&l);
}

/* Winograd's algorithm: any sizes and padding, norm or bias, inputs that others
 * read before and after it. */
static void winograd(void **state)
{
    struct lab l;
    int64_t x, y;

    (void)state;
    start(&l, 9, 11, 2);
    x = front(&l, 4);
    y = conv(&l, 5, 3, 1, BUILD_NORM, ACT_HSWISH);
    conv(&l, 4, 3, 1, BUILD_BIAS, ACT_NONE);
    sum(&l, x, ACT_HSWISH);
    x = conv(&l, 5, 3, 1, BUILD_NORM, ACT_NONE);
    sum(&l, y, ACT_HSWISH);
    se(&l);
    x = add(&l, (struct build_op){.op = OP_CONV,
                                  .cout = 3,
                                  .kernel = {3, 3},
                                  .stride = {1, 1},
                                  .pad = {0, 0},
                                  .flags = BUILD_BIAS,
                                  .act = ACT_HSWISH}); /* 7 x 9 */
    add(&l, (struct build_op){.op = OP_CONV,
                              .cout = 18,
                              .kernel = {3, 3},
                              .stride = {1, 1},
                              .pad = {2, 0},
                              .flags = BUILD_NORM,
                              .act = ACT_HSWISH}); /* 9 x 7 */
    finish(&l);
    l.x = x;
    conv(&l, 3, 3, 1, 0, ACT_SIGMOID);
    finish(&l);
    check(&l);
}

/* Images that are done in several pieces. */
static void large(void **state)
{
    struct lab l;
    int64_t x;

    (void)state;
    start(&l, 48, 50, 1);
    x = conv(&l, 4, 1, 1, BUILD_NORM, ACT_HSWISH);
    conv(&l, 16, 1, 1, 0, ACT_HSWISH);
    conv(&l, 4, 3, 1, 0, ACT_NONE);
    sum(&l, x, ACT_HSWISH);
    add(&l, (struct build_op){
                .op = OP_MAXPOOL, .kernel = {8, 8}, .stride = {8, 8}});
    finish(&l);
    gradcheck(&l.net, 2, 13);
    arena_free(&l.a);
}

static void depthwise(void **state)
{
    (void)state;
    for (int64_t k = 3; k <= 7; k += 2)
        for (int64_t stride = 1; stride <= 2; stride++)
            for (int64_t side = 1; side <= 9; side += side < 4 ? 1 : 5) {
                struct lab l;
                start(&l, side, side + side / 4, 2);
                front(&l, 3);
                conv(&l, 0, k, stride, BUILD_DEPTHWISE | BUILD_NORM,
                     ACT_HSWISH);
                conv(&l, 2, 1, 1, BUILD_BIAS, ACT_NONE);
                finish(&l);
                gradcheck(&l.net, 4, 3);
                arena_free(&l.a);
            }
}

static void depthwise_odd(void **state)
{
    struct lab l;

    (void)state;
    start(&l, 6, 5, 3);
    front(&l, 9);
    add(&l, (struct build_op){.op = OP_CONV,
                              .kernel = {3, 4},
                              .stride = {1, 2},
                              .pad = {0, 1},
                              .act = ACT_RELU,
                              .flags = BUILD_DEPTHWISE | BUILD_BIAS});
    finish(&l);
    check(&l);
}

static void pools(void **state)
{
    struct lab l;
    int64_t x;

    (void)state;
    start(&l, 9, 8, 2);
    x = conv(&l, 4, 1, 1, BUILD_NORM, ACT_HSWISH);
    add(&l, (struct build_op){.op = OP_MAXPOOL,
                              .kernel = {3, 2},
                              .stride = {2, 1},
                              .pad = {1, 0}});
    simple(&l, OP_NORM, ACT_HSWISH);
    add(&l, (struct build_op){.op = OP_AVGPOOL,
                              .kernel = {2, 3},
                              .stride = {1, 2},
                              .act = ACT_SIGMOID});
    finish(&l);
    l.x = x; /* a second reader of the first layer */
    add(&l, (struct build_op){
                .op = OP_MAXPOOL, .kernel = {2, 2}, .stride = {2, 2}});
    finish(&l);
    check(&l);
}

static void global_pool(void **state)
{
    struct lab l;
    int64_t x, y;

    (void)state;
    start(&l, 4, 5, 2);
    x = conv(&l, 6, 3, 1, BUILD_NORM, ACT_HSWISH);
    simple(&l, OP_GLOBALPOOL, ACT_NONE);
    y = simple(&l, OP_NORM, ACT_HSWISH);
    l.x = x;
    se(&l);
    simple(&l, OP_GLOBALPOOL, ACT_HSIGMOID);
    sum(&l, y, ACT_NONE);
    finish(&l);
    check(&l);
}

static void squeeze_excite(void **state)
{
    struct lab l;
    int64_t x, y;

    (void)state;
    start(&l, 4, 3, 3);
    se(&l); /* of the image */
    x = conv(&l, 5, 1, 1, BUILD_NORM, ACT_RELU);
    y = se(&l); /* its input has another reader */
    sum(&l, x, ACT_NONE);
    se(&l);
    se(&l);                 /* of an SE */
    sum(&l, y, ACT_HSWISH); /* an SE with two readers */
    x = se(&l);
    simple(&l, OP_ACT, ACT_HSWISH); /* act on an SE */
    add(&l, (struct build_op){.op = OP_SE, .mid = 2});
    simple(&l, OP_NORM, ACT_SIGMOID); /* norm on an SE */
    conv(&l, 0, 3, 1, BUILD_DEPTHWISE, ACT_NONE);
    sum(&l, x, ACT_NONE);
    finish(&l);
    check(&l);
}

static void sums(void **state)
{
    struct lab l;
    int64_t x, y;

    (void)state;
    start(&l, 4, 4, 4);
    x = front(&l, 4);
    l.x = build_add(&l.b, name(&l), x, NET_IMAGE, ACT_HSWISH);
    sum(&l, l.x, ACT_NONE); /* x + x */
    y = conv(&l, 4, 1, 1, BUILD_NORM, ACT_NONE);
    sum(&l, x, ACT_RELU);
    sum(&l, y, ACT_NONE);
    x = simple(&l, OP_NORM, ACT_SIGMOID);
    y = conv(&l, 4, 3, 1, BUILD_NORM, ACT_HSWISH);
    sum(&l, x, ACT_NONE);
    finish(&l);
    check(&l);
}

/* ResNet's shortcut: of every second pixel, odd numbers of zeros around. */
static void widens(void **state)
{
    struct lab l;
    int64_t x, y;

    (void)state;
    start(&l, 5, 4, 2);
    l.x = build_widen(&l.b, name(&l), l.x, 3); /* of the image */
    conv(&l, 3, 1, 1, BUILD_NORM, ACT_HSWISH);
    x = l.x;
    add(&l, (struct build_op){
                .op = OP_MAXPOOL, .kernel = {1, 1}, .stride = {2, 2}});
    y = add(&l,
            (struct build_op){.op = OP_WIDEN, .cout = 8, .act = ACT_SIGMOID});
    l.x = x;
    conv(&l, 8, 3, 2, BUILD_NORM, ACT_NONE);
    sum(&l, y, ACT_RELU);
    se(&l);
    l.x = build_widen(&l.b, name(&l), l.x, 13); /* of a view */
    finish(&l);
    check(&l);
}

/* Of the image, of values with an epilogue, an activation or factors pending,
 * of one that is stored in another shape, of one twice. */
static void concats(void **state)
{
    struct lab l;
    int64_t x, y, z;

    (void)state;
    start(&l, 5, 4, 2);
    x = conv(&l, 3, 3, 1, BUILD_NORM, ACT_HSWISH);
    y = se(&l);
    z = conv(&l, 5, 1, 1, BUILD_BIAS, ACT_NONE);
    l.x = build_concat(&l.b, name(&l), (int64_t[]){x, NET_IMAGE, z, x}, 4,
                       ACT_HSWISH);
    conv(&l, 4, 1, 1, BUILD_NORM, ACT_RELU);
    l.x = build_concat(&l.b, name(&l), (int64_t[]){y, l.x}, 2, ACT_NONE);
    se(&l);
    x = simple(&l, OP_GLOBALPOOL, ACT_HSWISH);
    l.x = z;
    add(&l, (struct build_op){
                .op = OP_MAXPOOL, .kernel = {2, 2}, .stride = {2, 2}});
    y = simple(&l, OP_FLATTEN, ACT_NONE);
    l.x = build_concat(&l.b, name(&l), (int64_t[]){y, x, y}, 3, ACT_SIGMOID);
    finish(&l);
    check(&l);
}

/* As many inputs as there can be, chunks of several images. */
static void concat_of_many(void **state)
{
    int64_t all[NET_MAX_INPUTS];
    struct lab l;
    int64_t x;

    (void)state;
    start(&l, 2, 1, 1);
    x = conv(&l, 2, 1, 1, BUILD_BIAS, ACT_SIGMOID);
    for (size_t i = 0; i < NET_MAX_INPUTS; i++)
        all[i] = x;
    l.x = x;
    all[63] = conv(&l, 1, 1, 1, BUILD_BIAS, ACT_HSIGMOID);
    l.x = build_concat(&l.b, name(&l), all, NET_MAX_INPUTS, ACT_NONE);
    finish(&l);
    check(&l);
}

static void views(void **state)
{
    struct lab l;
    int64_t x, y, z;

    (void)state;
    start(&l, 3, 4, 2);
    simple(&l, OP_ACT, ACT_HSWISH); /* of the image */
    x = conv(&l, 6, 1, 1, BUILD_NORM, ACT_NONE);
    y = simple(&l, OP_ACT, ACT_RELU); /* x has another reader */
    z = simple(&l, OP_ACT, ACT_RELU); /* relu of relu */
    simple(&l, OP_ACT, ACT_HSWISH);   /* another act on top */
    sum(&l, x, ACT_NONE);
    sum(&l, y, ACT_NONE);
    sum(&l, z, ACT_NONE);
    simple(&l, OP_NORM, ACT_NONE);
    simple(&l, OP_NORM, ACT_HSWISH);
    finish(&l);
    check(&l);
}

/* Each activation of the list behind a convolution, on top of a sum that has
 * another reader, and behind a depthwise convolution, which reads the one in
 * front through padding. */
static void activations(void **state)
{
    (void)state;
    for (int act = 0; act < ACT_COUNT; act++) {
        struct lab l;
        int64_t x;

        start(&l, 4, 4, 3);
        x = conv(&l, 4, 3, 1, BUILD_NORM, act);
        conv(&l, 0, 3, 1, BUILD_DEPTHWISE | BUILD_BIAS, act);
        sum(&l, x, act);
        x = l.x;
        if (act)
            simple(&l, OP_ACT, act);
        conv(&l, 4, 1, 1, BUILD_NORM, act);
        sum(&l, x, ACT_NONE);
        finish(&l);
        check(&l);
    }
}

static void flatten(void **state)
{
    struct lab l;
    int64_t x, y;

    (void)state;
    start(&l, 3, 2, 2);
    x = conv(&l, 4, 1, 1, BUILD_NORM, ACT_RELU);
    y = simple(&l, OP_FLATTEN, ACT_NONE);
    l.x = build_linear(&l.b, name(&l), y, 24, BUILD_BIAS | BUILD_NORM,
                       ACT_HSWISH);
    sum(&l, y, ACT_NONE);
    l.x = build_linear(&l.b, name(&l), l.x, 3, 0, ACT_HSWISH);
    build_exit(&l.b, (struct net_exit){.stage = 0, .first = l.x});
    l.x = x;
    se(&l);
    simple(&l, OP_FLATTEN, ACT_NONE);
    simple(&l, OP_ACT, ACT_RELU);
    conv(&l, 5, 1, 1, BUILD_NORM, ACT_NONE);
    l.x = build_linear(&l.b, name(&l), l.x, 3, BUILD_BIAS, ACT_NONE);
    build_exit(&l.b, (struct net_exit){.stage = 0, .first = l.x});
    l.x = y;
    simple(&l, OP_NORM, ACT_SIGMOID);
    l.x = build_linear(&l.b, name(&l), l.x, 3, BUILD_BIAS, ACT_NONE);
    build_exit(&l.b, (struct net_exit){.stage = 0, .first = l.x});
    l.x = x;
    simple(&l, OP_FLATTEN, ACT_NONE);
    l.x = build_linear(&l.b, name(&l), l.x, 3, BUILD_BIAS, ACT_NONE);
    build_exit(&l.b, (struct net_exit){.stage = 0, .first = l.x});
    check(&l);
}

/* Every reader of a value is a view: two heads flatten one tap, or apply an
 * activation to it.  Their matmuls have few rows and many weights, so their
 * weight gradients are computed over the whole batch. */
static void only_views(void **state)
{
    static const struct {
        int pending, views;
    } cases[] = {
        {ACT_HSWISH, OP_FLATTEN},
        {ACT_NONE, OP_FLATTEN},
        {ACT_RELU, OP_ACT},
        {ACT_NONE, OP_ACT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lab l;
        int64_t x, first;

        start(&l, 1, 2, 2);
        x = conv(&l, 24, 1, 1, BUILD_NORM, cases[i].pending);
        for (int head = 0; head < 2; head++) {
            l.x = x;
            first = simple(&l, cases[i].views,
                           cases[i].views == OP_ACT ? ACT_RELU : ACT_NONE);
            if (cases[i].views == OP_ACT)
                conv(&l, 20, 1, 1, BUILD_BIAS, ACT_HSWISH);
            else
                l.x = build_linear(&l.b, name(&l), l.x, 20, BUILD_BIAS,
                                   ACT_HSWISH);
            simple(&l, OP_FLATTEN, ACT_NONE);
            l.x = build_linear(&l.b, name(&l), l.x, 3, BUILD_BIAS, ACT_NONE);
            build_exit(&l.b, (struct net_exit){.stage = 0, .first = first});
        }
        check(&l);
    }
}

/* Exits that end in an activation or batch norm, one that others read, and a
 * layer nobody reads. */
static void exits(void **state)
{
    struct lab l;
    int64_t x;

    (void)state;
    start(&l, 4, 4, 3);
    front(&l, 4);
    conv(&l, 4, 3, 2, BUILD_NORM, ACT_HSWISH);
    x = l.x;
    conv(&l, 2, 1, 1, BUILD_NORM, ACT_NONE); /* dead end */
    l.x = x;
    simple(&l, OP_GLOBALPOOL, ACT_NONE);
    l.x = build_linear(&l.b, name(&l), l.x, 3, BUILD_BIAS | BUILD_NORM,
                       ACT_SIGMOID);
    build_exit(&l.b, (struct net_exit){.stage = 0, .first = l.x});
    l.x = build_linear(&l.b, name(&l), l.x, 3, 0, ACT_NONE);
    simple(&l, OP_ACT, ACT_HSIGMOID);
    build_exit(&l.b, (struct net_exit){.stage = 0, .first = l.x});
    l.x = x;
    conv(&l, 40, 1, 1, BUILD_NORM, ACT_HSWISH); /* weights of few rows */
    conv(&l, 40, 1, 1, BUILD_NORM, ACT_HSWISH);
    finish(&l);
    check(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense),          cmocka_unit_test(direct),
        cmocka_unit_test(winograd),       cmocka_unit_test(large),
        cmocka_unit_test(depthwise),      cmocka_unit_test(depthwise_odd),
        cmocka_unit_test(pools),          cmocka_unit_test(global_pool),
        cmocka_unit_test(squeeze_excite), cmocka_unit_test(sums),
        cmocka_unit_test(widens),         cmocka_unit_test(concats),
        cmocka_unit_test(concat_of_many), cmocka_unit_test(views),
        cmocka_unit_test(activations),    cmocka_unit_test(flatten),
        cmocka_unit_test(only_views),     cmocka_unit_test(exits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
