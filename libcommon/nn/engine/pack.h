/* SPDX-License-Identifier: MIT
 * Inside of the engine: weights are packed for their matmul (gemm_pack of
 * kern.h) one phase ahead, by all shards, into the array that the phase in
 * progress does not use.  For node `next` of a pass:
 *
 *     if (pack_wanted(p, next, forward))
 *         pack_part(p, next, forward, shard);     each shard, while the node
 *                                                 before it computes
 *     pack_done(p, next, forward);                once, after all shards
 *     ... the node's own phase reads packed weights ...
 *     pack_forget(p, next);
 *
 * Packing pays from MULTIPLY_PACK_ROWS rows on.  With fewer, forward computes
 * dot products, which read W unpacked; backward reads W unpacked too, unless
 * its rows are long.  A node whose shards share columns packs its own panels
 * (multiply.h).  Whether and how an operator's weights are packed is part of
 * its row (node_op.h); most rows take pack_matrices.
 *
 * Nothing here can fail. */
#ifndef NN_ENGINE_PACK_H
#define NN_ENGINE_PACK_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/nn/engine/node_op.h"

struct engine_pass;
struct engine_plan;

/* Are the node's weights to be packed for this direction, in a batch of this
 * size?  False if n is NULL. */
bool pack_wanted(const struct engine_pass *p, const struct plan_node *n,
                 bool forward);
/* Packs part `shard` of them. */
void pack_part(const struct engine_pass *p, const struct plan_node *n,
               bool forward, int shard);
/* Hands the packed weights to the node; all parts must be packed. */
void pack_done(const struct engine_pass *p, const struct plan_node *n,
               bool forward);
/* Takes the packed weights from the node again, when its phase is over. */
void pack_forget(const struct engine_pass *p, const struct plan_node *n);

/* Does the node read weights in this direction that are worth prefetching,
 * whether they are to be packed or not? */
bool pack_reads(const struct engine_pass *p, const struct plan_node *n,
                bool forward);
/* Part `part` of them will be read soon: appends it to the worker's prefetch
 * queue. */
void pack_prefetch(const struct engine_pass *p, const struct plan_node *n,
                   bool forward, int worker, int part);

/* Reals that the node's packed weights take. */
size_t pack_size(const struct engine_plan *plan, const struct plan_node *n);

/* Most operators pack in this way: each of the node's matrices as it is, one
 * behind the other. */
extern const struct node_packing pack_matrices;
void pack_matrices_part(const struct engine_pass *p, const struct plan_node *n,
                        bool forward, int shard, real *to);
size_t pack_matrices_size(const struct engine_plan *plan,
                          const struct plan_node *n);

#endif
