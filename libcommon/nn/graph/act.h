/* SPDX-License-Identifier: MIT
 * The activations, a row each: X(id, name, idempotent, products).
 *
 *     id          its constant; ACT_NONE is 0, so that `if (act)` asks whether
 *                 there is one
 *     name        its name in a net stream, and the stem of its functions:
 *                 relu_value(), relu_slope()
 *     idempotent  whether f(f(x)) = f(x)
 *     products    multiplications per element by the paper's rule (cost.h)
 *
 * They compute
 *
 *     none      x
 *     relu      max(x, 0)
 *     hswish    x hsigmoid(x)
 *     hsigmoid  min(max((x + 3) / 6, 0), 1)
 *     sigmoid   1 / (1 + exp(-x))
 *     silu      x sigmoid(x)
 *     relu6     min(max(x, 0), 6)
 *
 * A new one takes a row at the end, its value and its slope in
 * nn/kern/kern_act.h, its value and its chain in nn/kern/simd/simd_act.h. */
#ifndef NN_GRAPH_ACT_H
#define NN_GRAPH_ACT_H

#include <stdbool.h>

#define NET_ACTS(X)                     \
    X(ACT_NONE, none, true, 0)          \
    X(ACT_RELU, relu, true, 0)          \
    X(ACT_HSWISH, hswish, false, 1)     \
    X(ACT_HSIGMOID, hsigmoid, false, 0) \
    X(ACT_SILU, silu, false, 1)         \
    X(ACT_SIGMOID, sigmoid, false, 0)   \
    X(ACT_RELU6, relu6, true, 0)

#define NET_ACT_ID(id, ...) id,
enum net_act { NET_ACTS(NET_ACT_ID) ACT_COUNT };
#undef NET_ACT_ID

extern const char *const net_act_names[]; /* "none" "relu" ... NULL */

/* Rows of the list by enum net_act. */
struct net_act_row {
    bool idempotent;
    int products;
};
extern const struct net_act_row net_acts[ACT_COUNT];

#endif
