/* SPDX-License-Identifier: MIT
 * How long the numbers of each layer are needed while one image runs through
 * all layers in order: what a planner of memory starts from (spans.h places
 * them). */
#ifndef NN_GRAPH_LIFETIMES_H
#define NN_GRAPH_LIFETIMES_H

#include "libcommon/nn/graph/net.h"

/* One stored map.  A step is the index of the layer that runs. */
struct lifetime {
    int64_t size; /* elements; 0 for a view, which stores nothing */
    size_t owner; /* index of the entry whose numbers these are: of
                             * the input's for a view, else its own */
    int64_t from; /* the step that writes it; the image's is 0 */
    int64_t to;   /* the last step that reads it, by itself or
                             * through views, and at least its own */
};

/* Returns layers.n + 1 entries, of the image and of each layer; owned (free).
 * Layers must read earlier ones only. */
struct lifetime *net_lifetimes(const struct net *n);

#endif
