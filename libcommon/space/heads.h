/* SPDX-License-Identifier: MIT
 * The heads that exits may have, one row each.  A head reads the map that its
 * exit taps and ends in the exit's outputs: one per class and, for an early
 * exit of a head that has it, its confidence.  Spaces, net-zoo and net-augment
 * take every row; a new head is a function and a row in heads.c.
 *
 * Example (struct net_builder *b, int64_t x, struct err *e):
 *     struct head_choice c;
 *
 *     if (head_parse("mix:64", &c, e) < 0)
 *         return e->code;
 *     if (head_stands(c.head, build_shape(b, x)->v[0], build_shape(b, x)->v[1]))
 *         head_build(c.head, b, &(struct head_site){.prefix = "exit1",
 *                                                   .from = x,
 *                                                   .width = c.width,
 *                                                   .confidence = true});
 *     return 0; */
#ifndef SPACE_HEADS_H
#define SPACE_HEADS_H

#include "libcommon/base/buf.h"
#include "libcommon/nn/graph/netbuild.h"

/* The window of a pool; 0 = 1. */
struct head_window {
    int64_t h, w;
};

/* Where a head stands in its net. */
struct head_site {
    const char *prefix;      /* its layers are named PREFIX.PART */
    int64_t from;            /* the layer whose output it reads */
    int64_t stage;           /* of its exit */
    struct head_window pool; /* in front; heads that do not flatten have
                              * none */
    int64_t width;           /* of heads that have one; 0 = the row's */
    int64_t widest;  /* width of the stored tensors, of which this head takes
                      * the first channels; 0 = its own */
    bool shared;     /* the tensors are those of a supernet where the pool may
                      * vary: weights whose shape depends on it have the pool's
                      * window in their names, "exit1.conv.classifier.2x2.weight"
                      * */
    bool confidence; /* it is an early exit's, with a confidence unit where
                      * the row has one */
};

struct exit_head {
    const char *name;
    const char *alias; /* another name that users may give, or NULL */
    int64_t width;     /* by default; 0 = the head has none to choose */
    int64_t multiple;  /* widths are multiples of it */
    bool flattens;     /* it has a layer that reads all pixels, so that a pool
                        * in front makes it cheaper (place.h) */
    bool confidence;   /* an early exit of it has a confidence unit */
    int64_t side;      /* the longer side of its map is at least so long */

    /* Append the head's layers. */
    void (*layers)(struct net_builder *b, const struct head_site *at);
};

/* In the layers below, norm is a batch norm, and convolutions with a norm have
 * no bias. */
enum { /* rows of exit_heads */
       /* The mean over the map and a linear layer: .pool, .classifier. */
       HEAD_GAP,
       /* A 1x1 convolution to `width` channels with norm and h-swish, their
        * means, a linear layer: .conv, .pool, .classifier. */
       HEAD_MIX,
       /* A depthwise 3x3 convolution of stride 2 with norm and h-swish, then
        * what mix has: .depthwise, .conv, .pool, .classifier.  Along a side
        * of one pixel kernel and stride are 1. */
       HEAD_DW,
       /* The early exits of NACHOS: pool, ReLU, three 3x3 convolutions with
        * bias and ReLU to width / 4, width / 2 and width channels, a linear
        * layer: .pool or .relu, .conv1 .. .conv3, .flatten, .classifier. */
       HEAD_CONV,
       /* The first exits of EDANAS, of C channels: a 1x1 convolution to 6 C
        * with norm and h-swish, their means, a linear layer to 8 C without
        * bias with h-swish, another to the classes: .expand, .pool, .mix,
        * .classifier. */
       HEAD_EXITBLOCK,
       /* The exits of EEAlexNet and EEResNet20: ReLU, a 3x3 convolution to
        * 128 channels without padding, a 3x3 max-pool, ReLU, a linear layer;
        * where the map has fewer than 6 pixels along its shorter side, a 2x2
        * convolution and no pool behind it.  Sides of one pixel count for
        * neither and have a kernel of 1.  Layers: .front (with a pool in front)
        * or .relu, .conv, .pool, .flatten, .classifier. */
       HEAD_STATIC,
       /* The early exit of EECNN: linear layers on the map's pixels to 1024
        * units with ReLU and to the classes: .pool, .flatten, .hidden,
        * .classifier. */
       HEAD_FC,
       EXIT_HEADS
};
extern const struct exit_head exit_heads[EXIT_HEADS];

/* A head and its width, which is 0 where it has none. */
struct head_choice {
    const struct exit_head *head;
    int64_t width;
};

/* Returns the row of that name or alias, or NULL. */
const struct exit_head *head_find(const char *name);

/* Read "NAME" or "NAME:WIDTH", NAME as head_find takes it.  ERR_ARG says what
 * there is instead. */
int head_parse(const char *text, struct head_choice *out,
               struct err *e) MUST_CHECK;

/* Append "NAME", or "NAME:WIDTH" of a head that has a width. */
void head_text(const struct head_choice *c, struct buf *out);

/* Returns true when the head can stand at a map of h x w pixels. */
bool head_stands(const struct exit_head *head, int64_t h, int64_t w);

/* Append the head's layers and its exit to the net.  It stands there. */
void head_build(const struct exit_head *head, struct net_builder *b,
                const struct head_site *at);

/* Returns the MACs, counted by `rule`, of a head of an early exit that reads a
 * map (h, w, c) and knows so many classes. */
int64_t head_macs(const struct head_choice *c, const int64_t *map,
                  struct head_window pool, int64_t classes, enum mac_rule rule);

#endif
