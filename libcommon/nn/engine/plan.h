/* SPDX-License-Identifier: MIT
 * Inside of the engine: a net's layers are lowered to nodes (node.h).
 *
 * plan_build chooses how each layer runs, copies an input in front of a layer
 * that cannot read it as it stands, and says of each node who reads it: who
 * writes its gradient first and who last, until when its numbers are read.
 * Activations, squeeze-and-excite and flattens compute nothing that would have
 * to be stored: they become views, epilogues over their input's numbers.
 *
 * Everything runs per shard of the batch; what crosses shards (batch-norm
 * sums, gradient blocks of the weights) is merged in shard order. */
#ifndef NN_ENGINE_PLAN_H
#define NN_ENGINE_PLAN_H

#include "libcommon/nn/engine/node.h"

struct engine;

/* Lowers g->net, which has passed net_check, into g->nodes: rows, edges, shapes,
 * uses; exits and taps. */
void plan_build(struct engine *g);

/* Are the layer's parameters trained? */
bool plan_layer_learns(const struct engine *g, const struct layer *l);

#endif
