/* SPDX-License-Identifier: MIT
 * What the lines of a network table may be: the keys, one row each, and the
 * kinds of blocks, one row each, with the keys that they take and the function
 * that builds one.  A new kind is a function and a row in blocks.c; the parser
 * (nettable.h), the genes and the networks (netspace.h) know rows alone. */
#ifndef SPACE_BLOCKS_H
#define SPACE_BLOCKS_H

#include "libcommon/base/buf.h"
#include "libcommon/nn/graph/netbuild.h"

/* In the order of their genes. */
enum block_key {
    KEY_C,     /* channels, before the factor `width` of a spec */
    KEY_S,     /* stride, of the first of its blocks */
    KEY_DEPTH, /* number of blocks */
    KEY_K,     /* kernel size */
    KEY_E,     /* expand ratio */
    KEY_SE,    /* squeeze-and-excite to 1 / se of the channels, 0 = none */
    KEY_MIX,   /* of final: channels of a linear layer, 0 = none */
    KEY_ACT,   /* activation, enum net_act */
    BLOCK_KEYS
};

#define BLOCK_KEY_NEEDED (-1)

struct block_key_row {
    const char *name;
    int64_t min, max;
    int64_t standard;         /* where it is not given, BLOCK_KEY_NEEDED = it
                               * must be */
    bool odd;                 /* odd numbers alone */
    bool layers;              /* k2=5 is for the second block alone */
    const char *const *names; /* of the values 0, 1, .. max; NULL = numbers */
};
extern const struct block_key_row block_keys[BLOCK_KEYS];

/* One block to be built; values by the keys, channels scaled. */
struct block_site {
    const char *name; /* its layers are NAME or NAME.PART */
    int64_t from;     /* the layer whose output it reads */
    int64_t value[BLOCK_KEYS];
    int64_t widest_k; /* the largest kernel that it has in any design: the
                       * stored tensor's */
    int64_t stage;    /* of a final block's exit */
};

struct block_kind {
    const char *name;
    bool final;     /* it ends the network: it builds the final exit as well */
    unsigned takes; /* keys: bits 1 << enum block_key */
    unsigned genes; /* of them, those that may have several values */

    /* Append the block's layers.  Returns the last. */
    int64_t (*build)(struct net_builder *b, const struct block_site *at);
};
#define BLOCK_LAYERS 5 /* a block has at most so many layers */

/* Returns the row of that name, of those that are final or of the others, or
 * NULL. */
const struct block_kind *block_find(const char *name, bool final);

/* Append the names of these rows, for messages: "conv, mb". */
void block_names(bool final, struct buf *out);

/* Returns a number of channels: the multiple of 8 that is nearest to v, or the
 * next one where that is more than 10 % below v. */
int64_t block_channels(double v);

#endif
