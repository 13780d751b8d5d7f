/* SPDX-License-Identifier: MIT
 * Positions: the layers of a backbone behind which a branch may be attached, and
 * at which the network may be divided among processors.
 *
 * A layer is a position where its output is the only value that later layers
 * need, so that this value is all that a branch reads and all that goes from one
 * processor to the next; within a residual block there is none.  Of layers that
 * belong together only the last one counts: behind a layer stand the norm, the
 * activation, the pool and the gate that follow it (op_info.follows), and a
 * depthwise convolution belongs to the pointwise one behind it.  The end of the
 * backbone is no position, as the final head stands there. */
#ifndef NN_GRAPH_POSITIONS_H
#define NN_GRAPH_POSITIONS_H

#include "libcommon/nn/graph/net.h"

/* Set layer (layers.n of room) to the net's positions, ascending.  Returns their
 * number.  Heads that stand in the net already are not looked at. */
size_t net_positions(const struct net *n, size_t *layer);

/* Returns how many networks have at most one classifier on each of so many
 * processors, the final one included: the sum over k < processors of
 * C(positions, k), or INT64_MAX where there are more. */
int64_t positions_architectures(size_t positions, size_t processors);

#endif
