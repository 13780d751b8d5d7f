/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/prefetch.h"

#include "libcommon/nn/engine/pass.h"

/* A kernel prefetches this many cache lines at a time (struct prefetch).  Data
 * of later phases can come slowly, but the next chunk is read as soon as the
 * matmul in progress has ended. */
enum { PREFETCH_SLOWLY = 4, PREFETCH_QUICKLY = 16 };

static struct prefetch prefetch_rows(const real *x, size_t rows, size_t n,
                                     size_t ld, int lines)
{
    if (rows == 0 || n == 0)
        return (struct prefetch){0};
    if (n == ld) { /* one long row */
        n *= rows;
        rows = 1;
    }
    return (struct prefetch){
        .at = (const char *)x,
        .row_end = (const char *)(x + n),
        .end = (const char *)(x + (rows - 1) * ld + n),
        .skip = (ld - n) * sizeof *x,
        .pitch = ld * sizeof *x,
        .lines = lines,
    };
}

void prefetch_clear(const struct engine_pass *p, int worker)
{
    struct prefetch_queue *q = &p->buffers->prefetch[worker];

    q->n = q->at = 0;
    q->urgent = (struct prefetch){0};
}

void prefetch_add(const struct engine_pass *p, int worker, const real *x,
                  size_t n)
{
    struct prefetch_queue *q = &p->buffers->prefetch[worker];

    if (q->n < NODE_WEIGHTS)
        q->v[q->n++] = prefetch_rows(x, 1, n, n, PREFETCH_SLOWLY);
}

void prefetch_next(const struct engine_pass *p, int worker, const real *x,
                   size_t rows, size_t n, size_t ld)
{
    p->buffers->prefetch[worker].urgent = prefetch_rows(x, rows, n, ld,
                                                        PREFETCH_QUICKLY);
}

struct prefetch *prefetch_first(const struct engine_pass *p, int worker)
{
    struct prefetch_queue *q = &p->buffers->prefetch[worker];

    if (q->urgent.at < q->urgent.end)
        return &q->urgent;
    while (q->at < q->n && q->v[q->at].at >= q->v[q->at].end)
        q->at++;
    return q->at < q->n ? &q->v[q->at] : NULL;
}
