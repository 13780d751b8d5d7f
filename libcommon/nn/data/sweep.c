/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/data/sweep.h"

#include <stdlib.h>

#include "libcommon/base/mem.h"

void sweep_init(struct sweep *s, const struct input_spec *in,
                const struct split *split, size_t batch)
{
    batch_init(&s->maker, in, split, NULL);
    s->batch = batch;
    s->index = xcalloc(batch, sizeof *s->index);
    s->labels = xcalloc(batch, sizeof *s->labels);
    s->images = xaligned(batch * input_count(in), sizeof *s->images);
}

void sweep_fini(struct sweep *s)
{
    batch_fini(&s->maker);
    free(s->index);
    free(s->labels);
    free(s->images);
}

size_t sweep_fill(struct sweep *s, struct pool *pool, const uint32_t *chosen,
                  size_t at, size_t end)
{
    size_t n = end - at < s->batch ? end - at : s->batch;

    for (size_t i = 0; i < n; i++)
        s->index[i] = chosen ? chosen[at + i] : (uint32_t)(at + i);
    batch_fill(&s->maker, pool, s->index, n, 0, s->images, s->labels);
    return n;
}
