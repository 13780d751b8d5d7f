/* SPDX-License-Identifier: MIT
 * A network designed by hand is a row of numbers: stages of equal blocks and a
 * classifier.  zoobuild.c says what a block is made of, so that a network of
 * known blocks is a row in zoo.c and nothing else.
 *
 * Example (struct arena *arena, struct net *net, struct err *e):
 *     struct zoo_net z;
 *
 *     if (zoo_find("resnet20", &z)) {
 *         struct zoo_opts o = zoo_defaults(&z);
 *
 *         o.classes = 100;
 *         if (zoo_parse_exits(&z, "s1,s2", &o, e) < 0)
 *             return e->code;
 *         return zoo_make(&z, &o, arena, net, e);
 *     }
 *
 * The head of a net's final exit is the classifier.  Early exits, where they are
 * asked for, stand behind blocks; their heads are of the table of heads
 * (space/heads.h), without a pool in front. */
#ifndef NET_ZOO_ZOO_H
#define NET_ZOO_ZOO_H

#include "libcommon/base/buf.h"
#include "libcommon/nn/graph/netbuild.h"
#include "libcommon/space/heads.h"

/* Every convolution is padded for ceil(in / stride) outputs and ends in ReLU, but
 * for the last one before a sum. */
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

/* Convolutions are padded as by TensorFlow's SAME, one pixel more behind than in
 * front where their number is odd.  Without it, on both sides alike, by half of
 * them, rounded up. */
#define ZOO_SAME 256u

#define ZOO_MAX_STAGES 8
#define ZOO_MAX_BLOCKS 128 /* of all stages together */
#define ZOO_MAX_NAME 32    /* of a block, with its '\0' */
#define ZOO_RESNET_LEAST 8 /* layers of a ResNet: 6 n + 2 */
#define ZOO_RESNET_MOST 152

struct zoo_net {
    const char *name, *about;
    int64_t input[3]; /* (h, w, c) it was designed for */
    int64_t classes;  /* likewise */
    unsigned conv;    /* BUILD_NORM or BUILD_BIAS of its convolutions, and
                       * ZOO_SAME */
    int64_t hidden;   /* units of a layer between the flattened map and
                       * the classifier; 0 = it reads the map's mean */
    struct zoo_stage stages[ZOO_MAX_STAGES + 1]; /* blocks = 0 ends them */
};

extern const struct zoo_net zoo_nets[]; /* a name of NULL ends them */

/* Set *out to the net of that name, which *out borrows: one of zoo_nets, or a
 * ResNet of another depth.  Returns false where there is none. */
bool zoo_find(const char *name, struct zoo_net *out);
bool zoo_is_resnet(const char *name); /* whether it begins like one */

/* Set name to the first part of the names of the layers of a stage's i-th
 * block. */
void zoo_block_name(const struct zoo_stage *stage, int64_t i,
                    char name[ZOO_MAX_NAME]);

struct zoo_opts {
    int64_t input[3]; /* (h, w, c) */
    int64_t classes;
    double width; /* factor on channels and hidden units, which are
                   * rounded down, but not below 8 */
    bool exits[ZOO_MAX_BLOCKS]; /* (blocks) whether an early exit stands behind
                                 * it; the last block's is not looked at */
    struct head_choice head;    /* of early exits */
};
/* No early exits, whose heads would be gap. */
struct zoo_opts zoo_defaults(const struct zoo_net *z);

/* Read where early exits shall stand: "none", "all" (behind every block but the
 * last one and a stem), or names of blocks, or of stages for their last blocks,
 * with commas between.  ERR_ARG names what is none of these. */
int zoo_parse_exits(const struct zoo_net *z, const char *text,
                    struct zoo_opts *o, struct err *e) MUST_CHECK;

/* Append the one text of these exits: "none", "all" or the names of blocks. */
void zoo_exits_text(const struct zoo_net *z, const struct zoo_opts *o,
                    struct buf *out);

/* Read the shape of an image from "HxWxC".  ERR_ARG for other text and for
 * sizes beyond the limits. */
int zoo_parse_input(const char *text, int64_t input[3],
                    struct err *e) MUST_CHECK;

/* Add the layers and the exits to a builder that has its input and classes;
 * costs, id and net_check are left to build_done. */
void zoo_build(struct net_builder *b, const struct zoo_net *z,
               const struct zoo_opts *o);

/* Build the net in the arena and check it.  ERR_ARG names the layer that the
 * input leaves nothing for, the map that is too small for a head, or what is too
 * large. */
int zoo_make(const struct zoo_net *z, const struct zoo_opts *o, struct arena *a,
             struct net *out, struct err *e) MUST_CHECK;

#endif
