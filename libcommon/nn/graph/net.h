/* SPDX-License-Identifier: MIT
 * The keystone: an explicit graph of layers with exits.  Anything that can be
 * trained, tuned, run, mapped or exported is a struct net.
 *
 * Layers stand in execution order.  A layer reads the outputs of earlier
 * layers (index) or the image (NET_IMAGE).  Activations are NHWC.  A layer
 * computes  y = act(norm(op(x)))  with norm and act optional, so that the
 * usual conv + batch norm + activation is one layer and an engine can fuse it;
 * OP_NORM and OP_ACT exist for the places where they stand alone; `norm` is
 * for conv and linear only, `act` for everything but se and flatten.  Linear
 * reads a (1, 1, c) input: a flatten or global pool stands before it.  Add has
 * two inputs of one shape.  Mul has two inputs as well, and multiplies the
 * first by the second, which has the same shape or is (1, 1, c): one factor per
 * channel, as squeeze-and-excite and other gates need.  Concat sets the
 * channels of 2 to 64 inputs of one height and width side by side; every other
 * op has one input.  Widen sets the
 * input's channels in the middle of more, which are zero: half of the new ones,
 * rounded down, stand in front (ResNet's shortcut without parameters).  What
 * each op takes and gives is in op.h, the side of a window's output in
 * window.h.
 *
 * An exit is a head: the layers [first, last] that turn the activation `tap`
 * into logits.  The final exit is the last one, counts like any other, and its
 * tap is the end of the backbone.  Layers that belong to no head are the
 * backbone.  In the layer list the head of exit i stands right after the
 * backbone layers it needs, tap being the last of them: everything up to
 * exits[i].last is exactly what has run when a sample leaves there.  A head
 * reads its tap and its own layers, the backbone reads backbone layers only,
 * and a layer that nobody reads is refused.  The final exit has no confidence
 * unit (c = 1).
 *
 * Weights.  Each parameter of a layer is bound to a named tensor; shapes are
 *     weight  conv (cout, kh, kw, cin); depthwise conv, groups = cin = cout:
 *             (kh, kw, cin); linear (cout, inputs), inputs in NHWC order
 *     bias    (cout)
 *     gamma, beta, mean, var   (cout), batch norm's, var biased
 *     se      reduce.weight (mid, c), reduce.bias (mid), expand.weight (c, mid),
 *             expand.bias (c)
 * A stored tensor of just that shape is taken as it is; from a larger one (a
 * supernet's) the binding takes a slice: along each axis `shape` elements from
 * `offset`.  With `runs` the last axis of both is so many equal parts, and the
 * slice takes shape / runs elements from the offset in each: so the linear layer
 * behind a flattened map of so many pixels takes the first channels of each
 * pixel.  A kernel transform then turns the centre k x k of a larger
 * depthwise kernel into the smaller one through learned matrices, largest
 * first: transforms "7to5" then "5to3".  A binding with t transforms and shape
 * (k, k, c) at offset (o, o, 0) starts from the square of side k + 2(t - 1) at
 * offset o - (t - 1); matrix i, of side squared rows, multiplies it per channel
 * (out = M vec, vec row-major), then one ring is cut off for the next, down to
 * k.  A stored tensor of the dense shape needs no transforms, which are then
 * ignored. */
#ifndef NN_GRAPH_NET_H
#define NN_GRAPH_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/arena.h"
#include "libcommon/base/err.h"
#include "libcommon/base/hash.h"
#include "libcommon/base/values.h"
#include "libcommon/nn/graph/act.h"

/* Every operator, and its name in streams and ids.  All else about an operator
 * is in its row (op.h). */
/* clang-format off */
#define NET_OPS(X)                                                          \
    X(CONV, "conv") X(LINEAR, "linear") X(NORM, "norm") X(ACT, "act")       \
    X(SE, "se") X(MAXPOOL, "maxpool") X(AVGPOOL, "avgpool")                 \
    X(GLOBALPOOL, "globalpool") X(ADD, "add") X(FLATTEN, "flatten")         \
    X(WIDEN, "widen") X(CONCAT, "concat") X(MUL, "mul")
/* clang-format on */

#define NET_OP_CONSTANT(op, name) OP_##op,
enum net_op { NET_OPS(NET_OP_CONSTANT) OP_COUNT };
#undef NET_OP_CONSTANT
extern const char *const net_op_names[]; /* "conv" "linear" ... NULL */

#define NET_IMAGE (-1)
#define NET_MAX_LAYERS 4096
#define NET_MAX_EXITS 160
#define NET_MAX_INPUTS 64 /* of a layer */
#define NET_MAX_SIDE 4096 /* height, width */
#define NET_MAX_CHANNELS 65536
#define NET_MAX_ELEMENTS \
    ((int64_t)1 << 28)                  /* of all parameters together, and
                                         * of one image's activations in all layers */
#define NET_MAX_MACS ((int64_t)1 << 52) /* of the whole net */
#define NET_MAX_NAME 128
#define NET_MAX_TRANSFORMS 4

/* One parameter of a layer and the stored tensor it comes from. */
struct binding {
    char *slot;         /* "weight" "bias" "gamma" "beta" "mean" "var"
                             * "reduce.weight" ... */
    char *tensor;       /* name in a weights stream: "s1.b0.expand.weight" */
    struct ints shape;  /* dense shape the layer computes with */
    struct ints offset; /* first element along each axis; n = 0: all 0 */
    int64_t runs;       /* equal parts of the last axis, of each of which the
                         * slice takes its share; 0 = 1 */
    struct strs transforms; /* tensors of square matrices, applied in order:
                             * "s1.b0.depthwise.7to5"; n = 0: none */
};

