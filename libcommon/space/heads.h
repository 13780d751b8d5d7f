/* SPDX-License-Identifier: MIT
 * The heads that exits may have, one row each.  A head reads the map that its
 * exit taps and ends in the exit's outputs: one per class and, for an early
 * exit, its confidence.  Which head a space's early exits get is in its family's
 * row (family.h); a new head is a function and a row in heads.c. */
#ifndef SPACE_HEADS_H
#define SPACE_HEADS_H

#include "libcommon/nn/graph/netbuild.h"

/* Where a head stands in its net. */
struct head_site {
    const char *prefix; /* its layers are named PREFIX.PART */
    int64_t from;       /* the layer whose output it reads */
    int64_t stage;      /* of its exit */
    int64_t pool;       /* window of the pool in front, 1 = none; heads
                         * without such a pool ignore it */
    bool confidence;    /* HEAD_MEAN: with a confidence unit, as the head of
                         * an early exit */
};

/* What a head's cost depends on. */
struct head_input {
    int64_t h, w, c; /* the map it reads */
    int64_t classes;
};

struct exit_head {
    const char *name;

    /* Append the head's layers and its exit to the net. */
    void (*build)(struct net_builder *b, const struct head_site *at);

    /* Returns the MACs of these layers with that pool, counted by `rule`. */
    int64_t (*macs)(const struct head_input *in, int64_t pool,
                    enum mac_rule rule);
};

enum { /* rows of exit_heads */
       /* The early exits of NACHOS have a pool, ReLU, three 3x3 convolutions to
     * 32, 64 and 128 channels, and a linear layer to classes + 1.  Layers:
     * .pool or .relu, .conv1 .. .conv3, .flatten, .classifier. */
       HEAD_NACHOS,
       /* Final exits have the mean over the map and a linear layer to classes;
     * so have small early ones.  Layers: .pool, .classifier. */
       HEAD_MEAN,
       EXIT_HEADS
};
extern const struct exit_head exit_heads[EXIT_HEADS];

#endif
