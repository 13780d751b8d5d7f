/* SPDX-License-Identifier: MIT
 * An ONNX graph becomes steps: what the operators share.
 *
 * Each value of the graph, by its name, is a constant or a map: the output of a
 * step, looked at through a view (mapview.h) and through a function of its
 * elements that is still pending (pending.h).  Nodes are lowered in an order in
 * which their inputs are known.  What cannot be imported is refused and its
 * outputs stay unknown; nodes behind it are then only asked what is wrong with
 * them by themselves, so that one run names everything.
 *
 * A new operator is a function lower_NAME, declared here, in the file of its
 * subject, and a row of the table in lower.c. */
#ifndef NET_IMPORT_LOWER_H
#define NET_IMPORT_LOWER_H

#include "libcommon/base/set.h"
#include "tools/net-import/mapview.h"
#include "tools/net-import/nodeargs.h"
#include "tools/net-import/pending.h"
#include "tools/net-import/refusals.h"
#include "tools/net-import/steps.h"

struct mapped {
    size_t step;
    struct map_view view;
    struct pending f;
    /* After a flatten: element i of the value's channels is channel order[i] of
     * the step's map; NULL = they are in the same order. */
    const int64_t *order;
    bool padded; /* by a Pad node, with pad (as in struct step) of `filler` */
    int64_t pad[4];
    double filler;
    bool probabilities; /* after a Softmax, which is left out */
};

enum value_kind { VALUE_UNKNOWN, VALUE_CONSTANT, VALUE_MAP };

struct graph_value {
    enum value_kind kind;
    const struct constant *constant;
    struct mapped map;
};

struct lowering {
    const struct onnx_model *model;
    struct steps *steps;
    struct refusals *refusals;
    struct set names; /* of values; their numbers are those of values */
    struct graph_value *values; /* (names.n) */
    int64_t room;               /* for folded constants, in numbers */
    size_t most;                /* bytes that the steps may take */
    struct set settled;         /* pairs of step and pending function */
    size_t *settled_step;       /* and the step each became */
    size_t settled_cap;
};

/* A node that is being lowered. */
struct lowered_node {
    struct node_args args;   /* the node, and those of its inputs that are
                              * constants */
    struct graph_value **in; /* (args.node->in.n) NULL = left out */
    struct graph_value *out; /* the first output: what the function sets */
};

/* Refuse the node for that reason. */
void refuse_node(struct lowering *l, const struct lowered_node *n,
                 const char *fmt, ...) PRINTF(3, 4);

/* Returns input k as it is, or NULL where it is not known (which has its reason
 * already) or no map, in which case the node is refused. */
struct mapped *input_map(struct lowering *l, struct lowered_node *n, size_t k);

/* The same with its pending function carried out by steps.  Padding and
 * probabilities are refused. */
struct mapped *input_settled(struct lowering *l, struct lowered_node *n,
                             size_t k);

/* Carry out the pending function of a map. */
void settle(struct lowering *l, const char *name, struct mapped *m);

/* Returns the numbers of constant input k, all finite reals, or NULL, when the
 * node is refused; `what` is "weight" or the like. */
const struct constant *input_weight(struct lowering *l, struct lowered_node *n,
                                    size_t k, const char *what);

/* Make axis `dim` of the value, of `count` elements, the channels of its map: a map
 * that is flattened there becomes a vector, which gives m another step, view and
 * order.  Returns false when the axis is neither. */
bool channels_along(struct lowering *l, const struct lowered_node *n,
                    struct mapped *m, size_t dim, int64_t count);

/* Returns a copy of a vector of c numbers as the step's channels need it: with
 * c numbers or with one for all, borrowed from the steps.  NULL when it has another
 * number of them. */
float *channel_vector(struct lowering *l, const struct mapped *m,
                      const struct constant *c);

/* Returns a copy of n numbers, borrowed from the steps. */
float *floats_copy(struct lowering *l, const float *v, size_t n);

/* Returns the name of the step for a node with that weight: the stem of a name
 * such as "layer1.conv.weight", else the node's. */
const char *weighted_name(struct lowering *l, const struct lowered_node *n,
                          size_t weight);

/* Set the output to the map of a step, the view's sizes being those of the
 * step. */
void output_map(struct lowering *l, struct lowered_node *n, size_t step,
                const struct map_view *view, const int64_t *order);

/* Returns the number of the value of that name, which must be one of the graph's. */
size_t lowering_value(const struct lowering *l, const char *name);

/* Lower a node, whose inputs have been. */
void lower_node(struct lowering *l, const struct onnx_node *node);

/* ---- operators, by file ---- */

typedef void lower_fn(struct lowering *l, struct lowered_node *n);

/* lowerconv.c */
lower_fn lower_conv, lower_batchnorm, lower_pad;
/* lowerpool.c */
lower_fn lower_maxpool, lower_averagepool, lower_globalaverage, lower_globalmax,
    lower_reducemean, lower_reducemax, lower_slice;
/* lowerlinear.c */
lower_fn lower_gemm, lower_matmul, lower_concat, lower_sum;
/* lowerview.c */
lower_fn lower_identity, lower_dropout, lower_cast, lower_transpose,
    lower_flatten, lower_reshape, lower_squeeze, lower_unsqueeze, lower_expand,
    lower_shape, lower_softmax, lower_log;
/* lowerelement.c */
lower_fn lower_relu, lower_clip, lower_sigmoid, lower_hardsigmoid,
    lower_hardswish, lower_neg, lower_add, lower_sub, lower_mul, lower_div;

/* Lower the graph of the model from `image`, the value at which the network
 * begins (graphinput.h), to its output.  Returns 0 and the output in *out, or
 * ERR_FORMAT after everything that stands against it has been refused. */
int lower_graph(struct lowering *l, struct mapped *out);

/* Start with the values of the model.  Returns 0, or ERR_FORMAT when a name is
 * defined twice. */
int lowering_init(struct lowering *l, const struct onnx_model *m,
                  struct steps *s, struct refusals *r);
void lowering_free(struct lowering *l);

#endif
