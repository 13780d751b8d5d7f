/* SPDX-License-Identifier: MIT
 * Branches and networks with candidate exits. */
#include "tools/net-augment/candidates.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/graph/backbone.h"
#include "libcommon/nn/graph/cost.h"
#include "tests/unit/augment_ref.h"
#include "tests/unit/nets.h"
#include "tools/net-zoo/zoo.h"

static const struct strs everywhere = {0};

static struct candidate_opts options(void)
{
    return (struct candidate_opts){.branch = {.side = 4, .most = 0.01},
                                   .at = &everywhere};
}

/* A net of the zoo; input NULL = its own. */
static void zoo(const char *name, const int64_t *input, const char *exits,
                struct arena *a, struct net *n)
{
    struct zoo_net z;
    struct err e;

    assert_true(zoo_find(name, &z));
    struct zoo_opts o = zoo_defaults(&z);
    if (input)
        memcpy(o.input, input, sizeof o.input);
    assert_int_equal(zoo_parse_exits(&z, exits, &o, &e), 0);
    nets_must(zoo_make(&z, &o, a, n, &e), &e);
}

static void find(struct candidates *c, const struct net *n,
                 const struct candidate_opts *o, struct arena *a)
{
    struct err e;

    nets_must(candidates_find(c, n, o, a, &e), &e);
}

static void build(const struct candidates *c, struct arena *a, struct net *out)
{
    struct err e;

    nets_must(candidates_net(c, a, out, &e), &e);
}

/* Append what the layers of exit i are: name, operator, window, shape. */
static const char *layers_of_head(const struct net *n, size_t i)
{
    static char text[1000];
    const struct net_exit *x = net_exit_at(n, i);
    size_t at = 0;

    for (int64_t k = x->first; k <= x->last; k++) {
        const struct layer *l = net_layer(n, (size_t)k);

        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s %s",
                               k > x->first ? "; " : "", l->name,
                               net_op_names[l->op]);
        if (l->kernel.n)
            at += (size_t)snprintf(
                text + at, sizeof text - at,
                " %" PRId64 "x%" PRId64 "/%" PRId64 "x%" PRId64, l->kernel.v[0],
                l->kernel.v[1], l->stride.v[0], l->stride.v[1]);
        at += (size_t)snprintf(text + at, sizeof text - at,
                               " %" PRId64 "x%" PRId64 "x%" PRId64, l->out.v[0],
                               l->out.v[1], l->out.v[2]);
    }
    return text;
}

