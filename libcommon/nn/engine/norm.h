/* SPDX-License-Identifier: MIT
 * Inside of the engine: batch norm, and the sums that it and biases need.  Sums
 * are double, and are merged in the order of the shards.
 *
 * Forward, for a node with norm, and then backward:
 *
 * Example (const struct engine_pass *p, const struct plan_node *n, int shard,
 *          size_t first, size_t rows):
 *     norm_begin(n, shard);                       // each shard
 *     norm_collect(p, n, shard, first, rows);     // each chunk of fresh y
 *     norm_forward(p, n);                         // once, after all shards
 *
 *     norm_begin(n, shard);       // before the node's last reader
 *     norm_gradient(p, n);        // once, before the node's own turn
 *
 * With running statistics norm_eval before the pass takes the place of the
 * three calls forward.
 *
 * Nothing here can fail. */
#ifndef NN_ENGINE_NORM_H
#define NN_ENGINE_NORM_H

#include <stddef.h>

#include "libcommon/nn/engine/node.h"

struct engine_pass;

/* Sets the shard's sums to zero. */
void norm_begin(const struct plan_node *n, int shard);

/* Adds `rows` rows of y from `first` on to the shard's sums, if the pass uses
 * batch statistics. */
void norm_collect(const struct engine_pass *p, const struct plan_node *n,
                  int shard, size_t first, size_t rows);

/* Computes the epilogue's scale and shift from batch statistics, if the pass
 * uses them, and updates the running statistics or adds to a calibration's
 * sums, if the pass says so. */
void norm_forward(const struct engine_pass *p, const struct plan_node *n);

/* Computes the epilogue's scale and shift from running statistics. */
void norm_eval(const struct plan_node *n);

/* Computes the gradients of gamma and beta, or of a bias, and the coefficients
 * a, b, s of dy.  All of d must be finished. */
void norm_gradient(const struct engine_pass *p, const struct plan_node *n);

#endif
