/* SPDX-License-Identifier: MIT
 * Which channels of a net may stand in any order.
 *
 * A channel group is a set of values whose channels stand in one order: what a
 * dense convolution or a linear layer makes, and what others pass on channel by
 * channel (norms, activations, depthwise convolutions, pools,
 * squeeze-and-excite, products, the flatten of a 1x1 map).  When the parameters
 * of all layers that make, pass and read them are permuted alike, the net
 * computes what it did, up to the order in which numbers are added.  The
 * squeezed channels of a squeeze-and-excite are a group of their own.
 *
 * Pinned, and in no group, are the channels of the image, the outputs of exits,
 * and what a sum, a concat, a widen or the flatten of a larger map reads and
 * gives: a flatten and a concat know positions, and which values a sum adds up
 * differs from one design of a space to the next. */
#ifndef CHANNELS_H
#define CHANNELS_H

#include "libcommon/nn/graph/net.h"

enum channel_part {
    CHANNELS_MADE,     /* outputs of a dense convolution or linear layer */
    CHANNELS_PASSED,   /* outputs that have the input's channels */
    CHANNELS_READ,     /* inputs of a dense convolution or linear layer */
    CHANNELS_SQUEEZED, /* within a squeeze-and-excite */
};

/* One layer's part in a group.  A layer may have two parts in two groups. */
struct channel_use {
    const struct layer *layer;
    enum channel_part part;
};

struct channel_group {
    struct channel_use *v; /* (n) in the order of the layers; the first layer
                            * makes or squeezes the channels */
    size_t n;
    bool head; /* that layer is not in the first net */
};

struct channel_groups {
    struct channel_group *v;
    size_t n;
};

/* Find the groups of n nets taken together: layers of one name are one layer,
 * such as the backbone that nets with other heads have in common.  Groups of
 * squeezed channels come behind the others.  *out is in the arena and borrows
 * the nets' layers. */
void channels_find(const struct net *nets, size_t n, struct arena *a,
                   struct channel_groups *out);

/* Return how many channels the group has in the nets that it was found in, and
 * in another one, 0 when that lacks the layer that makes them. */
int64_t channels_made(const struct channel_group *g);
int64_t channels_count(const struct channel_group *g, const struct net *n);

#endif
