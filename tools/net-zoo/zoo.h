/* SPDX-License-Identifier: MIT
 * A network designed by hand is a row of numbers: stages of equal blocks and a
 * classifier.  zoobuild.c says what a block is made of, so that a network of
 * known blocks is a row in zoo.c and nothing else.
 *
 * Example (struct arena *arena, struct net *net, struct err *e):
 *     const struct zoo_net *z = zoo_find("resnet20");
 *     struct zoo_opts o = zoo_defaults(z);
 *
 *     o.classes = 100;
 *     return zoo_make(z, &o, arena, net, e);
 *
 * A net has one exit, the final one, whose head is the classifier. */
#ifndef NET_ZOO_ZOO_H
#define NET_ZOO_ZOO_H

#include "libcommon/nn/graph/netbuild.h"

/* Every convolution is padded on both sides alike, for ceil(in / stride)
 * outputs, and ends in ReLU, but for the last one before a sum. */
enum zoo_block {
    ZOO_CONV,      /* one convolution */
    ZOO_RESIDUAL,  /* two, around them a shortcut without parameters:
                             * every stride-th pixel, new channels zero; ReLU
                             * after the sum */
    ZOO_SEPARABLE, /* depthwise, then 1x1 */
};

struct zoo_stage {
    const char *name; /* of its layers: NAME, or NAME.bI.PART */
    int block;        /* enum zoo_block */
    int64_t channels; /* of its output, at width 1 */
    int64_t kernel[2], stride[2];
    int64_t blocks; /* only the first has the stride */
    int64_t pool;   /* window and stride of a max-pool at its end, 0 =
                             * none */
};

#define ZOO_MAX_STAGES 8

struct zoo_net {
    const char *name, *about;
    int64_t input[3]; /* (h, w, c) it was designed for */
    int64_t classes;  /* likewise */
    unsigned conv;    /* BUILD_NORM or BUILD_BIAS: of its convolutions */
    int64_t hidden;   /* units of a layer between the flattened map and
                             * the classifier; 0 = it reads the map's mean */
    struct zoo_stage stages[ZOO_MAX_STAGES + 1]; /* blocks = 0 ends them */
};

extern const struct zoo_net zoo_nets[];           /* a name of NULL ends them */
const struct zoo_net *zoo_find(const char *name); /* NULL = no such net */

struct zoo_opts {
    int64_t input[3]; /* (h, w, c) */
    int64_t classes;
    double width; /* factor on channels and hidden units, which are
                             * rounded down, but not below 8 */
};
struct zoo_opts zoo_defaults(const struct zoo_net *z);

/* Read the shape of an image from "HxWxC".  ERR_ARG for other text and for
 * sizes beyond the limits. */
int zoo_parse_input(const char *text, int64_t input[3],
                    struct err *e) MUST_CHECK;

/* Add the layers and the exit to a builder that has its input and classes;
 * costs, id and net_check are left to build_done. */
void zoo_build(struct net_builder *b, const struct zoo_net *z, double width);

/* Build the net in the arena and check it.  ERR_ARG names the layer that the
 * input leaves nothing for, or what is too large. */
int zoo_make(const struct zoo_net *z, const struct zoo_opts *o, struct arena *a,
             struct net *out, struct err *e) MUST_CHECK;

#endif
