/* SPDX-License-Identifier: MIT
 * The engine against PyTorch (tests/reference/engine_ref.py): two training
 * steps of small nets and an evaluation, in the precision the including file
 * chooses. */
#ifndef TESTS_ENGINE_REF_CHECK_H
#define TESTS_ENGINE_REF_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/graph/netbuild.h"
#include "libcommon/nn/train/optimiser.h"
#include "tools/net-zoo/zoo.h"

struct ref_grad {
    const char *tensor;
    double dot, norm; /* gradient . formula(tensor?), its L2 norm */
};

struct ref_case {
    const char *name;
    double lr;
    double loss[3]; /* steps 1, 2, evaluation after them */
    struct ref_grad grads[72];
};

#include "tests/unit/engine_ref.h"

enum { N = 5, H = 7, W = 6, C = 2, CLASSES = 3 };

/* ---- the formula ---- */

static uint64_t name_hash(const char *name, const char *more)
{
    uint64_t h = 0;

    for (; *name; name++)
        h = (h * 31 + (unsigned char)*name) % 65521;
    for (; *more; more++)
        h = (h * 31 + (unsigned char)*more) % 65521;
    return h;
}

static double formula(uint64_t hash, size_t i)
{
    return (double)((i * 7919 + hash * 104729 + 17) % 65521) / 65521 - 0.5;
}

/* Convolutions of many inputs keep their sums small. */
static double weight_scale(const struct ints *shape)
{
    double fan_in = 1;

    for (size_t i = 1; i < shape->n; i++)
        fan_in *= (double)shape->v[i];
    return shape->n == 4 && fan_in > 100 ? 4 / sqrt(fan_in) : 1.2;
}

static void fill_param(struct engine_param *p)
{
    uint64_t h = name_hash(p->binding->tensor, "");
    const char *slot = strrchr(p->binding->tensor, '.') + 1;

    for (size_t i = 0; i < p->n && !p->stat; i++) {
        double u = formula(h, i);
        p->value[i] = (real)(strcmp(slot, "gamma") == 0 ? 1 + 0.6 * u
                             : strcmp(slot, "weight") == 0
                                 ? weight_scale(&p->binding->shape) * u
                                 : 0.6 * u);
    }
}

/* ---- the nets ---- */

static int64_t ref_stem(struct net_builder *b)
{
    return build_conv(b, "stem", NET_IMAGE, 4, 1, 1, BUILD_BIAS, ACT_NONE);
}

static void ref_head(struct net_builder *b, int64_t x)
{
    int64_t first = build_simple(b, "flatten", OP_FLATTEN, x, ACT_NONE);

    build_linear(b, "classifier", first, CLASSES, BUILD_BIAS, ACT_NONE);
    build_exit(b, (struct net_exit){.first = first});
}

static void ref_mbconv(struct net_builder *b)
{
    int64_t x = build_conv(b, "stem", NET_IMAGE, 4, 3, 2, BUILD_NORM,
                           ACT_HSWISH),
            y, first;

    y = build_conv(b, "expand", x, 8, 1, 1, BUILD_NORM, ACT_RELU);
    y = build_conv(b, "depthwise", y, 0, 5, 1, BUILD_NORM | BUILD_DEPTHWISE,
                   ACT_RELU);
    y = build_se(b, "se", y, 3);
    y = build_conv(b, "project", y, 4, 1, 1, BUILD_NORM, ACT_NONE);
    x = build_add(b, "add", x, y, ACT_NONE);
    first = build_pool(b, "exit1.pool", OP_MAXPOOL, x, 2, 2, ACT_NONE);
    y = build_simple(b, "exit1.relu", OP_ACT, first, ACT_RELU);
    y = build_conv(b, "exit1.conv1", y, 4, 3, 1, BUILD_BIAS, ACT_RELU);
    y = build_simple(b, "exit1.flatten", OP_FLATTEN, y, ACT_NONE);
    build_linear(b, "exit1.classifier", y, CLASSES + 1, BUILD_BIAS, ACT_NONE);
    build_exit(b, (struct net_exit){.first = first, .confidence = true});
    x = build_conv(b, "last", x, 12, 1, 1, BUILD_NORM, ACT_HSWISH);
    x = build_simple(b, "pool", OP_GLOBALPOOL, x, ACT_NONE);
    x = build_conv(b, "mix", x, 8, 1, 1, 0, ACT_HSWISH);
    ref_head(b, x);
}

