/* SPDX-License-Identifier: MIT
 * Inside of the engine: parameters.  All lie in one array of values and one of
 * gradients, in binding order over the layers; each begins on a cache line. */
#ifndef NN_ENGINE_PARAMS_H
#define NN_ENGINE_PARAMS_H

#include "libcommon/nn/engine/memory.h"
#include "libcommon/nn/engine/plan.h"

struct param_table {
    struct engine_param *v; /* owned (free) */
    size_t n;
    real *values, *grads; /* all params, those that learn; grads is NULL
                             * without training */
    size_t values_n, grads_n;
};

/* Makes the table and points the plan's nodes at it. */
void params_place(struct param_table *t, struct engine_plan *plan,
                  struct engine_memory *m);

#endif
