/* SPDX-License-Identifier: MIT
 * Blocks become layers. */
#include <inttypes.h>
#include <stdio.h>

#include "libcommon/nn/graph/window.h"
#include "tools/net-zoo/zoo.h"

/* Holds the state of a network under construction. */
struct site {
    struct net_builder *b;
    unsigned conv;             /* of its convolutions, as in the table */
    int64_t x;                 /* the layer built last */
    char prefix[ZOO_MAX_NAME]; /* of the names of the block's layers */
    char name[64];
};

static const char *name(struct site *s, const char *part)
{
    snprintf(s->name, sizeof s->name, "%s%s%s", s->prefix, *part ? "." : "",
             part);
    return s->name;
}

static int64_t scaled(int64_t channels, double width)
{
    int64_t n = (int64_t)((double)channels * width);

    return n < 8 ? 8 : n;
}

static void conv(struct site *s, const char *part, int64_t cout,
                 const int64_t *kernel, const int64_t *stride, unsigned flags,
                 int act)
{
    int64_t sides[4];
    struct build_op op = {
        .name = name(s, part),
        .op = OP_CONV,
        .from = &s->x,
        .n_from = 1,
        .cout = cout,
        .flags = (s->conv & ~ZOO_SAME) | flags,
        .act = act,
    };

    for (size_t k = 0; k < 2; k++) {
        op.kernel[k] = kernel[k];
        op.stride[k] = stride[k];
        op.pad[k] = window_same_pad(build_shape(s->b, s->x)->v[k], kernel[k],
                                    stride[k]);
        sides[2 * k + 1] = window_same_total(build_shape(s->b, s->x)->v[k],
                                             kernel[k], stride[k]);
        sides[2 * k] = sides[2 * k + 1] / 2;
        sides[2 * k + 1] -= sides[2 * k];
    }
    if (s->conv & ZOO_SAME)
        op.sides = sides;
    s->x = build_layer(s->b, &op);
}

static const int64_t one[2] = {1, 1};

static void block(struct site *s, const struct zoo_stage *stage, int64_t c,
                  const int64_t *stride)
{
    int64_t from = s->x, shortcut = from;

    switch (stage->block) {
    case ZOO_CONV:
        conv(s, "", c, stage->kernel, stride, 0, ACT_RELU);
        break;
    case ZOO_RESIDUAL:
        /* The shortcut is built first, since of an addition's inputs the older
         * alone counts when training begins (engine_init). */
        if (stride[0] > 1 || stride[1] > 1)
            shortcut = build_layer(s->b, &(struct build_op){
                                             .name = name(s, "subsample"),
                                             .op = OP_MAXPOOL,
                                             .from = &from,
                                             .n_from = 1,
                                             .kernel = {1, 1},
                                             .stride = {stride[0], stride[1]},
                                         });
        if (c > build_shape(s->b, from)->v[2])
            shortcut = build_widen(s->b, name(s, "widen"), shortcut, c);
        conv(s, "conv1", c, stage->kernel, stride, 0, ACT_RELU);
        conv(s, "conv2", c, stage->kernel, one, 0, ACT_NONE);
        s->x = build_add(s->b, name(s, "add"), shortcut, s->x, ACT_RELU);
        break;
    case ZOO_SEPARABLE:
        conv(s, "depthwise", 0, stage->kernel, stride, BUILD_DEPTHWISE,
             ACT_RELU);
        conv(s, "pointwise", c, one, one, 0, ACT_RELU);
        break;
    }
}

/* Puts an early exit behind the block built last. */
static void early_exit(struct site *s, int64_t position,
                       const struct head_choice *head)
{
    char prefix[ZOO_MAX_NAME + 8];

    snprintf(prefix, sizeof prefix, "exit.%s", s->prefix);
    head_build(head->head, s->b,
               &(struct head_site){
                   .prefix = prefix,
                   .from = s->x,
                   .stage = position,
                   .width = head->width,
                   .confidence = true,
               });
}

void zoo_build(struct net_builder *b, const struct zoo_net *z,
               const struct zoo_opts *o)
{
    struct site s = {.b = b, .conv = z->conv, .x = NET_IMAGE};
    int64_t position = -1, first, x; /* position: of the last block */

    for (const struct zoo_stage *stage = z->stages; stage->blocks; stage++) {
        int64_t channels = scaled(stage->channels, o->width);

        for (int64_t i = 0; i < stage->blocks; i++) {
            bool last = i + 1 == stage->blocks;

            zoo_block_name(stage, i, s.prefix);
            block(&s, stage, channels, i ? one : stage->stride);
            if (last && stage->pool)
                s.x = build_pool(b, name(&s, "pool"), OP_MAXPOOL, s.x,
                                 stage->pool, stage->pool, ACT_NONE);
            if (o->exits[++position] && !(last && !stage[1].blocks))
                early_exit(&s, position, &o->head);
        }
    }
    if (!z->hidden) {
        head_build(&exit_heads[HEAD_GAP], b,
                   &(struct head_site){
                       .prefix = "final",
                       .from = s.x,
                       .stage = position,
                   });
        return;
    }
    first = build_simple(b, "final.flatten", OP_FLATTEN, s.x, ACT_NONE);
    x = build_linear(b, "final.hidden", first, scaled(z->hidden, o->width),
                     BUILD_BIAS, ACT_RELU);
    build_linear(b, "final.classifier", x, b->net->classes, BUILD_BIAS,
                 ACT_NONE);
    build_exit(b, (struct net_exit){.stage = position, .first = first});
}

static int check_heads(const struct net *n, const struct head_choice *head,
                       struct err *e)
{
    for (size_t i = 0; i + 1 < n->exits.n; i++) {
        const int64_t *map = net_shape(n, net_exit_at(n, i)->tap)->v;

        if (!head_stands(head->head, map[0], map[1]))
            return err_set(e, ERR_ARG,
                           "%s has a map of %" PRId64 "x%" PRId64
                           ", too small for head %s",
                           net_tap_name(n, i), map[0], map[1],
                           head->head->name);
    }
    return 0;
}

int zoo_make(const struct zoo_net *z, const struct zoo_opts *o, struct arena *a,
             struct net *out, struct err *e)
{
    struct net_builder b = build_net(out, a, o->input[0], o->input[1],
                                     o->input[2], o->classes);

    zoo_build(&b, z, o);
    if (build_done(&b, MACS_TRUE, e) == 0 && check_heads(out, &o->head, e) == 0)
        return 0;
    err_prefix(e, "%s for %" PRId64 "x%" PRId64 "x%" PRId64, z->name,
               o->input[0], o->input[1], o->input[2]);
    return e->code = ERR_ARG;
}
