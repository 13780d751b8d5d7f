/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/real/flow.h"

void fetch_clear(const struct engine *g, int worker)
{
    g->fetches[worker].n = 0;
    g->fetches[worker].v[0] = (struct fetch){ 0 };
}

void fetch_add(const struct engine *g, int worker, const real *p, size_t n)
{
    struct fetches *q = &g->fetches[worker];

    if (n > 0 && q->n < FETCHES)
        q->v[q->n++] = (struct fetch){ (const char *)p, (const char *)(p + n) };
}

struct fetch *fetch_of(const struct engine *g, int worker)
{
    struct fetches *q = &g->fetches[worker];

    while (q->n > 1 && q->v[0].at >= q->v[0].end) {
        for (int i = 1; i < q->n; i++)
            q->v[i - 1] = q->v[i];
        q->n--;
    }
    return &q->v[0];
}
