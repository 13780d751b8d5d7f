/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/real/flow.h"

struct fetch fetch_rows(const real *p, size_t rows, size_t n, size_t ld,
                        int lines)
{
    return (struct fetch){
        .at = (const char *)p, .row_end = (const char *)(p + n),
        .end = (const char *)(p + (rows - 1) * ld + n),
        .skip = (ld - n) * sizeof *p, .pitch = ld * sizeof *p, .lines = lines,
    };
}

void fetch_clear(const struct engine *g, int worker)
{
    g->fetches[worker].n = 0;
    g->fetches[worker].v[0] = (struct fetch){ 0 };
}

void fetch_add(const struct engine *g, int worker, const real *p, size_t n)
{
    struct fetches *q = &g->fetches[worker];

    if (n > 0 && q->n < FETCHES)
        q->v[q->n++] = fetch_rows(p, 1, n, n, FETCH_SLOWLY);
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
