/* SPDX-License-Identifier: MIT
 * The operators: one row per enum net_op says all that the graph knows of it.
 * Builder, checker, costs, ids and engines read the rows, so a new operator is
 * an entry in NET_OPS (net.h), a row in op.c and the functions the row names.
 *
 * Example (const struct layer *layer):
 *     struct param_slot slots[OP_MAX_SLOTS];
 *     size_t n = layer_slots(layer, slots);   // what it computes with
 *     bool view = op_info(layer->op)->view;   // what holds for the operator
 *
 * Functions of a layer read its op, inputs, in, window, groups, mid, norm and
 * act; those of parameters and costs its out as well. */
#ifndef NN_GRAPH_OP_H
#define NN_GRAPH_OP_H

#include "libcommon/nn/graph/net.h"

/* ---- parameters ---- */

/* How a parameter is initialised before training. */
enum slot_init {
    INIT_ZERO,
    INIT_ONE,
    INIT_GAIN,    /* 1, but 0 in a layer that ends a residual branch
                   * (layer_ends_branch): the branch adds nothing at first */
    INIT_NORMAL,  /* normal, variance 2 / fan (He et al. 2015; the fan is the
                   * number of products one input takes part in) */
    INIT_UNIFORM, /* uniform within 1 / sqrt(fan) of 0 (the fan is the number
                   * of inputs) */
};

/* One parameter that a layer computes with. */
struct param_slot {
    const char *name; /* "weight": what struct binding calls it */
    size_t ndim;
    int64_t shape[4];
    bool stat;       /* a running statistic: no gradient, not trained */
    bool decay;      /* weight decay is for it */
    bool optional;   /* the layer may do without it */
    bool transforms; /* may be bound through kernel transforms (net.h) */
    int init;        /* enum slot_init */
    int64_t fan;     /* of INIT_NORMAL and INIT_UNIFORM */
};

#define OP_MAX_SLOTS 6

/* Set s to the parameters of the layer, in the order of its bindings.  Returns
 * their number. */
size_t layer_slots(const struct layer *l, struct param_slot s[OP_MAX_SLOTS]);

/* Returns the slot of that name among n, borrowed from s, or NULL. */
const struct param_slot *slot_find(const struct param_slot *s, size_t n,
                                   const char *name);

/* Returns the number of elements of the parameter. */
int64_t slot_count(const struct param_slot *s);

/* Returns true when the layer has batch norm, after its op or as its op. */
bool layer_has_norm(const struct layer *l);

/* Returns true when the layer ends a residual branch: the first sum that reads
 * it adds it to an earlier layer or the image. */
bool layer_ends_branch(const struct net *n, size_t layer);

/* ---- operators ---- */

enum op_may { NEVER, MAY, ALWAYS };

/* How much an op may pad its window.  A window always holds at least one pixel
 * of the map. */
enum op_window {
    WINDOW_NONE, /* the op slides no window */
    WINDOW_UNPADDED,
    WINDOW_PADDED, /* by less than the kernel on each of the four sides */
};

struct op_info {
    size_t min_inputs, max_inputs;
    int window;     /* enum op_window */
    bool groups;    /* has groups: 1, or the channels (depthwise) */
    bool mid;       /* has a squeeze width */
    bool view;      /* gives its input's numbers another shape and has
                     * no memory of its own */
    bool sum;       /* adds up its inputs */
    bool exit_pool; /* net_exit.pool is the window of such an op */
    bool follows;   /* it finishes its first input, so that a branch stands
                     * behind it rather than in front (positions.h) */
    int norm;       /* enum op_may: batch norm after the op; ALWAYS =
                     * the op is batch norm, layer.norm stays false */
    int act;        /* enum op_may: activation after the op */

    /* Set out to the output's shape; out[2] holds the channels that are asked
     * for, which convolutions, linear and widen take.  Returns false when the
     * op cannot read its inputs or give that many channels; out is set in any
     * case. */
    bool (*shape)(const struct net *n, const struct layer *l, int64_t out[3]);

    /* Set s to the op's own parameters, without those of batch norm, and return
     * their number; NULL = none. */
    size_t (*slots)(const struct layer *l, struct param_slot *s);

    /* Multiply-accumulates (cost.h has the rules). */
    int64_t (*macs)(const struct layer *l);        /* true; NULL = 0 */
    int64_t (*paper_extra)(const struct layer *l); /* counted besides by the
                                                    * paper's rule in the backbone; NULL = 0 */
    int64_t (*paper_head)(const struct layer *l);  /* by the paper's rule in a
                                                    * head; NULL = the true ones */
};

extern const struct op_info op_infos[OP_COUNT];

static inline const struct op_info *op_info(int op)
{
    return &op_infos[op];
}

#endif
