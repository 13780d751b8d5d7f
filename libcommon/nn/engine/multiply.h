/* SPDX-License-Identifier: MIT
 * Inside of the engine: matmuls with a weight matrix W (out, in), from packed
 * weights where there are some (pack.h), and prefetching on the way.
 *
 * Usually each shard multiplies its own rows of the batch.  Where a batch has
 * few rows and W is large, every shard would read all of W for little work.
 * There each shard computes its share of the output columns, for all rows of
 * the batch (by_columns), and its share of the rows of dW, over the whole batch
 * (batch_wide).  plan.c chooses both.
 *
 * Nothing here can fail. */
#ifndef NN_ENGINE_MULTIPLY_H
#define NN_ENGINE_MULTIPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/nn/engine/node.h"

struct engine_pass;
struct engine_plan;

/* From this many rows on, packing a matrix costs little beside its matmul. */
#define MULTIPLY_PACK_ROWS 48

/* Computes Y (rows, out) = X (rows, in) W^T. */
void multiply_forward(const struct engine_pass *p, const struct weight *w,
                      int worker, size_t rows, const real *x, real *y);

/* Computes dX (rows, in) = dY (rows, out) W + beta dX; beta is 0 or 1. */
void multiply_backward(const struct engine_pass *p, const struct weight *w,
                       int worker, size_t rows, const real *dy, real beta,
                       real *dx);

/* Returns true when the node's matmul goes by columns in this pass. */
bool multiply_by_columns(const struct engine_pass *p,
                         const struct plan_node *n);

/* These compute the shard's columns of Y and of dX, for all rows of the batch.
 * The weights are packed on the way, panel by panel, into `panel`, which has
 * room for multiply_panel_size reals. */
void multiply_columns_forward(const struct engine_pass *p,
                              const struct weight *w, int shard, int worker,
                              real *panel, size_t rows, const real *x, real *y);
void multiply_columns_backward(const struct engine_pass *p,
                               const struct weight *w, int shard, int worker,
                               real *panel, size_t rows, const real *dy,
                               real beta, real *dx);
size_t multiply_panel_size(const struct engine_plan *plan,
                           const struct plan_node *n);

/* Prefetches the first panel that the shard will pack. */
void multiply_prefetch_panel(const struct engine_pass *p,
                             const struct weight *w, int worker, int shard);

/* Computes the shard's rows of dW (out, in) = dY^T X over all `rows` rows of
 * the batch and writes them straight into w->grad.  dy (rows, out) must be
 * complete in all shards. */
void multiply_batch_wide(const struct engine_pass *p, const struct weight *w,
                         int shard, int worker, size_t rows, const real *dy,
                         const real *x);

#endif
