/* SPDX-License-Identifier: MIT
 * What a network costs: MACs under both rules, parameters, activation memory.
 * Every figure follows from the graph alone, so it is known before training.
 *
 * The two MAC rules (D17):
 *   true   convolutions and linear layers at their output size, the two inside
 *          squeeze-and-excite included; everything else 0.
 *   paper  in the backbone the same plus one per output element of every batch
 *          norm, every element-wise multiply (h-swish, the scaling of
 *          squeeze-and-excite) and every mean or average pool; in heads
 *          convolutions at input size / stride, and pools with one per input
 *          element (global pools none), everything else 0. */
#ifndef NN_GRAPH_COST_H
#define NN_GRAPH_COST_H

#include "libcommon/nn/graph/net.h"

enum mac_rule { MACS_TRUE, MACS_PAPER };
extern const char *const mac_rule_names[];      /* "true" "paper" NULL */

/* Costs of one layer, whose shapes and bindings are set.  Its size counts all
 * parameters, running statistics included, as float32. */
int64_t layer_macs(const struct layer *l);
int64_t layer_macs_paper(const struct layer *l, bool head);
int64_t layer_params(const struct layer *l);    /* trainable */
int64_t layer_size_bytes(const struct layer *l);

/* The index of the exit whose head layer i belongs to, -1 for the backbone. */
int net_head_of(const struct net *n, size_t i);

/* Most bytes of float32 activations alive at once while one image runs through
 * all layers in order: each layer's output from its own step to its last
 * reader's, the image too.  A view costs nothing (lifetimes.h).  The inputs
 * must point backwards. */
int64_t net_peak_bytes(const struct net *n);

/* Fill in every derived figure: the layers' macs, macs_paper, params and
 * act_bytes, the exits' head_macs, gamma and gamma_paper, the net's params,
 * peak_bytes and size_bytes.  rule is the one in force: head_macs and gamma
 * are counted by it. */
void net_cost(struct net *n, enum mac_rule rule);

/* The backbone's MACs up to exit i's tap, counted by the rule. */
int64_t net_prefix(const struct net *n, size_t i, enum mac_rule rule);

#endif
