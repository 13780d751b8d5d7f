/* SPDX-License-Identifier: MIT
 * A net without its early exits: what the first phase of training and the
 * plain network F(x) of the paper run. */
#ifndef NN_GRAPH_BACKBONE_H
#define NN_GRAPH_BACKBONE_H

#include "libcommon/nn/graph/net.h"

/* *to becomes the backbone and the final exit of `from`: links are renumbered,
 * gamma, params and size_bytes are those of what is left, peak_bytes stays what
 * it was, an upper bound.  id is NULL, since it is no candidate of its own.
 * Arrays are in the arena, strings and bindings borrowed from `from`. */
void net_backbone(struct net *to, const struct net *from, struct arena *a);

#endif
