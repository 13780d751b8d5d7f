/* SPDX-License-Identifier: MIT */
#include "libcommon/space/heads.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- parts ---- */

/* Holds a head under construction. */
struct head_state {
    struct net_builder *b;
    const struct head_site *at;
    int64_t x; /* the layer built last */
    char name[NET_MAX_NAME + 1];
};

static const char *part(struct head_state *s, const char *name)
{
    snprintf(s->name, sizeof s->name, "%s.%s", s->at->prefix, name);
    return s->name;
}

static struct head_state begin(struct net_builder *b,
                               const struct head_site *at)
{
    return (struct head_state){.b = b, .at = at, .x = at->from};
}

static void pool(struct head_state *s, const char *name,
                 struct head_window window, int act)
{
    s->x = build_layer(s->b, &(struct build_op){
                                 .name = part(s, name),
                                 .op = OP_MAXPOOL,
                                 .from = &s->x,
                                 .n_from = 1,
                                 .kernel = {window.h, window.w},
                                 .stride = {window.h, window.w},
                                 .act = act,
                             });
}

/* The pool comes before the ReLU; the two are one layer. */
static void pool_relu(struct head_state *s, const char *name)
{
    struct head_window window = s->at->pool;

    if (window.h > 1 || window.w > 1)
        pool(s, name, window, ACT_RELU);
    else
        s->x = build_simple(s->b, part(s, "relu"), OP_ACT, s->x, ACT_RELU);
}

/* Name the weight of the layer built last by the window, on which its shape
 * depends. */
static void name_by_window(struct head_state *s)
{
    const struct head_window *pool = &s->at->pool;
    struct binding *w = layer_binding(build_last(s->b), "weight");
    char tensor[2 * NET_MAX_NAME];

    if (!s->at->shared || (pool->h == 1 && pool->w == 1))
        return;
    snprintf(tensor, sizeof tensor, "%s.%" PRId64 "x%" PRId64 ".weight",
             build_last(s->b)->name, pool->h, pool->w);
    w->tensor = arena_strdup(s->b->arena, tensor);
}

/* Append a linear layer behind the flattened map. */
static void read_pixels(struct head_state *s, const char *name, int64_t cout,
                        int act)
{
    const int64_t *map = build_shape(s->b, s->x)->v;
    int64_t pixels = map[0] * map[1];

    s->x = build_simple(s->b, part(s, "flatten"), OP_FLATTEN, s->x, ACT_NONE);
    s->x = build_linear(s->b, part(s, name), s->x, cout, BUILD_BIAS, act);
    if (s->at->widest > s->at->width && pixels > 1)
        layer_binding(build_last(s->b), "weight")->runs = pixels;
    name_by_window(s);
}

static int64_t outputs(const struct head_state *s)
{
    return s->b->net->classes + s->at->confidence;
}

/* Append the linear layer to the outputs. */
static void classify(struct head_state *s)
{
    build_linear(s->b, part(s, "classifier"), s->x, outputs(s), BUILD_BIAS,
                 ACT_NONE);
}

static void average(struct head_state *s)
{
    s->x = build_simple(s->b, part(s, "pool"), OP_GLOBALPOOL, s->x, ACT_NONE);
}

static void mix(struct head_state *s)
{
    s->x = build_conv(s->b, part(s, "conv"), s->x, s->at->width, 1, 1,
                      BUILD_NORM, ACT_HSWISH);
    average(s);
    classify(s);
}

/* ---- rows ---- */

static void gap_layers(struct net_builder *b, const struct head_site *at)
{
    struct head_state s = begin(b, at);

    average(&s);
    classify(&s);
}

static void mix_layers(struct net_builder *b, const struct head_site *at)
{
    struct head_state s = begin(b, at);

    mix(&s);
}

static void dw_layers(struct net_builder *b, const struct head_site *at)
{
    struct head_state s = begin(b, at);
    const int64_t *map = build_shape(b, at->from)->v;
    struct build_op op = {.op = OP_CONV,
                          .from = &at->from,
                          .n_from = 1,
                          .flags = BUILD_NORM | BUILD_DEPTHWISE,
                          .act = ACT_HSWISH};

    for (size_t k = 0; k < 2; k++) {
        op.kernel[k] = map[k] > 1 ? 3 : 1;
        op.stride[k] = map[k] > 1 ? 2 : 1;
        op.pad[k] = map[k] > 1;
    }
    op.name = part(&s, "depthwise");
    s.x = build_layer(b, &op);
    mix(&s);
}

static void conv_layers(struct net_builder *b, const struct head_site *at)
{
    static const char *const names[] = {"conv1", "conv2", "conv3"};
    struct head_state s = begin(b, at);

    pool_relu(&s, "pool");
    for (int i = 0; i < 3; i++)
        s.x = build_conv(b, part(&s, names[i]), s.x, at->width / (4 >> i), 3, 1,
                         BUILD_BIAS, ACT_RELU);
    read_pixels(&s, "classifier", outputs(&s), ACT_NONE);
}

static void exitblock_layers(struct net_builder *b, const struct head_site *at)
{
    struct head_state s = begin(b, at);
    int64_t c = build_shape(b, at->from)->v[2];

    s.x = build_conv(b, part(&s, "expand"), s.x, 6 * c, 1, 1, BUILD_NORM,
                     ACT_HSWISH);
    average(&s);
    s.x = build_linear(b, part(&s, "mix"), s.x, 8 * c, 0, ACT_HSWISH);
    classify(&s);
}

