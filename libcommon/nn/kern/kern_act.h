/* SPDX-License-Identifier: MIT
 * The activations of graph/act.h as scalar functions: name_value(x) and its
 * derivative name_slope(x), at a kink the one that PyTorch takes.  The value at
 * NaN is NaN, so that a network that diverged does not look sane. */
#ifndef NN_KERN_KERN_ACT_H
#define NN_KERN_KERN_ACT_H

#include <math.h>

#include "libcommon/nn/graph/act.h"
#include "libcommon/nn/kern/real.h"

static inline real none_value(real x)
{
    return x;
}
static inline real none_slope(real x)
{
    (void)x;
    return 1;
}

static inline real relu_value(real x)
{
    return x < 0 ? 0 : x;
}
static inline real relu_slope(real x)
{
    return x > 0;
}

static inline real relu6_value(real x)
{
    return x < 0 ? 0 : x > 6 ? 6 : x;
}
static inline real relu6_slope(real x)
{
    return x > 0 && x < 6;
}

static inline real hsigmoid_value(real x)
{
    const real y = (x + 3) / 6;

    return y < 0 ? 0 : y > 1 ? 1 : y;
}
static inline real hsigmoid_slope(real x)
{
    return x > -3 && x < 3 ? (real)1 / 6 : 0;
}

static inline real hswish_value(real x)
{
    return x * hsigmoid_value(x);
}
static inline real hswish_slope(real x)
{
    return x < -3 ? 0 : x < 3 ? (2 * x + 3) / 6 : 1;
}

static inline real sigmoid_value(real x)
{
    return (real)(1 / (1 + exp(-(double)x)));
}
static inline real sigmoid_slope(real x)
{
    const real s = sigmoid_value(x);

    return s * (1 - s);
}

static inline real silu_value(real x)
{
    return (real)(x / (1 + exp(-(double)x)));
}
static inline real silu_slope(real x)
{
    const double s = 1 / (1 + exp(-(double)x));

    return (real)(s * (1 + x * (1 - s)));
}

/* Returns the value of the activation act (enum net_act) at x. */
#define VALUE_CASE(id, name, ...) \
    case id:                      \
        return name##_value(x);
static inline real act_value(int act, real x)
{
    switch (act) {
        NET_ACTS(VALUE_CASE)
    }
    return x;
}

/* Returns the derivative of the activation act at x. */
#define SLOPE_CASE(id, name, ...) \
    case id:                      \
        return name##_slope(x);
static inline real act_slope(int act, real x)
{
    switch (act) {
        NET_ACTS(SLOPE_CASE)
    }
    return 1;
}

#endif
