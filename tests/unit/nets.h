/* SPDX-License-Identifier: MIT
 * Real networks for unit tests.
 *
 *     struct arena a = {0};
 *     struct net net;
 *     nets_ofa(&net, &a, "ofa-mbv3:width=0.25,res=32", 0);
 *
 * A net lives in the arena.  Anything that fails ends the test program. */
#ifndef TESTS_NETS_H
#define TESTS_NETS_H

#include <stdio.h>
#include <stdlib.h>

#include "libcommon/nn/graph/netbuild.h"
#include "libcommon/space/heads.h"
#include "libcommon/space/space.h"

static inline void nets_must(int rc, const struct err *e)
{
    if (rc == 0)
        return;
    fprintf(stderr, "nets.h: %s\n", e->text);
    abort();
}

/* The net of a genome, written as digits; NULL = the max corner, "min" = the
 * min corner. */
static inline void nets_ofa(struct net *n, struct arena *a, const char *spec,
                            const char *genome)
{
    struct space *s;
    struct err e;
    struct ints g;

    nets_must(space_open(spec, &s, &e), &e);
    g = (struct ints){arena_alloc(a, s->genes.n, sizeof *g.v), s->genes.n};
    if (!genome)
        space_max_corner(s, g.v);
    else if (genome[0] == 'm')
        space_min_corner(s, g.v);
    else
        nets_must(genome_parse(genome, g.v, g.n, &e), &e);
    nets_must(space_net(s, &g, NULL, a, n, &e), &e);
    space_free(s);
}

/* A tiny net with two early exits that uses every op once: quick to train and
 * to differentiate numerically. */
static inline void nets_tiny(struct net *n, struct arena *a, int64_t side,
                             int64_t channels, int64_t classes)
{
    struct net_builder b = build_net(n, a, side, side, channels, classes);
    struct err e;
    int64_t x, y, first;

    x = build_conv(&b, "stem", NET_IMAGE, 8, 3, 2, BUILD_NORM, ACT_HSWISH);
    y = build_conv(&b, "a.depthwise", x, 0, 3, 1, BUILD_NORM | BUILD_DEPTHWISE,
                   ACT_RELU);
    y = build_se(&b, "a.se", y, 4);
    y = build_conv(&b, "a.project", y, 8, 1, 1, BUILD_NORM, ACT_NONE);
    x = build_add(&b, "a.add", x, y, ACT_NONE);
    head_build(
        &exit_heads[HEAD_CONV], &b,
        &(struct head_site){
            .prefix = "exit1", .from = x, .pool = {2, 2}, .confidence = true});
    x = build_conv(&b, "b.depthwise", x, 0, 5, 2, BUILD_NORM | BUILD_DEPTHWISE,
                   ACT_HSIGMOID);
    x = build_conv(&b, "b.project", x, 16, 1, 1, BUILD_BIAS, ACT_NONE);
    x = build_simple(&b, "b.norm", OP_NORM, x, ACT_SIGMOID);
    first = build_pool(&b, "exit2.pool", OP_AVGPOOL, x, 2, 2, ACT_NONE);
    y = build_simple(&b, "exit2.flatten", OP_FLATTEN, first, ACT_NONE);
    build_linear(&b, "exit2.classifier", y, classes + 1, BUILD_BIAS, ACT_NONE);
    build_exit(
        &b, (struct net_exit){.stage = 1, .first = first, .confidence = true});
    first = build_conv(&b, "final.expand", x, 24, 1, 1, BUILD_NORM, ACT_HSWISH);
    y = build_simple(&b, "final.pool", OP_GLOBALPOOL, first, ACT_NONE);
    y = build_linear(&b, "final.mix", y, 20, 0, ACT_HSWISH);
    build_linear(&b, "final.classifier", y, classes, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.stage = 1, .first = first});
    nets_must(build_done(&b, MACS_TRUE, &e), &e);
}

#endif
