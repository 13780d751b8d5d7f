/* SPDX-License-Identifier: MIT
 * Batch norm with fixed statistics is a factor and a term per channel:
 *
 *     gamma (x + bias - mean) / sqrt(var + epsilon) + beta = scale x + shift
 *
 * Engines keep the two beside the op; an exporter multiplies the op's weights
 * by scale and takes shift for the bias. */
#ifndef NN_GRAPH_FOLD_H
#define NN_GRAPH_FOLD_H

#define NORM_EPSILON 1e-5

struct folded {
    double scale, shift;
};

/* Of one channel; bias is the op's own, 0 where it has none, var the biased
 * variance.  All in double, whatever the parameters are stored as. */
struct folded fold_norm(double gamma, double beta, double mean, double var,
                        double bias);

#endif
