/* SPDX-License-Identifier: MIT
 * Inside of the engine: its arrays are taken from the host's reserve
 * (reserve.h), where an earlier engine may have left memory.
 *
 * Example (struct reserve *reserve, size_t n):
 *     struct engine_memory m = {.from = reserve};
 *     real *a = memory_reals(&m, n);  // borrowed until memory_give_back
 *
 *     memory_give_back(&m);
 *
 * Running out of memory ends the process, as everywhere. */
#ifndef NN_ENGINE_MEMORY_H
#define NN_ENGINE_MEMORY_H

#include <stddef.h>

#include "libcommon/base/reserve.h"
#include "libcommon/nn/kern/real.h"

struct engine_memory {
    struct reserve *from;
    void **held;
    size_t n_held, cap_held;
};

/* Returns n uninitialised reals; a vector load may read beyond the last one. */
real *memory_reals(struct engine_memory *m, size_t n);

/* Returns n zeroed elements of `size` bytes. */
void *memory_zeroed(struct engine_memory *m, size_t n, size_t size);

void memory_give_back(struct engine_memory *m);

#endif