/* The one op a case is about, behind the stem. */
static const struct {
    const char *name;
    struct build_op op;
} ref_ops[] = {
    {"conv",
     {.op = OP_CONV,
      .cout = 5,
      .kernel = {3, 5},
      .stride = {2, 1},
      .pad = {1, 2},
      .flags = BUILD_BIAS,
      .act = ACT_RELU}},
    {"winograd", /* 9 x 6 outputs */
     {.op = OP_CONV,
      .cout = 5,
      .kernel = {3, 3},
      .stride = {1, 1},
      .pad = {2, 1},
      .flags = BUILD_BIAS,
      .act = ACT_RELU}},
    {"depthwise",
     {.op = OP_CONV,
      .kernel = {5, 5},
      .stride = {2, 2},
      .pad = {2, 2},
      .flags = BUILD_DEPTHWISE | BUILD_NORM,
      .act = ACT_HSWISH}},
    {"maxpool",
     {.op = OP_MAXPOOL, .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1}}},
    {"avgpool",
     {.op = OP_AVGPOOL, .kernel = {3, 2}, .stride = {2, 1}, .pad = {1, 1}}},
};

static int64_t ref_op(struct net_builder *b, const char *name, int64_t x)
{
    struct build_op op = {0};

    for (size_t i = 0; i < ARRAY_LEN(ref_ops); i++)
        if (strcmp(ref_ops[i].name, name) == 0)
            op = ref_ops[i].op;
    op.name = "op";
    op.from = &x;
    op.n_from = 1;
    return build_layer(b, &op);
}

/* What imported networks are made of. */
static void ref_gate(struct net_builder *b)
{
    int64_t a = build_conv(b, "a", ref_stem(b), 4, 3, 1, BUILD_NORM, ACT_RELU6);
    int64_t g = build_simple(b, "mean", OP_GLOBALPOOL, a, ACT_NONE), x;

    g = build_linear(b, "gate", g, 4, BUILD_BIAS, ACT_SIGMOID);
    x = build_mul(b, "mul", a, g, ACT_NONE);
    x = build_conv(b, "b", x, 0, 3, 1, BUILD_NORM | BUILD_DEPTHWISE, ACT_NONE);
    x = build_mul(b, "again", x, g, ACT_HSWISH);
    ref_head(b, build_add(b, "add", x, a, ACT_NONE));
}

static void ref_mul(struct net_builder *b)
{
    int64_t x = ref_stem(b);
    int64_t y = build_conv(b, "op", x, 4, 3, 1, BUILD_NORM, ACT_SIGMOID);

    x = build_mul(b, "mul", x, y, ACT_RELU6);
    ref_head(b, build_mul(b, "square", x, x, ACT_NONE));
}

static int64_t ref_window(struct net_builder *b, const char *name, int64_t x,
                          struct build_op op)
{
    op.name = name;
    op.from = &x;
    op.n_from = 1;
    return build_layer(b, &op);
}

static void ref_sides(struct net_builder *b)
{
    int64_t x = ref_window(b, "direct", NET_IMAGE,
                           (struct build_op){.op = OP_CONV,
                                             .cout = 6,
                                             .kernel = {4, 3},
                                             .stride = {1, 1},
                                             .flags = BUILD_NORM,
                                             .act = ACT_RELU6,
                                             .sides = (int64_t[]){1, 2, 1, 1}});

    x = ref_window(b, "winograd", x,
                   (struct build_op){.op = OP_CONV,
                                     .cout = 5,
                                     .kernel = {3, 3},
                                     .stride = {1, 1},
                                     .flags = BUILD_BIAS,
                                     .act = ACT_RELU6,
                                     .sides = (int64_t[]){2, 1, 1, 1}});
    x = ref_window(b, "depthwise", x,
                   (struct build_op){.op = OP_CONV,
                                     .kernel = {3, 3},
                                     .stride = {2, 2},
                                     .flags = BUILD_NORM | BUILD_DEPTHWISE,
                                     .act = ACT_RELU6,
                                     .sides = (int64_t[]){0, 1, 0, 1}});
    x = ref_window(b, "im2col", x,
                   (struct build_op){.op = OP_CONV,
                                     .cout = 4,
                                     .kernel = {3, 3},
                                     .stride = {2, 2},
                                     .flags = BUILD_NORM,
                                     .act = ACT_SILU,
                                     .sides = (int64_t[]){0, 1, 1, 1}});
    ref_head(b, x);
}

