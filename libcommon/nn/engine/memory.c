/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/memory.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

static void *take(struct engine_memory *m, size_t n, size_t size)
{
    void *a = reserve_take(m->from, n * size);

    GROW(m->held, m->n_held, m->cap_held);
    m->held[m->n_held++] = a;
    return a;
}

real *memory_reals(struct engine_memory *m, size_t n)
{
    return take(m, n + 16, sizeof(real));
}

void *memory_zeroed(struct engine_memory *m, size_t n, size_t size)
{
    return memset(take(m, n + 1, size), 0, (n + 1) * size);
}

void memory_give_back(struct engine_memory *m)
{
    for (size_t i = 0; i < m->n_held; i++)
        reserve_give(m->from, m->held[i]);
    free(m->held);
    *m = (struct engine_memory){0};
}
