/* SPDX-License-Identifier: MIT
 * Inside of the engine: the plan, constant once the engine is made.  Its nodes
 * point to the arrays that passes write (layout.h), which are the engine's.
 *
 * Example (struct engine_plan *plan):
 *     plan_lower(plan);       // layers to nodes (node.h)
 *     // params_place of params.h: parameters
 *     plan_choose(plan);
 *     // layout_place of layout.h: chunks, arrays
 *
 * Lowering chooses how each layer runs, copies an input in front of a layer
 * that cannot read it as it stands, and finds the readers of each node: which
 * writes its gradient first, which last, and which reads its numbers last.
 * Activations, squeeze-and-excite and flattens compute nothing that would have
 * to be stored: they become views, epilogues over their input's numbers.
 *
 * Nothing here can fail: the net has passed net_check. */
#ifndef NN_ENGINE_PLAN_H
#define NN_ENGINE_PLAN_H

#include "libcommon/base/arena.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/engine/node.h"

/* A tap is a value that does not change while heads on a frozen backbone learn,
 * and that what learns, or the loss, reads: it is materialised, or the caller
 * gives it instead. */
struct plan_tap {
    int node;    /* or NET_IMAGE */
    size_t size; /* reals per image */
};

struct engine_plan {
    const struct net *net;   /* borrowed */
    struct engine_opts opts; /* with defaults filled in */
    const struct kernels *k;
    struct arena arena; /* nodes, edges, norms, small arrays */

    struct plan_node *nodes;
    int n_nodes;
    int n_weights;         /* of all nodes */
    int *node_of;          /* (layers) the node that has the layer's value */
    int *exit_node;        /* (exits) */
    int *exit_units;       /* (exits) */
    struct plan_tap *taps; /* of a frozen backbone */
    int n_taps;
    bool image_late; /* a segment after the first reads the image */
    size_t scratch[NODE_SCRATCH]; /* reals of a worker's scratch arrays */
};

/* Makes the nodes; net, opts and k must be set. */
void plan_lower(struct engine_plan *plan);

/* Decides which weight gradients are computed over the whole batch, which
 * matmuls go by columns and which values are materialised. */
void plan_choose(struct engine_plan *plan);

/* Returns the number of the first node after those of layer `layer` (0 after
 * NET_IMAGE).  The next layer's nodes begin there, copies of its inputs
 * included. */
int plan_node_after(const struct engine_plan *plan, int64_t layer);

/* Returns the number of the first node after the segment that ends with exit i;
 * 0 for i = -1. */
int plan_segment_end(const struct engine_plan *plan, int i);

/* Returns true when a node from `end` on reads the value of node id, or the
 * image (NET_IMAGE), be it through views. */
bool plan_read_after(const struct engine_plan *plan, int id, int end);

/* Returns true when the layer's parameters are trained, if the engine trains:
 * they are not in a frozen backbone, nor in a frozen final exit's head. */
bool plan_layer_learns(const struct engine_plan *plan, const struct layer *l);

/* Returns how many reals one of the network's images has. */
size_t plan_image_size(const struct engine_plan *plan);

#endif
