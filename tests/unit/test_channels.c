/* SPDX-License-Identifier: MIT
 * Channel groups: which there are, and that a net whose groups are permuted
 * computes what it did. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/graph/backbone.h"
#include "libcommon/nn/train/bind.h"
#include "tests/unit/nets.h"
#include "tools/ofa-train/channels.h"
#include "tools/ofa-train/sorting.h"

#define SIDE 8
#define BATCH 3

/* "a:made b:passed c:read | ..." */
static char *text_of(const struct channel_groups *g, char text[2000])
{
    static const char *const parts[] = {"made", "passed", "read", "squeezed"};

    *text = '\0';
    for (size_t i = 0; i < g->n; i++)
        for (size_t k = 0; k < g->v[i].n; k++)
            snprintf(text + strlen(text), 2000 - strlen(text), "%s%s:%s",
                     k   ? " "
                     : i ? " | "
                         : "",
                     g->v[i].v[k].layer->name, parts[g->v[i].v[k].part]);
    return text;
}

/* Dense convolutions read by another, through a gate (squeeze-and-excite made of
 * layers of its own), a pool, and by two heads; a sum; a flatten of a map and
 * one of a single pixel. */
static void plain(struct net *n, struct arena *a)
{
    struct net_builder b = build_net(n, a, SIDE, SIDE, 3, 5);
    int64_t x, y, gate, first;
    struct err e;

    x = build_conv(&b, "c1", NET_IMAGE, 6, 3, 1, BUILD_NORM, ACT_RELU);
    x = build_pool(&b, "c1.pool", OP_MAXPOOL, x, 2, 2, ACT_NONE);
    x = build_conv(&b, "c2", x, 7, 3, 1, BUILD_BIAS, ACT_RELU);
    gate = build_simple(&b, "gate.pool", OP_GLOBALPOOL, x, ACT_NONE);
    gate = build_linear(&b, "gate.reduce", gate, 4, BUILD_BIAS, ACT_RELU);
    gate = build_linear(&b, "gate.expand", gate, 7, BUILD_BIAS, ACT_HSIGMOID);
    x = build_mul(&b, "gate", x, gate, ACT_NONE);
    x = build_conv(&b, "c3", x, 8, 1, 1, BUILD_NORM, ACT_NONE);
    y = build_conv(&b, "c4", x, 8, 3, 1, BUILD_NORM, ACT_RELU);
    x = build_add(&b, "add", x, y, ACT_RELU);
    x = build_conv(&b, "c5", x, 9, 3, 1, BUILD_NORM, ACT_HSWISH);
    first = build_conv(&b, "h1.conv", x, 5, 3, 2, BUILD_NORM | BUILD_DEPTHWISE,
                       ACT_RELU);
    y = build_conv(&b, "h1.mix", first, 12, 1, 1, BUILD_NORM, ACT_HSWISH);
    y = build_simple(&b, "h1.pool", OP_GLOBALPOOL, y, ACT_NONE);
    y = build_simple(&b, "h1.flat", OP_FLATTEN, y, ACT_NONE);
    build_linear(&b, "h1.fc", y, 6, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = first, .confidence = true});
    x = build_conv(&b, "c6", x, 10, 1, 1, BUILD_NORM, ACT_RELU);
    x = build_se(&b, "se", x, 4);
    first = build_conv(&b, "c7", x, 11, 1, 1, BUILD_NORM, ACT_RELU);
    y = build_simple(&b, "flat", OP_FLATTEN, first, ACT_NONE);
    build_linear(&b, "fc", y, 5, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = first});
    nets_must(build_done(&b, MACS_TRUE, &e), &e);
}

static void found(void **state)
{
    struct arena a = {0};
    struct channel_groups g;
    struct net n;
    char text[2000];

    (void)state;
    plain(&n, &a);
    channels_find(&n, 1, &a, &g);
    assert_string_equal(
        text_of(&g, text),
        "c1:made c1.pool:passed c2:read | "
        "c2:made gate.pool:passed gate.reduce:read gate.expand:made "
        "gate:passed c3:read | "
        "gate.reduce:made gate.expand:read | "
        "c5:made h1.conv:passed h1.mix:read c6:read | "
        "h1.mix:made h1.pool:passed h1.flat:passed h1.fc:read | "
        "c6:made se:passed c7:read | "
        "se:squeezed");
    assert_int_equal(channels_made(&g.v[1]), 7);
    assert_int_equal(channels_made(&g.v[6]), 4);
    assert_int_equal(channels_count(&g.v[1], &n), 7);
    arena_free(&a);
}

/* Layers of one name are one layer: of two nets that differ in a head, the
 * groups have both heads. */
