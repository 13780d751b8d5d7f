/* SPDX-License-Identifier: MIT
 * A window that slides along one axis of a map: convolutions and pools.  This
 * is the one place that knows how padding and stride make the output's side. */
#ifndef NN_GRAPH_WINDOW_H
#define NN_GRAPH_WINDOW_H

#include <stdint.h>

/* Returns the pixels along the axis, with `before` pixels of padding in front
 * and `after` behind. */
static inline int64_t window_padded(int64_t in, int64_t before, int64_t after)
{
    return before + in + after;
}

/* Returns the number of places that a window of `kernel` pixels takes in steps
 * of `stride`; pixels behind the last whole step are not read.  The window must
 * fit. */
static inline int64_t window_out(int64_t in, int64_t kernel, int64_t stride,
                                 int64_t before, int64_t after)
{
    return (window_padded(in, before, after) - kernel) / stride + 1;
}

/* Returns the pixels that a map takes together with the padding that its
 * windows see, `before` pixels in front and as many behind as `out` places
 * need. */
static inline int64_t window_span(int64_t in, int64_t kernel, int64_t stride,
                                  int64_t before, int64_t out)
{
    int64_t seen = (out - 1) * stride + kernel,
            map = window_padded(in, before, 0);

    return seen > map ? seen : map;
}

/* Returns the pixels of padding, on both sides together, that give
 * ceil(in / stride) places: TensorFlow's SAME, which puts half of them, rounded
 * down, in front. */
static inline int64_t window_same_total(int64_t in, int64_t kernel,
                                        int64_t stride)
{
    int64_t out = (in + stride - 1) / stride;
    int64_t both = (out - 1) * stride + kernel - in;

    return both > 0 ? both : 0;
}

/* Returns the padding of either side that gives as many places: half of those
 * pixels, rounded up.  An even kernel of stride 1 gets a place more. */
static inline int64_t window_same_pad(int64_t in, int64_t kernel,
                                      int64_t stride)
{
    return (window_same_total(in, kernel, stride) + 1) / 2;
}

#endif
