/* SPDX-License-Identifier: MIT
 * Inside of the engine: how many rows of a node are done at a time, so that
 * what a chunk touches fits well into a second-level cache, and the scratch
 * memory that takes.  What is special about an operator, its struct node_op
 * says (node_op.h). */
#ifndef NN_ENGINE_CHUNKS_H
#define NN_ENGINE_CHUNKS_H

#include <stddef.h>

#include "libcommon/nn/engine/node.h"

struct engine_plan;

/* Sets n->chunk, and makes plan->scratch large enough for it. */
void chunks_choose(struct engine_plan *plan, struct plan_node *n);

/* These return the sizes of scratch slots, in reals: of a chunk of the largest
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
