/* SPDX-License-Identifier: MIT
 * Builds a struct net layer by layer: shapes, window defaults and parameter
 * bindings follow from what is asked for.
 *
 * Example (struct net *net, struct arena *arena, struct err *e):
 *     struct net_builder b = build_net(net, arena, 32, 32, 3, 10);
 *     int64_t x = build_conv(&b, "stem", NET_IMAGE, 16, 3, 2, BUILD_NORM,
 *                            ACT_RELU);
 *     int64_t head = build_simple(&b, "pool", OP_GLOBALPOOL, x, ACT_NONE);
 *
 *     build_linear(&b, "fc", head, 10, BUILD_BIAS, ACT_NONE);
 *     build_exit(&b, (struct net_exit){.first = head});
 *     return build_done(&b, MACS_TRUE, e);
 *
 * Each call appends one layer and returns its index.  Tensors are named
 * LAYER.SLOT ("stem.weight", "s2.b0.se.reduce.bias").  Nothing is checked on
 * the way; build_done ends with net_check. */
#ifndef NN_GRAPH_NETBUILD_H
#define NN_GRAPH_NETBUILD_H

#include "libcommon/nn/graph/cost.h"
#include "libcommon/nn/graph/net.h"

struct net_builder {
    struct net *net;
    struct arena *arena; /* everything of the net lives here */
    size_t layer_cap, exit_cap;
};

/* Starts an empty net for images (h, w, c). */
struct net_builder build_net(struct net *n, struct arena *a, int64_t h,
                             int64_t w, int64_t c, int64_t classes);

enum build_flag {
    BUILD_NORM = 1, /* batch norm after the op */
    BUILD_BIAS = 2,
    BUILD_DEPTHWISE = 4, /* groups = channels; cout is ignored */
    BUILD_UNPADDED = 8,  /* no padding; otherwise kernel / 2 */
};

/* A layer of any op.  Names and inputs are copied; members that the op does not
 * use stay zero. */
struct build_op {
    const char *name;
    int op;              /* enum net_op */
    const int64_t *from; /* (n_from) inputs: layers or NET_IMAGE */
    size_t n_from;
    int64_t cout; /* conv, linear, widen */
    int64_t kernel[2], stride[2], pad[2];
    int64_t mid;    /* se */
    unsigned flags; /* enum build_flag, without BUILD_UNPADDED */
    int act;
    const int64_t *sides; /* (4) padding at top, bottom, left and right, in
                           * place of pad; or NULL */
};
int64_t build_layer(struct net_builder *b, const struct build_op *op);

/* Appends a convolution with a square kernel and equal strides. */
int64_t build_conv(struct net_builder *b, const char *name, int64_t from,
                   int64_t cout, int64_t kernel, int64_t stride, unsigned flags,
                   int act);
/* The output of `from` must be (1, 1, c). */
int64_t build_linear(struct net_builder *b, const char *name, int64_t from,
                     int64_t cout, unsigned flags, int act);
/* Appends a square pool without padding; op is OP_MAXPOOL or OP_AVGPOOL. */
int64_t build_pool(struct net_builder *b, const char *name, int op,
                   int64_t from, int64_t kernel, int64_t stride, int act);
int64_t build_se(struct net_builder *b, const char *name, int64_t from,
                 int64_t mid);
int64_t build_add(struct net_builder *b, const char *name, int64_t from,
                  int64_t other, int act);
/* `by` has the shape of `from`, or is (1, 1, c). */
int64_t build_mul(struct net_builder *b, const char *name, int64_t from,
                  int64_t by, int act);
/* cout must be more than the channels of `from`. */
int64_t build_widen(struct net_builder *b, const char *name, int64_t from,
                    int64_t cout);
/* Appends the channels of 2 to NET_MAX_INPUTS inputs side by side, in order. */
int64_t build_concat(struct net_builder *b, const char *name,
                     const int64_t *from, size_t n_from, int act);
/* op is OP_NORM, OP_ACT, OP_GLOBALPOOL or OP_FLATTEN. */
int64_t build_simple(struct net_builder *b, const char *name, int op,
                     int64_t from, int act);

/* Appends a copy of a layer of another net, which reads `from` (l->inputs.n) in
 * place of that net's layers; what it points to is shared with it. */
int64_t build_copy(struct net_builder *b, const struct layer *l,
                   const int64_t *from);

/* Appends an exit, whose head is the layers from exit.first to the last one so
 * far; of exit's members stage, first, confidence, pool (0 = 1) and violation
 * are used. */
void build_exit(struct net_builder *b, struct net_exit exit);

const struct ints *build_shape(const struct net_builder *b, int64_t layer);
struct layer *build_last(const struct net_builder *b); /* borrowed until the
                                                        * next layer */

/* Sets the net's costs, counted by `rule`, and its id; then calls net_check and
 * returns its result. */
int build_done(struct net_builder *b, enum mac_rule rule,
               struct err *e) MUST_CHECK;

#endif
