/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/prefetch.h"

#include "libcommon/nn/engine/state.h"

/* Paces (struct prefetch, lines): what there is time for, and what is wanted as
 * soon as the product in progress is through. */
enum { PREFETCH_SLOWLY = 4, PREFETCH_QUICKLY = 16 };

static struct prefetch prefetch_rows(const real *p, size_t rows, size_t n, size_t ld,
                               int lines)
{
    if (rows == 0 || n == 0)
        return (struct prefetch){ 0 };
    if (n == ld) {                      /* one long row */
        n *= rows;
        rows = 1;
    }
    return (struct prefetch){
        .at = (const char *)p, .row_end = (const char *)(p + n),
        .end = (const char *)(p + (rows - 1) * ld + n),
        .skip = (ld - n) * sizeof *p, .pitch = ld * sizeof *p, .lines = lines,
    };
}

void prefetch_clear(const struct engine *g, int worker)
{
    struct prefetch_queue *q = &g->prefetch[worker];

    q->n = q->at = 0;
    q->urgent = (struct prefetch){ 0 };
}

void prefetch_add(const struct engine *g, int worker, const real *p, size_t n)
{
    struct prefetch_queue *q = &g->prefetch[worker];

    if (q->n < PREFETCH_ENTRIES)
        q->v[q->n++] = prefetch_rows(p, 1, n, n, PREFETCH_SLOWLY);
}

void prefetch_next(const struct engine *g, int worker, const real *p, size_t rows,
                size_t n, size_t ld)
{
    g->prefetch[worker].urgent = prefetch_rows(p, rows, n, ld, PREFETCH_QUICKLY);
}

struct prefetch *prefetch_first(const struct engine *g, int worker)
{
    struct prefetch_queue *q = &g->prefetch[worker];

    if (q->urgent.at < q->urgent.end)
        return &q->urgent;
    while (q->at < q->n && q->v[q->at].at >= q->v[q->at].end)
        q->at++;
    return q->at < q->n ? &q->v[q->at] : NULL;
}