struct layer {
    char *name;           /* "s1.b0.expand", unique */
    int op;               /* enum net_op */
    struct ints inputs;   /* producing layers, NET_IMAGE for the image */
    struct ints in;       /* (h, w, c) of the first input */
    struct ints out;      /* (h, w, c); linear and flatten: (1, 1, c) */
    struct ints kernel;   /* (kh, kw) of conv and pools; n = 0: none */
    struct ints stride;   /* (sh, sw); n = 0: none */
    struct ints pad;      /* (top and bottom, left and right) or, where sides
                           * differ, (top, bottom, left, right); n = 0: none */
    int64_t groups;       /* conv: 1 = dense, cin = depthwise */
    int64_t mid;          /* se: width of the squeeze */
    bool norm;            /* batch norm after the op */
    int act;              /* enum net_act, after op and norm */
    struct list bindings; /* struct binding */
    int64_t macs;         /* by the rule `true` (cost.h) */
    int64_t macs_paper;   /* by the paper's rule */
    int64_t params;       /* trainable: elements of all that it binds but the
                           * running mean and var */
    int64_t act_bytes;    /* float32 output */
};

struct net_exit {
    int64_t stage;       /* position index of the exit, from 0; the final
                          * exit has the last backbone stage's */
    int64_t tap;         /* layer whose output the head reads */
    int64_t first, last; /* its layers; last gives logits (+ confidence) */
    bool confidence;     /* the last output unit is the confidence's */
    int64_t pool;        /* window of the pool in front, 1 = none */
    bool violation;      /* cost still above the next exit's */
    int64_t head_macs;   /* of the layers [first, last], by net_cost's
                          * rule */
    int64_t gamma;       /* sequential cost of leaving here: backbone up to
                          * the tap and every head up to this one, by
                          * net_cost's rule */
    int64_t gamma_paper; /* Eq. 13: prefix + own head, paper's MAC rule */
};

struct origin {
    int64_t iteration; /* of the search, NIL_INT outside one */
    int64_t slot;
};

struct net {
    char *id;           /* hash of the canonical graph (net_id) */
    char *arch;         /* arch id or NULL */
    char *space;        /* spec or NULL */
    struct ints genome; /* n = 0 where there is no arch */
    struct origin origin;
    struct ints input; /* image (h, w, c) */
    int64_t classes;
    struct list layers; /* struct layer */
    struct list exits;  /* struct net_exit, the final one last */
    int64_t params;     /* all layers */
    int64_t peak_bytes; /* most bytes of activations alive at once, one
                         * image, float32 */
    int64_t size_bytes; /* parameters and running statistics, float32 */
};

static inline struct layer *net_layer(const struct net *n, size_t i)
{
    return (struct layer *)n->layers.v + i;
}

static inline struct net_exit *net_exit_at(const struct net *n, size_t i)
{
    return (struct net_exit *)n->exits.v + i;
}

/* Returns the name of the layer that exit i reads, borrowed, "" for the input. */
static inline const char *net_tap_name(const struct net *n, size_t i)
{
    int64_t tap = net_exit_at(n, i)->tap;

    return tap == NET_IMAGE ? "" : net_layer(n, (size_t)tap)->name;
}

/* Returns the binding of that slot, borrowed from l, or NULL. */
struct binding *layer_binding(const struct layer *l, const char *slot);

/* Returns (h, w, c) of layer i's output, or of the image; borrowed from n. */
static inline const struct ints *net_shape(const struct net *n, int64_t i)
{
    return i == NET_IMAGE ? &n->input : &net_layer(n, (size_t)i)->out;
}

/* Returns the number of elements of that shape. */
static inline int64_t shape_count(const struct ints *shape)
{
    int64_t n = 1;

    for (size_t i = 0; i < shape->n; i++)
        n *= shape->v[i];
    return n;
}

/* Return the padding in front of the map, which is at the top (axis 0) or at
 * the left (axis 1), and behind it.  The layer has a window. */
static inline int64_t layer_pad_before(const struct layer *l, size_t axis)
{
    return l->pad.v[l->pad.n == 4 ? 2 * axis : axis];
}
static inline int64_t layer_pad_after(const struct layer *l, size_t axis)
{
    return l->pad.v[l->pad.n == 4 ? 2 * axis + 1 : axis];
}

/* Only convolutions have groups. */
static inline bool layer_is_depthwise(const struct layer *l)
{
    return l->groups > 1;
}

/* Check that every index, shape, size and cost is bounded and, but for
 * macs_paper, follows from the others.  Decoding a `net` record ends with this,
 * so that an engine can trust the graph.  Returns 0, or ERR_FORMAT, which names
 * the layer or exit where one is wrong. */
int net_check(const struct net *n, struct err *e) MUST_CHECK;

/* Set out to the hash of the canonical text of the graph: ops, shapes, links
 * and exits, without names, costs and origin. */
void net_id(const struct net *n, char out[HASH_HEX]);

/* Set *to to a deep copy in the arena. */
void net_copy(struct net *to, const struct net *from, struct arena *a);

#endif
