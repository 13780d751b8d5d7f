/* SPDX-License-Identifier: MIT
 * Inside of the engine: where the plan's arrays lie.  Those whose lives do not
 * overlap share memory, which saves cache as well: a gradient takes the place
 * of values that backward is through with. */
#ifndef NN_ENGINE_LAYOUT_H
#define NN_ENGINE_LAYOUT_H

#include "libcommon/nn/engine/memory.h"
#include "libcommon/nn/engine/pass.h"

/* Places everything but the parameters: values, gradients, sums and operators'
 * own arrays into the plan's nodes, which get their chunks on the way; shared
 * arrays into *b and *f.  Cannot fail. */
void layout_place(struct engine_plan *plan, struct engine_buffers *b,
                  struct engine_flight *f, struct engine_memory *m);

#endif
