/* SPDX-License-Identifier: MIT
 * Inside of the engine: weights are packed for their matmul (gemm_pack of
 * kern.h) one phase ahead, by all shards, into the array that the phase in
 * progress does not use.  For node `next` of a pass:
 *
 * Example (const struct engine_pass *p, const struct plan_node *next,
 *          bool forward, int shard):
 *     bool wanted = pack_wanted(p, next, forward);
 *
 *     // each shard, while the node before it computes
 *     if (wanted)
 *         pack_part(p, next, forward, shard);
 *     // once, after all shards
 *     if (wanted)
 *         pack_done(p, next, forward);
 *     // after the node's own phase, which reads packed weights
 *     pack_forget(p, next);
 *
 * Packing pays from MULTIPLY_PACK_ROWS rows on, in backward only where W has
 * long rows.  Otherwise the matmul reads W unpacked; in forward it computes dot
 * products then.  A node whose shards share columns packs its own panels
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

/* Returns true when the node's weights are to be packed for this direction in
 * this pass; false if n is NULL. */
bool pack_wanted(const struct engine_pass *p, const struct plan_node *n,
                 bool forward);
/* Packs part `shard` of the node's weights. */
void pack_part(const struct engine_pass *p, const struct plan_node *n,
               bool forward, int shard);
/* Hands the packed weights to the node; all parts must be packed. */
void pack_done(const struct engine_pass *p, const struct plan_node *n,
               bool forward);
/* Takes the packed weights back from the node when its phase is over. */
void pack_forget(const struct engine_pass *p, const struct plan_node *n);

/* Returns true when the node reads weights in this direction that are worth
 * prefetching, packed or not. */
bool pack_reads(const struct engine_pass *p, const struct plan_node *n,
                bool forward);
/* Appends part `part` of the node's weights, which will be read soon, to the
 * worker's prefetch queue. */
void pack_prefetch(const struct engine_pass *p, const struct plan_node *n,
                   bool forward, int worker, int part);

/* Returns how many reals the node's packed weights take. */
size_t pack_size(const struct engine_plan *plan, const struct plan_node *n);

/* Most operators pack each of the node's matrices as it is, one behind the
 * other. */
extern const struct node_packing pack_matrices;
void pack_matrices_part(const struct engine_pass *p, const struct plan_node *n,
                        bool forward, int shard, real *to);
size_t pack_matrices_size(const struct engine_plan *plan,
                          const struct plan_node *n);

#endif