static void ref_ceil(struct net_builder *b)
{
    int64_t x = ref_window(b, "op", ref_stem(b),
                           (struct build_op){.op = OP_CONV,
                                             .cout = 4,
                                             .kernel = {2, 2},
                                             .stride = {1, 1},
                                             .flags = BUILD_BIAS});

    ref_head(b,
             ref_window(b, "pool", x,
                        (struct build_op){.op = OP_MAXPOOL,
                                          .kernel = {2, 3},
                                          .stride = {2, 2},
                                          .sides = (int64_t[]){1, 1, 0, 2}}));
}

static void ref_signal(struct net_builder *b)
{
    int64_t x = ref_window(b, "first", NET_IMAGE,
                           (struct build_op){.op = OP_CONV,
                                             .cout = 6,
                                             .kernel = {1, 6},
                                             .stride = {1, 1},
                                             .flags = BUILD_NORM,
                                             .act = ACT_RELU6});
    int64_t y = ref_window(b, "conv", x,
                           (struct build_op){.op = OP_CONV,
                                             .cout = 6,
                                             .kernel = {5, 1},
                                             .stride = {1, 1},
                                             .pad = {2, 0},
                                             .flags = BUILD_NORM,
                                             .act = ACT_RELU});

    y = ref_window(b, "depthwise", y,
                   (struct build_op){.op = OP_CONV,
                                     .kernel = {4, 1},
                                     .stride = {1, 1},
                                     .flags = BUILD_NORM | BUILD_DEPTHWISE,
                                     .sides = (int64_t[]){1, 2, 0, 0}});
    x = build_add(b, "add", x, y, ACT_RELU6);
    x = ref_window(b, "pool", x,
                   (struct build_op){.op = OP_MAXPOOL,
                                     .kernel = {4, 1},
                                     .stride = {2, 1},
                                     .sides = (int64_t[]){0, 1, 0, 0}});
    x = ref_window(b, "last", x,
                   (struct build_op){.op = OP_CONV,
                                     .cout = 4,
                                     .kernel = {2, 1},
                                     .stride = {2, 1},
                                     .flags = BUILD_BIAS,
                                     .act = ACT_RELU6,
                                     .sides = (int64_t[]){0, 1, 0, 0}});
    ref_head(b, x);
}

/* Nets that are more than one op behind the stem. */
static const struct {
    const char *name;
    void (*build)(struct net_builder *b);
} ref_nets[] = {
    {"mbconv", ref_mbconv}, {"gate", ref_gate}, {"mul", ref_mul},
    {"sides", ref_sides},   {"ceil", ref_ceil}, {"signal", ref_signal},
};

static void ref_net(struct net_builder *b, const char *name)
{
    struct zoo_net zoo;
    int64_t x, y;

    if (zoo_find(name, &zoo)) {
        struct zoo_opts o = zoo_defaults(&zoo);

        zoo_build(b, &zoo, &o);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(ref_nets); i++)
        if (strcmp(name, ref_nets[i].name) == 0) {
            ref_nets[i].build(b);
            return;
        }
    x = ref_stem(b);
    if (strcmp(name, "linear") == 0) {
        x = build_simple(b, "flatten0", OP_FLATTEN, x, ACT_NONE);
        x = build_linear(b, "op", x, 6, BUILD_BIAS, ACT_HSIGMOID);
    } else if (strcmp(name, "norm") == 0) {
        x = build_simple(b, "op", OP_NORM, x, ACT_SIGMOID);
    } else if (strcmp(name, "se") == 0) {
        x = build_se(b, "op", x, 3);
    } else if (strcmp(name, "globalpool") == 0) {
        x = build_simple(b, "op", OP_GLOBALPOOL, x, ACT_RELU);
    } else if (strcmp(name, "add") == 0) {
        y = build_conv(b, "op", x, 4, 3, 1, BUILD_NORM, ACT_NONE);
        x = build_add(b, "add", x, y, ACT_HSWISH);
    } else if (strcmp(name, "concat") == 0) {
        y = build_conv(b, "op", x, 3, 3, 1, BUILD_NORM, ACT_HSWISH);
        x = build_concat(b, "concat", (int64_t[]){x, NET_IMAGE, y, x}, 4,
                         ACT_HSWISH);
    } else {
        x = ref_op(b, name, x);
    }
    ref_head(b, x);
}

