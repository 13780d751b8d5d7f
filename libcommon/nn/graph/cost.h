/* SPDX-License-Identifier: MIT
 * What a network costs: MACs under both rules, parameters, activation memory.
 * Every number follows from the graph alone, so it is known before training.
 *
 * There are two MAC rules (D17):
 *   true   counts convolutions and linear layers at their output size, the two
 *          inside squeeze-and-excite included; everything else is 0.
 *   paper  counts in the backbone what `true` counts, plus one per output
 *          element of every batch norm, every element-wise multiply (an
 *          activation's, by the column `products` of act.h, and the scaling of
 *          squeeze-and-excite) and every mean or average pool;
 *          squeeze-and-excite's mean counts (h + 1) c.  In heads it counts
 *          convolutions at input size / stride, linear layers, and one per
 *          input element of maximum and average pools. */
#ifndef NN_GRAPH_COST_H
#define NN_GRAPH_COST_H

#include "libcommon/nn/graph/net.h"

enum mac_rule { MACS_TRUE, MACS_PAPER };
extern const char *const mac_rule_names[]; /* "true" "paper" NULL */

/* Return a cost of one layer, whose shapes and bindings are set.  Its size
 * counts all parameters, running statistics included, as float32. */
int64_t layer_macs(const struct layer *l);
int64_t layer_macs_paper(const struct layer *l, bool head);
int64_t layer_params(const struct layer *l); /* trainable */
int64_t layer_size_bytes(const struct layer *l);

/* Returns the index of the exit whose head has layer i, -1 for the backbone. */
int net_head_of(const struct net *n, size_t i);

/* Returns the most bytes of float32 activations alive at once while one image
 * runs through all layers in order: each layer's output lives from its own step
 * to its last reader's, and so does the image.  A view costs nothing
 * (lifetimes.h).  Layers must read earlier ones only. */
int64_t net_peak_bytes(const struct net *n);

/* Fill in every derived number: the layers' macs, macs_paper, params and
 * act_bytes, the exits' head_macs, gamma and gamma_paper, the net's params,
 * peak_bytes and size_bytes.  head_macs and gamma are counted by `rule`. */
void net_cost(struct net *n, enum mac_rule rule);

/* Returns the backbone's MACs up to exit i's tap, counted by `rule`. */
int64_t net_prefix(const struct net *n, size_t i, enum mac_rule rule);

#endif
