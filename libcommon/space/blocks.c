/* SPDX-License-Identifier: MIT */
#include "libcommon/space/blocks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/space/heads.h"

const struct block_key_row block_keys[BLOCK_KEYS] = {
    [KEY_C] = {"c", 1, 4096, BLOCK_KEY_NEEDED},
    [KEY_S] = {"s", 1, 8, 1},
    [KEY_DEPTH] = {"depth", 1, 32, 1},
    [KEY_K] = {"k", 1, 15, BLOCK_KEY_NEEDED, .odd = true, .layers = true},
    [KEY_E] = {"e", 1, 16, BLOCK_KEY_NEEDED, .layers = true},
    [KEY_SE] = {"se", 0, 64, 0},
    [KEY_MIX] = {"mix", 0, 8192, 0},
    [KEY_ACT] = {"act", 0, ACT_COUNT - 1, ACT_RELU, .names = net_act_names},
};

int64_t block_channels(double v)
{
    int64_t n = (int64_t)floor((v + 4) / 8) * 8;

    n = n < 8 ? 8 : n;
    return (double)n < 0.9 * v ? n + 8 : n;
}

/* ---- conv ---- */

static int64_t conv_build(struct net_builder *b, const struct block_site *at)
{
    return build_conv(b, at->name, at->from, at->value[KEY_C], at->value[KEY_K],
                      at->value[KEY_S], BUILD_NORM, (int)at->value[KEY_ACT]);
}

/* ---- mb: the inverted bottleneck ---- */

/* Bind the depthwise kernel to the centre of the supernet's, with the
 * transforms that make that one smaller step by step. */
static void bind_kernel(struct net_builder *b, int64_t k, int64_t widest)
{
    struct layer *l = build_last(b);
    struct binding *w = layer_binding(l, "weight");
    int64_t *offset = arena_alloc(b->arena, 3, sizeof *offset);
    char name[NET_MAX_NAME];
    size_t steps = (size_t)(widest - k) / 2;

    if (!steps)
        return;
    offset[0] = offset[1] = (int64_t)steps;
    w->offset = (struct ints){offset, 3};
    w->transforms.v = arena_alloc(b->arena, steps, sizeof(char *));
    for (size_t i = 0; i < steps; i++) {
        int from = (int)widest - 2 * (int)i;

        snprintf(name, sizeof name, "%s.%dto%d", l->name, from, from - 2);
        w->transforms.v[w->transforms.n++] = arena_strdup(b->arena, name);
    }
}

static int64_t mb_build(struct net_builder *b, const struct block_site *at)
{
    const int64_t *v = at->value;
    int64_t cin = build_shape(b, at->from)->v[2], x = at->from;
    int64_t mid = v[KEY_E] > 1 ? block_channels((double)(cin * v[KEY_E])) : cin;
    int act = (int)v[KEY_ACT];
    char name[NET_MAX_NAME + 1];

#define NAME(part) (snprintf(name, sizeof name, "%s." part, at->name), name)
    if (v[KEY_E] > 1)
        x = build_conv(b, NAME("expand"), x, mid, 1, 1, BUILD_NORM, act);
    x = build_conv(b, NAME("depthwise"), x, 0, v[KEY_K], v[KEY_S],
                   BUILD_NORM | BUILD_DEPTHWISE, act);
    bind_kernel(b, v[KEY_K], at->widest_k);
    if (v[KEY_SE])
        x = build_se(b, NAME("se"), x,
                     block_channels((double)(mid / v[KEY_SE])));
    x = build_conv(b, NAME("project"), x, v[KEY_C], 1, 1, BUILD_NORM, ACT_NONE);
    if (v[KEY_S] == 1 && cin == v[KEY_C])
        x = build_add(b, NAME("add"), at->from, x, ACT_NONE);
    return x;
}

/* ---- final ---- */

static int64_t final_build(struct net_builder *b, const struct block_site *at)
{
    const int64_t *v = at->value;
    char name[NET_MAX_NAME + 1];
    int64_t first, x;

    first = build_conv(b, NAME("expand"), at->from, v[KEY_C], v[KEY_K], 1,
                       BUILD_NORM, (int)v[KEY_ACT]);
    x = build_simple(b, NAME("pool"), OP_GLOBALPOOL, first, ACT_NONE);
    if (v[KEY_MIX])
        x = build_linear(b, NAME("mix"), x, v[KEY_MIX], 0, (int)v[KEY_ACT]);
    x = build_linear(b, NAME("classifier"), x, b->net->classes, BUILD_BIAS,
                     ACT_NONE);
    build_exit(b, (struct net_exit){.stage = at->stage, .first = first});
    return x;
#undef NAME
}

static int64_t gap_build(struct net_builder *b, const struct block_site *at)
{
    head_build(head_find("gap"), b,
               &(struct head_site){
                   .prefix = at->name, .from = at->from, .stage = at->stage});
    return (int64_t)b->net->layers.n - 1;
}

/* ---- the table ---- */

#define BIT(key) (1u << KEY_##key)

static const struct block_kind kinds[] = {
    {"conv", false, BIT(C) | BIT(S) | BIT(DEPTH) | BIT(K) | BIT(ACT),
     BIT(DEPTH), conv_build},
    {"mb", false,
     BIT(C) | BIT(S) | BIT(DEPTH) | BIT(K) | BIT(E) | BIT(SE) | BIT(ACT),
     BIT(DEPTH) | BIT(K) | BIT(E), mb_build},
    {"conv", true, BIT(C) | BIT(K) | BIT(MIX) | BIT(ACT), 0, final_build},
    {"gap", true, 0, 0, gap_build},
};

const struct block_kind *block_find(const char *name, bool final)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].final == final && strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

void block_names(bool final, struct buf *out)
{
    const char *between = "";

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].final == final) {
            buf_addf(out, "%s%s", between, kinds[i].name);
            between = ", ";
        }
}