/* Windows are such that every pixel is in one. */
static void forms(void **state)
{
    struct arena a = {0};
    struct candidate_opts o = options();
    struct candidates c;
    struct net n, out;

    (void)state;
    zoo("ds-cnn-l", NULL, "none", &a, &n);
    find(&c, &n, &o, &a);
    build(&c, &a, &out);
    assert_int_equal(out.exits.n, 6);
    assert_string_equal(layers_of_head(&out, 0),
                        "exit.stem.pool avgpool 7x4/6x2 4x4x276; "
                        "exit.stem.flatten flatten 1x1x4416; "
                        "exit.stem.classifier linear 1x1x12");
    assert_string_equal(layers_of_head(&out, 1),
                        "exit.s1.b0.pointwise.pool avgpool 4x2/3x1 4x4x276; "
                        "exit.s1.b0.pointwise.flatten flatten 1x1x4416; "
                        "exit.s1.b0.pointwise.classifier linear 1x1x12");
    assert_int_equal(c.v[1].branch.macs, 4416 * 12);

    o.branch.side = 1; /* the final head's mean */
    find(&c, &n, &o, &a);
    build(&c, &a, &out);
    assert_string_equal(layers_of_head(&out, 0),
                        "exit.stem.pool globalpool 1x1x276; "
                        "exit.stem.classifier linear 1x1x12");

    o.branch.side = 4;
    zoo("ecg-cnn", NULL, "none", &a, &n); /* along time alone */
    find(&c, &n, &o, &a);
    build(&c, &a, &out);
    assert_string_equal(layers_of_head(&out, 1),
                        "exit.s1.b0.add.pool avgpool 16x1/16x1 4x1x24; "
                        "exit.s1.b0.add.flatten flatten 1x1x96; "
                        "exit.s1.b0.add.classifier linear 1x1x5");

    zoo("ecg-cnn", (const int64_t[]){16, 1, 2}, "none", &a, &n); /* short */
    find(&c, &n, &o, &a);
    build(&c, &a, &out);
    assert_string_equal(layers_of_head(&out, 1),
                        "exit.s1.b0.add.flatten flatten 1x1x96; "
                        "exit.s1.b0.add.classifier linear 1x1x5");

    zoo("alexnet", NULL, "none", &a, &n); /* a hidden layer */
    find(&c, &n, &o, &a);
    build(&c, &a, &out);
    assert_string_equal(layers_of_head(&out, 0),
                        "exit.conv1.pool.pool avgpool 4x4/4x4 4x4x32; "
                        "exit.conv1.pool.flatten flatten 1x1x512; "
                        "exit.conv1.pool.hidden1 linear 1x1x256; "
                        "exit.conv1.pool.classifier linear 1x1x10");
    o.branch.most = 0; /* there is nothing cheaper */
    find(&c, &n, &o, &a);
    build(&c, &a, &out);
    assert_string_equal(layers_of_head(&out, 0),
                        "exit.conv1.pool.pool globalpool 1x1x32; "
                        "exit.conv1.pool.classifier linear 1x1x10");
    arena_free(&a);
}

/* S is the largest with which a branch keeps to the share. */
static void shares(void **state)
{
    struct arena a = {0};
    struct candidate_opts o = options();
    struct candidates c;
    struct net n;
    size_t smaller = 0;

    (void)state;
    zoo("mobilenetv1", (const int64_t[]){64, 64, 3}, "none", &a, &n);
    o.branch.side = 7;
    o.branch.most = 0.04;
    find(&c, &n, &o, &a);
    for (size_t i = 0; i < c.n; i++) {
        const struct branch_form *x = &c.v[i].branch;
        const int64_t *map = net_layer(&c.base, x->layer)->out.v;
        int64_t per = map[2] * 1000;
        double most = 0.04 * (double)net_prefix(&n, 0, MACS_TRUE);

        assert_int_equal(x->macs, per * (x->size < map[0] ? x->size : map[0]) *
                                      (x->size < map[1] ? x->size : map[1]));
        assert_true((double)x->macs <= most || x->size == 1);
        if (x->size < 7 && x->size < map[0]) {
            smaller++;
            assert_true((double)(per * (x->size + 1) * (x->size + 1)) > most);
        }
    }
    assert_true(smaller > 3 && smaller < c.n);
    arena_free(&a);
}

/* What is left of all exits when some are kept is the network with these alone,
 * costs and all; without any it is the network that it was. */
static void kept(void **state)
{
    static const char *const nets[] = {"resnet20", "ds-cnn-s", "alexnet"};
    struct arena a = {0};
    struct err e;

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(nets); k++) {
        struct candidate_opts o = options();
        struct candidates c;
        struct net n, all, some, cut;
        bool keep[NET_MAX_EXITS] = {false};
        char id[HASH_HEX];

        zoo(nets[k], NULL, "none", &a, &n);
        find(&c, &n, &o, &a);
        build(&c, &a, &all);
        net_keep_exits(&cut, &all, keep, &a);
        net_id(&cut, id);
        assert_string_equal(id, n.id);
        for (size_t i = 0; i < c.n; i++)
            if (!(keep[i] = i % 3 == 1))
                c.v[i].dropped = "not now";
        build(&c, &a, &some);
        assert_int_equal(candidates_taken(&c) + 1, some.exits.n);
        net_keep_exits(&cut, &all, keep, &a);
        net_id(&cut, id);
        assert_string_equal(id, some.id);
        cut.id = id;
        nets_must(net_check(&cut, &e), &e);
        assert_int_equal(cut.params, some.params);
        assert_int_equal(cut.size_bytes, some.size_bytes);
        assert_int_equal(cut.peak_bytes, some.peak_bytes);
        for (size_t i = 0; i < some.exits.n; i++) {
            assert_int_equal(net_exit_at(&cut, i)->gamma,
                             net_exit_at(&some, i)->gamma);
            assert_int_equal(net_exit_at(&cut, i)->gamma_paper,
                             net_exit_at(&some, i)->gamma_paper);
            assert_int_equal(net_exit_at(&cut, i)->stage,
                             net_exit_at(&some, i)->stage);
        }
    }
    arena_free(&a);
}