static void static_layers(struct net_builder *b, const struct head_site *at)
{
    struct head_state s = begin(b, at);
    struct build_op op = {.op = OP_CONV,
                          .from = &s.x,
                          .n_from = 1,
                          .cout = 128,
                          .flags = BUILD_BIAS};
    const int64_t *map;
    bool wide;

    pool_relu(&s, "front");
    map = build_shape(b, s.x)->v;
    wide = (map[0] == 1 || map[0] >= 6) && (map[1] == 1 || map[1] >= 6);
    for (size_t k = 0; k < 2; k++) {
        op.kernel[k] = map[k] == 1 ? 1 : wide ? 3 : 2;
        op.stride[k] = 1;
    }
    op.name = part(&s, "conv");
    op.act = wide ? ACT_NONE : ACT_RELU;
    s.x = build_layer(b, &op);
    name_by_window(&s);
    if (wide)
        pool(&s, "pool", (struct head_window){op.kernel[0], op.kernel[1]},
             ACT_RELU);
    read_pixels(&s, "classifier", outputs(&s), ACT_NONE);
}

static void fc_layers(struct net_builder *b, const struct head_site *at)
{
    struct head_state s = begin(b, at);

    if (at->pool.h > 1 || at->pool.w > 1)
        pool(&s, "pool", at->pool, ACT_NONE);
    read_pixels(&s, "hidden", 1024, ACT_RELU);
    classify(&s);
}

/* clang-format off */
const struct exit_head exit_heads[EXIT_HEADS] = {
    /*                  name         alias     width      flattens     side
     *                                             multiple     confidence */
    [HEAD_GAP]       = {"gap",       "mean",   0,   0, false, true,  1, gap_layers},
    [HEAD_MIX]       = {"mix",       NULL,     96,  1, false, true,  1, mix_layers},
    [HEAD_DW]        = {"dw",        NULL,     96,  1, false, true,  2, dw_layers},
    [HEAD_CONV]      = {"conv",      "nachos", 128, 4, true,  true,  1, conv_layers},
    [HEAD_EXITBLOCK] = {"exitblock", NULL,     0,   0, false, false, 1, exitblock_layers},
    [HEAD_STATIC]    = {"static",    NULL,     0,   0, true,  true,  2, static_layers},
    [HEAD_FC]        = {"fc",        NULL,     0,   0, true,  false, 1, fc_layers},
};
/* clang-format on */

/* ---- names ---- */

const struct exit_head *head_find(const char *name)
{
    for (const struct exit_head *h = exit_heads; h < exit_heads + EXIT_HEADS;
         h++)
        if (strcmp(h->name, name) == 0 ||
            (h->alias && strcmp(h->alias, name) == 0))
            return h;
    return NULL;
}

int head_parse(const char *text, struct head_choice *out, struct err *e)
{
    char name[16], *end;
    size_t n = strcspn(text, ":");

    snprintf(name, sizeof name, "%.*s", (int)n, text);
    out->head = n < sizeof name ? head_find(name) : NULL;
    if (!out->head) {
        struct buf names = {0};

        for (size_t i = 0; i < EXIT_HEADS; i++)
            buf_addf(&names, "%s%s", i ? ", " : "", exit_heads[i].name);
        err_set(e, ERR_ARG, "there is no head '%.*s': there are %s",
                (int)(n < 40 ? n : 40), text, names.data);
        buf_free(&names);
        return e->code;
    }
    out->width = out->head->width;
    if (!text[n])
        return 0;
    if (!out->width)
        return err_set(e, ERR_ARG, "head %s has no width to choose",
                       out->head->name);
    out->width = strtoll(text + n + 1, &end, 10);
    if (text[n + 1] < '1' || text[n + 1] > '9' || *end ||
        out->width > NET_MAX_CHANNELS || out->width % out->head->multiple)
        return err_set(e, ERR_ARG,
                       "head %s: its width is a multiple of %" PRId64
                       " up to %d, not '%.40s'",
                       out->head->name, out->head->multiple, NET_MAX_CHANNELS,
                       text + n + 1);
    return 0;
}

void head_text(const struct head_choice *c, struct buf *out)
{
    buf_adds(out, c->head->name);
    if (c->head->width)
        buf_addf(out, ":%" PRId64, c->width);
}

/* ---- building ---- */

bool head_stands(const struct exit_head *head, int64_t h, int64_t w)
{
    return h >= head->side || w >= head->side;
}

void head_build(const struct exit_head *head, struct net_builder *b,
                const struct head_site *at)
{
    struct head_site site = *at;
    int64_t first = (int64_t)b->net->layers.n;

    site.width = at->width ? at->width : head->width;
    site.pool = (struct head_window){at->pool.h ? at->pool.h : 1,
                                     at->pool.w ? at->pool.w : 1};
    site.confidence = at->confidence && head->confidence;
    head->layers(b, &site);
    build_exit(b, (struct net_exit){
                      .stage = at->stage,
                      .first = first,
                      .confidence = site.confidence,
                      .pool = head->flattens ? site.pool.h : 1,
                  });
}

int64_t head_macs(const struct head_choice *c, const int64_t *map,
                  struct head_window pool, int64_t classes, enum mac_rule rule)
{
    struct arena a = {0};
    struct net net;
    struct net_builder b = build_net(&net, &a, map[0], map[1], map[2], classes);
    int64_t macs;

    head_build(c->head, &b,
               &(struct head_site){
                   .prefix = "exit",
                   .from = NET_IMAGE,
                   .pool = pool,
                   .width = c->width,
                   .confidence = true,
               });
    net_cost(&net, rule);
    macs = net_exit_at(&net, 0)->head_macs;
    arena_free(&a);
    return macs;
}
