/* SPDX-License-Identifier: MIT
 * Inside of the engine: nodes compute their rows in chunks.  This module
 * chooses how many rows a chunk has, so that what it touches fits well into a
 * second-level cache, and how much scratch memory it takes.  An operator's
 * struct node_op (node_op.h) says where it differs from the others. */
#ifndef NN_ENGINE_CHUNKS_H
#define NN_ENGINE_CHUNKS_H

#include <stddef.h>

#include "libcommon/nn/engine/node.h"

struct engine_plan;

/* Sets n->chunk, and makes plan->scratch large enough for it. */
void chunks_choose(struct engine_plan *plan, struct plan_node *n);

/* Returns the row behind the chunk that begins with row r; `last` is the row
 * behind the shard's rows. */
static inline size_t chunk_end(const struct plan_node *n, size_t r, size_t last)
{
    return r + n->chunk < last ? r + n->chunk : last;
}

/* These return sizes of scratch arrays, in reals: of a chunk of the largest
 * input, an image of the first input, a chunk of outputs, an image of
 * outputs. */
size_t chunks_input_size(const struct engine_plan *plan,
                         const struct plan_node *n);
size_t chunks_image_size(const struct engine_plan *plan,
                         const struct plan_node *n);
size_t chunks_output_size(const struct engine_plan *plan,
                          const struct plan_node *n);
size_t chunks_output_image_size(const struct engine_plan *plan,
                                const struct plan_node *n);

#endif
