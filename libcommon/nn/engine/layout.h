/* SPDX-License-Identifier: MIT
 * Inside of the engine: where the plan's arrays lie.  Arrays whose lifetimes do
 * not overlap share memory, which saves cache as well: a gradient takes the
 * place of values that backward no longer reads. */
#ifndef NN_ENGINE_LAYOUT_H
#define NN_ENGINE_LAYOUT_H

#include "libcommon/nn/engine/memory.h"
#include "libcommon/nn/engine/pass.h"

/* Takes memory for everything but the parameters.  Sets values, gradients,
 * sums, operators' own arrays and chunk sizes in the plan's nodes, and the
 * arrays that nodes share in *b and *f.  Cannot fail. */
void layout_place(struct engine_plan *plan, struct engine_buffers *b,
                  struct engine_flight *f, struct engine_memory *m);

#endif
