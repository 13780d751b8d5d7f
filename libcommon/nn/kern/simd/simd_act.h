/* SPDX-License-Identifier: MIT
 * The activations of graph/act.h on vectors: name_value(x) and name_chain(x, g),
 * which is g times the derivative at x.  The value at NaN is NaN. */
#ifndef NN_KERN_SIMD_SIMD_ACT_H
#define NN_KERN_SIMD_SIMD_ACT_H

#include "libcommon/nn/graph/act.h"
#include "libcommon/nn/kern/simd/simd.h"
#include "libcommon/nn/kern/simd/simd_exp.h"

#if defined(SIMD_AVX512) || defined(SIMD_AVX2)

INLINE vec none_value(vec x)
{
    return x;
}
INLINE vec none_chain(vec x, vec g)
{
    (void)x;
    return g;
}

INLINE vec relu_value(vec x)
{
    return v_max(v_set(0), x);
}
INLINE vec relu_chain(vec x, vec g)
{
    return v_if_positive(x, g);
}

INLINE vec relu6_value(vec x)
{
    return v_min(v_set(6), v_max(v_set(0), x));
}
INLINE vec relu6_chain(vec x, vec g)
{
    return v_le(v_set(6), x, v_set(0), v_if_positive(x, g));
}

INLINE vec hsigmoid_value(vec x)
{
    const vec y = x * v_set(1.0f / 6) + v_set(0.5f);

    return v_min(v_set(1), v_max(v_set(0), y));
}
INLINE vec hsigmoid_chain(vec x, vec g)
{
    return v_le(v_set(3), x, v_set(0),
                v_le(x, v_set(-3), v_set(0), g * v_set(1.0f / 6)));
}

INLINE vec hswish_value(vec x)
{
    return x * hsigmoid_value(x);
}
INLINE vec hswish_chain(vec x, vec g)
{
    const vec inner = x * v_set(1.0f / 3) + v_set(0.5f);

    return g * v_le(v_set(3), x, v_set(1), v_le(v_set(-3), x, inner, v_set(0)));
}

/* The values of sigmoid and silu have a relative error of at most 4e-7, but are
 * 0 at x < -87.3, where the sigmoid would be denormal.  The derivatives have an
 * absolute error of at most 4e-7. */
INLINE vec sigmoid_value(vec x)
{
    vec rest;

    return v_sigmoid(x, &rest);
}
INLINE vec sigmoid_chain(vec x, vec g)
{
    vec rest, s = v_sigmoid(x, &rest);

    return g * (s * rest);
}

INLINE vec silu_value(vec x)
{
    vec rest;

    return x * v_sigmoid(x, &rest);
}
INLINE vec silu_chain(vec x, vec g)
{
    vec rest, s = v_sigmoid(x, &rest);

    return g * (s * (v_set(1) + x * rest));
}

/* Returns the value at x of the activation act (enum net_act), a constant. */
#define VALUE_CASE(id, name, ...) \
    case id:                      \
        return name##_value(x);
INLINE vec act_value(int act, vec x)
{
    switch (act) {
        NET_ACTS(VALUE_CASE)
    }
    return x;
}

/* Returns g times the derivative of the activation act at x. */
#define CHAIN_CASE(id, name, ...) \
    case id:                      \
        return name##_chain(x, g);
INLINE vec act_chain(int act, vec x, vec g)
{
    switch (act) {
        NET_ACTS(CHAIN_CASE)
    }
    return g;
}

#endif
#endif
