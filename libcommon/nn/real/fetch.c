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
    struct fetches *q = &g->fetches[worker];

    q->n = q->at = 0;
    q->soon = (struct fetch){ 0 };
}

void fetch_add(const struct engine *g, int worker, const real *p, size_t n)
{
    struct fetches *q = &g->fetches[worker];

    if (n > 0 && q->n < FETCHES)
        q->v[q->n++] = fetch_rows(p, 1, n, n, FETCH_SLOWLY);
}

void fetch_soon(const struct engine *g, int worker, struct fetch f)
{
    g->fetches[worker].soon = f;
}

struct fetch *fetch_of(const struct engine *g, int worker)
{
    struct fetches *q = &g->fetches[worker];

    if (q->soon.at < q->soon.end)
        return &q->soon;
    while (q->at < q->n && q->v[q->at].at >= q->v[q->at].end)
        q->at++;
    return q->at < q->n ? &q->v[q->at] : NULL;
}
