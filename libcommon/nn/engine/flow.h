/* SPDX-License-Identifier: MIT
 * Inside of the engine: how numbers flow between nodes, chunk by chunk.
 * Rows count pixels of the whole batch, in the geometry of the array meant. */
#ifndef NN_ENGINE_FLOW_H
#define NN_ENGINE_FLOW_H

#include "libcommon/nn/engine/plan.h"

/* ---- what products prefetch on the way ---- */

/* A worker's list: to begin with nothing, then n reals of a later phase, and so
 * on. */
void prefetch_clear(const struct engine *g, int worker);
void prefetch_add(const struct engine *g, int worker, const real *p, size_t n);
/* In front of the list, in the place of the last such: what the next chunk
 * reads, rows of n reals, `ld` apart; no rows, nothing. */
void prefetch_next(const struct engine *g, int worker, const real *p, size_t rows,
                size_t n, size_t ld);
/* What comes first of what is left, for kernels to move on, or NULL. */
struct prefetch *prefetch_first(const struct engine *g, int worker);

/* ---- forward: values ---- */

/* A value as a consumer sees it: stored numbers and the epilogue still to do. */
struct value {
    const real *data;       /* (n * rows, c) */
    struct epilogue epilogue;       /* its mul is not used: */
    const real *mul;        /* (n, c), a factor per image, or NULL */
    size_t rows, c;         /* per image, of data */
    bool plain;             /* nothing pending */
    real *keep;             /* loading also stores it here, or NULL */
};

/* The value of a node or of the image; `keep` set if it is to be kept and has
 * not been loaded yet. */
struct value value_of(const struct engine *g, int from);

/* Rows [first, last) with their epilogue done: borrowed from the value itself, from
 * its keep, or from scratch, which has room for them.  Where a factor per image
 * pends, whole images only. */
const real *value_load(const struct engine *g, const struct value *v,
                       size_t first, size_t last, real *scratch);

/* Rows [first, last) will be loaded next: to be prefetched. */
void value_prefetch(const struct engine *g, const struct value *v, int worker,
                 size_t first, size_t last);

/* An image (h, w, c) inside a padded buffer (bh, bw, c). */
struct frame {
    size_t bh, bw, top, left, h, w, c;
};
static inline size_t frame_inside(const struct frame *f)    /* pixel (0, 0) */
{
    return (f->top * f->bw + f->left) * f->c;
}
static inline size_t frame_step(const struct frame *f)      /* row to row */
{
    return f->bw * f->c;
}

/* Zero the border of a buffer.  Loads write its inside only, so that it stays
 * zero for all images of the shard. */
void frame_clear(const struct frame *f, real *buffer);

/* One image into the inside. */
void value_load_padded(const struct engine *g, const struct value *v,
                       size_t image, const struct frame *f, real *buffer);

/* ---- backward: gradients ---- */

/* Add d loss / d value of rows [first, ...) to the edge's producer, as the
 * edge's turn demands: written or added; grad_put also finishes them if it is
 * the last. */
void grad_add(const struct engine *g, const struct edge *e, size_t first,
              size_t rows, const real *d);
void grad_put(const struct engine *g, const struct edge *e, int shard,
              size_t first, size_t rows, const real *d);

/* The producer's gradient is complete in these rows: through its activation,
 * in place, and into its sums. */
void grad_finish(const struct engine *g, int node, int shard, size_t first,
                 size_t rows);

/* The same for images [first, first + n) that reach the node through the
 * factors mul (n, c), and whose means have the gradient dmean (n, c): what
 * squeeze-and-excite hands on. */
void grad_finish_se(const struct engine *g, int node, int shard, size_t first,
                    size_t n, const real *mul, const real *dmean);

/* d loss / d y of rows [first, first + rows): borrowed from d or scratch. */
const real *grad_dy(const struct engine *g, const struct node *n, size_t first,
                    size_t rows, real *scratch);

/* Where a shard adds up its gradient of a weight. */
real *grad_block(const struct engine *g, const struct weight *w, int shard);

/* A parameter's gradient is complete: for the optimiser, if there is one. */
void grad_done(const struct engine *g, real *value, const real *grad,
               size_t n);

/* ---- products with a weight matrix ---- */

/* Y (rows, out) = X W^T, and dX (rows, in) = dY W + beta dX. */
void pack_forward(const struct engine *g, const struct weight *w, int worker,
                  size_t rows, const real *x, real *y);
void pack_backward(const struct engine *g, const struct weight *w, int worker,
                   size_t rows, const real *dy, real beta, real *dx);

/* The same for one column-wise part of the weights each shard and all rows of
 * the batch, for node->by_columns; scratch 3 has room for pack_panel reals. */
void columns_forward(const struct engine *g, const struct weight *w, int shard,
                     int worker, size_t rows, const real *x, real *y);
void columns_backward(const struct engine *g, const struct weight *w, int shard,
                      int worker, size_t rows, const real *dy, real beta,
                      real *dx);
size_t pack_panel(const struct engine *g, const struct node *n);

/* Part `shard` of dW (out, in) = dY^T X over the rows of the whole batch,
 * straight into w->grad: where w->whole says so, once all shards' dy is there. */
void whole_gradient(const struct engine *g, const struct weight *w, int shard,
                    int worker, size_t rows, const real *dy, const real *x);

/* Weights are laid out for the product one phase ahead, by all shards, into
 * the array that the phase in progress does not use.  It pays from some rows
 * on: pack_wanted.  A node whose columns are shared lays out its own as it goes:
 * pack_by_columns.  pack_part does part `shard`; once all are through,
 * pack_done makes it the layout of the node's phase, and after that phase
 * pack_forget ends it. */
bool pack_by_columns(const struct engine *g, const struct node *n);
bool pack_wanted(const struct engine *g, const struct node *n, bool forward);
void pack_part(const struct engine *g, const struct node *n, bool forward,
               int shard);
void pack_done(struct engine *g, struct node *n, bool forward);
void pack_forget(struct node *n);
/* Has it weights that come from far, be they laid out or not?  A part of them
 * will be wanted soon: to be prefetched. */
bool pack_reads(const struct engine *g, const struct node *n, bool forward);
void pack_prefetch(const struct engine *g, const struct node *n, bool forward,
                int worker, int part);
size_t pack_size(const struct engine *g, const struct node *n);

/* ---- batch norm ---- */

/* A shard of a forward: sums to zero, then chunks of fresh y counted. */
void norm_begin(const struct engine *g, struct node *n, int shard);
void norm_count(const struct engine *g, struct node *n, int shard,
                size_t first, size_t rows);

/* All shards done: the epilogue from batch statistics; running ones updated or
 * calibration collected as the call in progress demands. */
void norm_forward(struct engine *g, struct node *n);
/* The epilogue from running statistics. */
void norm_eval(struct node *n);
/* All of d is finished: gradients of gamma, beta or bias, coefficients a, b, s
 * of dy. */
void norm_gradient(struct engine *g, struct node *n);

#endif
