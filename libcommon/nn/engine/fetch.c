/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/flow.h"

/* Paces (struct fetch, lines): what there is time for, and what is wanted as
 * soon as the product in progress is through. */
enum { FETCH_SLOWLY = 4, FETCH_QUICKLY = 16 };

static struct fetch fetch_rows(const real *p, size_t rows, size_t n, size_t ld,
                               int lines)
{
    if (rows == 0 || n == 0)
        return (struct fetch){ 0 };
    if (n == ld) {                      /* one long row */
        n *= rows;
        rows = 1;
    }
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

    if (q->n < FETCHES)
        q->v[q->n++] = fetch_rows(p, 1, n, n, FETCH_SLOWLY);
}

void fetch_soon(const struct engine *g, int worker, const real *p, size_t rows,
                size_t n, size_t ld)
{
    g->fetches[worker].soon = fetch_rows(p, rows, n, ld, FETCH_QUICKLY);
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
