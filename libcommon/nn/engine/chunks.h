/* SPDX-License-Identifier: MIT
 * Inside of the engine: how many rows of a node are done at a time, so that
 * what a chunk touches fits well into a second-level cache, and the scratch
 * memory that takes. */
#ifndef NN_ENGINE_CHUNKS_H
#define NN_ENGINE_CHUNKS_H

#include "libcommon/nn/engine/node.h"

struct engine;

/* Sets n->chunk, and makes g->scratch_n large enough for it. */
void chunks_choose(struct engine *g, struct plan_node *n);

#endif