static void several_nets(void **state)
{
    struct arena a = {0};
    struct channel_groups g;
    struct net nets[2];
    char text[2000];

    (void)state;
    plain(&nets[1], &a);
    net_backbone(&nets[0], &nets[1], &a);
    channels_find(nets, 2, &a, &g);
    text_of(&g, text);
    assert_non_null(
        strstr(text, "| c5:made c6:read h1.conv:passed h1.mix:read |"));
    assert_non_null(strstr(text, "| h1.mix:made h1.pool:passed"));
    for (size_t i = 0; i < g.n; i++)
        assert_int_equal(g.v[i].head, g.v[i].v->layer->name[0] == 'h');
    for (size_t i = 0; i < g.n; i++)
        if (g.v[i].head)
            assert_int_equal(channels_count(&g.v[i], &nets[0]), 0);
    arena_free(&a);
}

static void pinned(void **state)
{
    struct arena a = {0};
    struct channel_groups g;
    struct net n;
    struct net_builder b = build_net(&n, &a, SIDE, SIDE, 3, 4);
    int64_t part[2], x, y, first;
    char text[2000];
    struct err e;

    (void)state;
    x = build_conv(&b, "image", NET_IMAGE, 0, 3, 1,
                   BUILD_NORM | BUILD_DEPTHWISE, ACT_RELU);
    part[0] = build_conv(&b, "left", x, 6, 1, 1, BUILD_NORM, ACT_RELU);
    part[1] = build_conv(&b, "right", x, 6, 1, 1, BUILD_NORM, ACT_RELU);
    x = build_concat(&b, "concat", part, 2, ACT_NONE);
    x = build_conv(&b, "narrow", x, 8, 1, 1, BUILD_NORM, ACT_RELU);
    y = build_widen(&b, "widen", x, 12);
    x = build_conv(&b, "sum", x, 12, 3, 1, BUILD_NORM, ACT_NONE);
    x = build_add(&b, "add", x, y, ACT_RELU);
    x = build_conv(&b, "flattened", x, 3, 3, 1, BUILD_NORM, ACT_RELU);
    first = build_simple(&b, "flat", OP_FLATTEN, x, ACT_NONE);
    build_linear(&b, "fc", first, 4, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = first});
    nets_must(build_done(&b, MACS_TRUE, &e), &e);
    channels_find(&n, 1, &a, &g);
    assert_string_equal(text_of(&g, text), "");
    arena_free(&a);
}

/* Every group of the net in reverse order. */
static void computes_the_same(void **state)
{
    const struct engine_opts o = {.batch = BATCH, .shards = 1};
    struct rng r = rng_make(3, "images", 0, 0);
    struct arena a = {0};
    struct channel_groups g;
    float images[BATCH * SIDE * SIDE * 3], was[2][BATCH * 6];
    struct bank *bank = bank_new();
    struct bind_map *map;
    struct bank_tensor *const *t;
    struct net n;
    struct err e;
    size_t count;

    (void)state;
    plain(&n, &a);
    channels_find(&n, 1, &a, &g);
    struct engine *engine = engine_new(&n, &o);
    engine_init(engine, 1);
    bind_missing(engine, bank);
    t = bank_all(bank, &count);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < t[i]->n; k++) {
            bool var = strstr(t[i]->name, ".var") != NULL;

            t[i]->value[k] += (float)(var ? 0.3 * rng_uniform(&r)
                                          : 0.1 * rng_normal(&r));
        }
    for (size_t i = 0; i < sizeof images / sizeof *images; i++)
        images[i] = (float)rng_normal(&r);
    nets_must(bind_new(engine, bank, &map, &e), &e);
    bind_gather(map);
    engine_forward(engine, images, BATCH, ENGINE_EVAL);
    memcpy(was[0], engine_logits(engine, 0), sizeof was[0]);
    memcpy(was[1], engine_logits(engine, 1), BATCH * 5 * sizeof(float));

    for (size_t i = 0; i < g.n; i++) {
        size_t all = (size_t)channels_made(&g.v[i]);
        size_t *order = xcalloc(all, sizeof *order);

        for (size_t k = 0; k < all; k++)
            order[k] = all - 1 - k;
        sorting_permute(bank, &g.v[i], order);
        free(order);
    }
    bind_gather(map);
    engine_forward(engine, images, BATCH, ENGINE_EVAL);
    for (int i = 0; i < BATCH * 6; i++)
        assert_true(fabs((double)engine_logits(engine, 0)[i] -
                         (double)was[0][i]) < 1e-5);
    for (int i = 0; i < BATCH * 5; i++)
        assert_true(fabs((double)engine_logits(engine, 1)[i] -
                         (double)was[1][i]) < 1e-5);
    assert_true(fabs((double)was[0][0] - (double)was[0][6]) > 1e-3);
    bind_free(map);
    engine_free(engine);
    bank_free(bank);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found),
        cmocka_unit_test(several_nets),
        cmocka_unit_test(pinned),
        cmocka_unit_test(computes_the_same),
    };

    return cmocka_run_group_tests_name("channels", tests, NULL, NULL);
}