/* Early exits that were there are taken out, and the heads of the table stand
 * where they are asked for. */
static void others(void **state)
{
    struct arena a = {0};
    struct candidate_opts o = options();
    char *names[] = {(char *)"s1.b1.add", (char *)"s2.b0.add"};
    const struct strs at = {names, 2};
    struct candidates c;
    struct net n, plain, out, twice;
    struct err e;

    (void)state;
    zoo("resnet20", NULL, "none", &a, &plain);
    zoo("resnet20", NULL, "all", &a, &n);
    find(&c, &plain, &o, &a);
    build(&c, &a, &out);
    find(&c, &n, &o, &a);
    assert_int_equal(c.removed, 8);
    build(&c, &a, &twice);
    assert_string_equal(out.id, twice.id);

    o.at = &at;
    o.first = 2;
    find(&c, &plain, &o, &a);
    assert_int_equal(candidates_taken(&c), 2);
    o.first = 3;
    find(&c, &plain, &o, &a);
    assert_int_equal(candidates_taken(&c), 1);
    names[0] = (char *)"s1.b1.conv1";
    assert_int_equal(candidates_find(&c, &plain, &o, &a, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "'s1.b1.conv1'"));

    o = options();
    for (size_t h = 0; h < EXIT_HEADS; h++) {
        o.branch.head = (struct head_choice){&exit_heads[h],
                                             exit_heads[h].width};
        find(&c, &plain, &o, &a);
        build(&c, &a, &out);
        assert_int_equal(out.exits.n, 10);
        for (size_t i = 0; i < 9; i++) {
            assert_int_equal(net_exit_at(&out, i)->confidence,
                             exit_heads[h].confidence);
            assert_int_equal(net_exit_at(&out, i)->head_macs,
                             c.v[i].branch.macs);
        }
    }
    arena_free(&a);
}

/* A chain of so many layers, the first of which has that name. */
static void chain(struct net *n, struct arena *a, int layers, const char *name)
{
    struct net_builder b = build_net(n, a, 1, 1, 2, 2);
    int64_t x = build_linear(&b, name, NET_IMAGE, 2, BUILD_BIAS, ACT_RELU);
    struct err e;
    char text[32];

    for (int i = 1; i < layers; i++) {
        snprintf(text, sizeof text, "l%d", i);
        x = build_linear(&b, text, x, 2, BUILD_BIAS, ACT_RELU);
    }
    build_exit(&b, (struct net_exit){.first = x});
    nets_must(build_done(&b, MACS_TRUE, &e), &e);
}

/* More positions than a net can have exits, and names too long for branches. */
static void limits(void **state)
{
    struct arena a = {0};
    struct candidate_opts o = options();
    struct candidates c;
    struct net n, out;
    struct err e;
    char name[NET_MAX_NAME + 1];

    (void)state;
    chain(&n, &a, NET_MAX_EXITS + 2, "first");
    find(&c, &n, &o, &a);
    assert_int_equal(c.n, NET_MAX_EXITS);
    assert_int_equal(candidates_net(&c, &a, &out, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "160 positions, at most 159"));
    o.first = 1;
    find(&c, &n, &o, &a);
    build(&c, &a, &out);
    assert_int_equal(out.exits.n, NET_MAX_EXITS);

    o.first = 0;
    memset(name, 'x', sizeof name);
    name[NET_MAX_NAME - strlen("exit..classifier.weight")] = '\0';
    chain(&n, &a, 4, name);
    find(&c, &n, &o, &a);
    build(&c, &a, &out);
    memset(name, 'x', sizeof name);
    name[NET_MAX_NAME + 1 - strlen("exit..classifier.weight")] = '\0';
    chain(&n, &a, 4, name);
    assert_int_equal(candidates_find(&c, &n, &o, &a, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "at most 105 characters"));
    arena_free(&a);
}

