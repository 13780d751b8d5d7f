/* SPDX-License-Identifier: MIT */
#include "libcommon/space/heads.h"

#include <stdio.h>

static void nachos_build(struct net_builder *b, const struct head_site *at)
{
    static const int64_t channels[] = {32, 64, 128};
    static const char *const names[] = {"conv1", "conv2", "conv3"};
    int64_t first = (int64_t)b->net->layers.n, x;
    char name[NET_MAX_NAME + 1];

    /* The pool comes before the ReLU; the two are one layer. */
    snprintf(name, sizeof name, "%s.%s", at->prefix,
             at->pool > 1 ? "pool" : "relu");
    if (at->pool > 1)
        x = build_pool(b, name, OP_MAXPOOL, at->from, at->pool, at->pool,
                       ACT_RELU);
    else
        x = build_simple(b, name, OP_ACT, at->from, ACT_RELU);
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s.%s", at->prefix, names[i]);
        x = build_conv(b, name, x, channels[i], 3, 1, BUILD_BIAS, ACT_RELU);
    }
    snprintf(name, sizeof name, "%s.flatten", at->prefix);
    x = build_simple(b, name, OP_FLATTEN, x, ACT_NONE);
    snprintf(name, sizeof name, "%s.classifier", at->prefix);
    build_linear(b, name, x, b->net->classes + 1, BUILD_BIAS, ACT_NONE);
    build_exit(b, (struct net_exit){.stage = at->stage,
                                    .first = first,
                                    .confidence = true,
                                    .pool = at->pool});
}

static void mean_build(struct net_builder *b, const struct head_site *at)
{
    char name[NET_MAX_NAME + 1];
    int64_t first;

    snprintf(name, sizeof name, "%s.pool", at->prefix);
    first = build_simple(b, name, OP_GLOBALPOOL, at->from, ACT_NONE);
    snprintf(name, sizeof name, "%s.classifier", at->prefix);
    build_linear(b, name, first, b->net->classes + at->confidence, BUILD_BIAS,
                 ACT_NONE);
    build_exit(b, (struct net_exit){.stage = at->stage,
                                    .first = first,
                                    .confidence = at->confidence});
}

/* Returns the MACs of a head, counted in a net that has this head alone. */
static int64_t macs_as_built(int head, const struct head_input *in,
                             int64_t pool, enum mac_rule rule)
{
    struct arena a = {0};
    struct net net;
    struct net_builder b = build_net(&net, &a, in->h, in->w, in->c,
                                     in->classes);
    int64_t macs;

    exit_heads[head].build(&b, &(struct head_site){
                                   .prefix = "exit",
                                   .from = NET_IMAGE,
                                   .pool = pool,
                               });
    net_cost(&net, rule);
    macs = net_exit_at(&net, 0)->head_macs;
    arena_free(&a);
    return macs;
}

static int64_t nachos_macs(const struct head_input *in, int64_t pool,
                           enum mac_rule rule)
{
    return macs_as_built(HEAD_NACHOS, in, pool, rule);
}

static int64_t mean_macs(const struct head_input *in, int64_t pool,
                         enum mac_rule rule)
{
    return macs_as_built(HEAD_MEAN, in, pool, rule);
}

const struct exit_head exit_heads[EXIT_HEADS] = {
    [HEAD_NACHOS] = {"nachos", nachos_build, nachos_macs},
    [HEAD_MEAN] = {"mean", mean_build, mean_macs},
};
