/* SPDX-License-Identifier: MIT
 * Inside of the engine: where a plan's arrays lie.  All memory is taken from
 * the engine's host and given back by engine_free. */
#ifndef NN_ENGINE_MEMORY_H
#define NN_ENGINE_MEMORY_H

#include <stddef.h>

#include "libcommon/nn/kern/real.h"

struct engine;

/* Places everything but the parameters: values, gradients, sums, scratch.
 * Decides which values are materialised, which weight gradients are made over
 * the whole batch, and which matmuls go by columns. */
void memory_place(struct engine *g);

/* Arrays of the engine, borrowed until engine_free: n reals as an engine before
 * this one left them, and n zeroed elements of a size. */
real *memory_reals(struct engine *g, size_t n);
void *memory_zeroed(struct engine *g, size_t n, size_t size);

#endif
