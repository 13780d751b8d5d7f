/* SPDX-License-Identifier: MIT
 * A net without some of its early exits, or without all: what the first phase of
 * training and the plain network F(x) of the paper run, and what is left of a net
 * with every candidate exit when some were chosen. */
#ifndef NN_GRAPH_BACKBONE_H
#define NN_GRAPH_BACKBONE_H

#include "libcommon/nn/graph/net.h"

/* *to becomes the backbone and the final exit of `from`: links are renumbered,
 * gamma, params, size_bytes and peak_bytes are those of what is left.  id is
 * NULL, since it is no candidate of its own.  Arrays are in the arena, strings
 * and bindings borrowed from `from`. */
void net_backbone(struct net *to, const struct net *from, struct arena *a);

/* The same with the early exits i whose keep[i] (exits - 1) is true. */
void net_keep_exits(struct net *to, const struct net *from, const bool *keep,
                    struct arena *a);

#endif
