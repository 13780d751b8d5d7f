/* SPDX-License-Identifier: MIT
 * Batch norm with fixed statistics is a factor and a term per channel:
 *
 *     gamma (x + bias - mean) / sqrt(var + epsilon) + beta = scale x + shift
 *
 * Engines keep the two beside the op; an exporter multiplies the op's weights
 * by scale and takes shift for the bias. */
#ifndef NN_GRAPH_FOLD_H
#define NN_GRAPH_FOLD_H

#include <math.h>

#define NORM_EPSILON 1e-5

struct folded {
    double scale, shift;
};

/* Returns the factor and the term of one channel, computed in double.  bias is
 * the op's own, 0 where it has none; var is the biased variance.  The function
 * is inline, because inference calls it for every channel of every batch, which
 * for single images is a few per cent of the time. */
static inline struct folded fold_norm(double gamma, double beta, double mean,
                                      double var, double bias)
{
    double scale = gamma / sqrt(var + NORM_EPSILON);

    return (struct folded){scale, beta - scale * (mean - bias)};
}

#endif