/* ---- the loss: cross-entropy, and the confidence towards class 0 ---- */

static double row_loss(const real *out, real *grad, int label, int units)
{
    double most = -INFINITY, sum = 0, loss;

    for (int k = 0; k < CLASSES; k++)
        most = fmax(most, (double)out[k]);
    for (int k = 0; k < CLASSES; k++)
        sum += exp((double)out[k] - most);
    loss = log(sum) + most - (double)out[label];
    for (int k = 0; k < CLASSES && grad; k++)
        grad[k] = (real)((exp((double)out[k] - most) / sum - (k == label)) / N);
    if (units > CLASSES) {
        double x = (double)out[CLASSES], t = label == 0;
        loss += fmax(x, 0) - x * t + log1p(exp(-fabs(x)));
        if (grad)
            grad[CLASSES] = (real)((1 / (1 + exp(-x)) - t) / N);
    }
    return loss / N;
}

static double ref_loss(void *ctx, const struct engine_outputs *o)
{
    double sum = 0;

    (void)ctx;
    for (int x = 0; x < o->exits; x++)
        for (int i = 0; i < N; i++)
            sum += row_loss(o->out[x] + i * o->units[x],
                            o->grad[x] + i * o->units[x], i % CLASSES,
                            o->units[x]);
    return sum;
}

static double eval_loss(struct engine *g, const real *images, int exits)
{
    double sum = 0;

    engine_forward(g, images, N, ENGINE_EVAL);
    for (int x = 0; x < exits; x++)
        for (int i = 0; i < N; i++)
            sum += row_loss(engine_logits(g, x) + i * engine_units(g, x), NULL,
                            i % CLASSES, engine_units(g, x));
    return sum;
}

/* ---- comparison ---- */

static void assert_near(const char *where, const char *what, double have,
                        double want)
{
    if (!(fabs(have - want) <= REF_TOLERANCE * (1 + fabs(want))))
        fail_msg("%s, %s: %.12g, PyTorch %.12g", where, what, have, want);
}

static void check_grads(struct engine *g, const struct ref_case *c)
{
    size_t n, seen = 0;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; i++) {
        const struct ref_grad *r = c->grads;
        uint64_t h = name_hash(p[i].binding->tensor, "?");
        double dot = 0, norm = 0;
        if (p[i].stat)
            continue;
        while (strcmp(r->tensor, p[i].binding->tensor) != 0)
            r++;
        for (size_t k = 0; k < p[i].n; k++) {
            dot += (double)p[i].grad[k] * formula(h, k);
            norm += (double)p[i].grad[k] * (double)p[i].grad[k];
        }
        assert_near(c->name, r->tensor, dot, r->dot);
        assert_near(c->name, r->tensor, sqrt(norm), r->norm);
        seen++;
    }
    assert_true(c->grads[seen].tensor == NULL);
}

static void check_case(const struct ref_case *c, int shards)
{
    struct engine_opts o = {.batch = N, .shards = shards, .training = true};
    struct sgd_opts so = {
        .momentum = 0.9, .weight_decay = 0.01, .nesterov = true};
    struct arena a = {0};
    struct net net;
    struct net_builder b = build_net(&net, &a, H, W, C, CLASSES);
    struct engine *g;
    real images[N * H * W * C];
    size_t n;

    ref_net(&b, c->name);
    g = engine_new(&net, &o);
    struct engine_param *p = engine_params(g, &n);
    engine_init(g, 0);
    for (size_t i = 0; i < n; i++)
        fill_param(&p[i]);
    for (size_t i = 0; i < N * H * W * C; i++)
        images[i] = (real)(4 * formula(name_hash("images", ""), i));
    struct sgd *s = sgd_new(&so);
    sgd_add_engine(s, g);
    for (int step = 0; step < 2; step++) {
        double loss = engine_step(g, images, N, ref_loss, NULL);
        assert_near(c->name, "loss", loss, c->loss[step]);
        if (step == 0)
            check_grads(g, c);
        sgd_step(s, engine_pool(g), c->lr);
    }
    assert_near(c->name, "evaluation", eval_loss(g, images, (int)net.exits.n),
                c->loss[2]);
    sgd_free(s);
    engine_free(g);
    arena_free(&a);
}

static void against_pytorch(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ref_cases); i++)
        for (int shards = 1; shards <= 4; shards += 3)
            check_case(&ref_cases[i], shards);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(against_pytorch)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