/* A net whose costs are counted by the paper's rule keeps that rule. */
static void rules(void **state)
{
    struct arena a = {0};
    struct candidate_opts o = options();
    struct candidates c;
    struct net n, out;

    (void)state;
    zoo("resnet8", NULL, "none", &a, &n);
    net_cost(&n, MACS_PAPER);
    find(&c, &n, &o, &a);
    build(&c, &a, &out);
    assert_true(net_exit_at(&n, 0)->gamma_paper == net_exit_at(&n, 0)->gamma);
    for (size_t i = 1; i < out.exits.n; i++)
        assert_true(net_exit_at(&out, i)->gamma >
                    net_exit_at(&out, i - 1)->gamma);
    net_cost(&n, MACS_TRUE);
    assert_true(net_exit_at(&out, 3)->gamma >
                net_exit_at(&n, 0)->gamma + 16 * 10 * (16 + 16 + 32));
    arena_free(&a);
}

/* The logits of two branches and of the final exit are PyTorch's. */
static void values(void **state)
{
    struct arena a = {0};
    struct candidate_opts o = options();
    struct candidates c;
    struct net n, out;
    struct net_builder b = build_net(&n, &a, 9, 5, 2, 3);
    struct err e;
    struct engine *g;
    struct engine_param *p;
    real image[9 * 5 * 2];
    int64_t x, head;
    size_t params;

    (void)state;
    x = build_conv(&b, "one", NET_IMAGE, 4, 3, 1, BUILD_BIAS, ACT_RELU);
    x = build_conv(&b, "dw", x, 0, 3, 2, BUILD_BIAS | BUILD_DEPTHWISE,
                   ACT_RELU);
    x = build_conv(&b, "pw", x, 6, 1, 1, BUILD_BIAS, ACT_RELU);
    x = build_conv(&b, "two", x, 5, 3, 2, BUILD_BIAS, ACT_RELU);
    head = x = build_simple(&b, "final.flatten", OP_FLATTEN, x, ACT_NONE);
    x = build_linear(&b, "final.hidden", x, 7, BUILD_BIAS, ACT_RELU);
    build_linear(&b, "final.classifier", x, 3, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = head});
    nets_must(build_done(&b, MACS_TRUE, &e), &e);
    o.branch.most = 1;
    find(&c, &n, &o, &a);
    build(&c, &a, &out);
    assert_int_equal(out.exits.n, 3);

    g = engine_new(&out, &(struct engine_opts){.batch = 1});
    p = engine_params(g, &params);
    for (size_t t = 0; t < params; t++)
        for (size_t j = 0; j < p[t].n; j++)
            p[t].value[j] = (real)(0.5 * sin(0.7 * (double)j + (double)t));
    for (size_t j = 0; j < ARRAY_LEN(image); j++)
        image[j] = (real)cos(0.3 * (double)j);
    engine_forward(g, image, 1, ENGINE_EVAL);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            assert_true(fabs((double)engine_logits(g, i)[k] -
                             augment_ref[i][k]) < 1e-5);
    engine_free(g);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),  cmocka_unit_test(shares),
        cmocka_unit_test(kept),   cmocka_unit_test(others),
        cmocka_unit_test(rules),  cmocka_unit_test(values),
        cmocka_unit_test(limits),
    };

    return cmocka_run_group_tests_name("augment", tests, NULL, NULL);
}
