/* SPDX-License-Identifier: MIT */
#include "tools/eenn-report/plans.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "libcommon/base/mem.h"

/* ---- metrics ---- */

#define TIME .unit = "ms", .scale = 1e3, .decimals = -5, .ceiling = INFINITY
#define BYTES .unit = "kB", .scale = 1e-3, .decimals = 1, .ceiling = INFINITY

static const struct figure figures[] = {
    {.name = "latency",
     .word = "latency",
     .head = "mean ms",
     .axis = "mean latency of a sample, ms",
     .legend = "mean latency of a sample",
     TIME},
    {.name = "latency_p50",
     .word = "median latency",
     .head = "p50 ms",
     .axis = "median latency, ms",
     .drop = 6,
     TIME},
    {.name = "latency_p95",
     .word = "p95 latency",
     .head = "p95 ms",
     .axis = "latency of 95 % of the samples at most, ms",
     .legend = "95 % of the samples take no longer",
     .drop = 4,
     TIME},
    {.name = "latency_p99",
     .word = "p99 latency",
     .head = "p99 ms",
     .axis = "latency of 99 % of the samples at most, ms",
     .drop = 6,
     TIME},
    {.name = "worst_latency",
     .word = "worst latency",
     .head = "worst ms",
     .axis = "worst latency, ms",
     .legend =
         "latency of the slowest exit, whether samples leave there or not",
     TIME},
    {.name = "energy",
     .word = "energy",
     .unit = "mJ",
     .head = "mJ",
     .axis = "mean energy of a sample, mJ",
     .legend = "mean energy of a sample",
     .scale = 1e3,
     .decimals = -5,
     .drop = 1,
     .ceiling = INFINITY},
    {.name = "memory",
     .word = "memory",
     .head = "mem kB",
     .axis = "memory of all processors, kB",
     .legend = "activations that all processors hold at most",
     .drop = 3,
     BYTES},
    {.name = "storage",
     .word = "storage",
     .head = "store kB",
     .axis = "storage of all processors, kB",
     .legend = "weights that all processors hold",
     .drop = 3,
     BYTES},
    {.name = "loss",
     .word = "loss",
     .unit = "points",
     .head = "loss",
     .axis = "accuracy lost against the final exit, points",
     .legend = "points of accuracy less than the final exit alone",
     .scale = 100,
     .decimals = 2,
     .drop = 5,
     .floor = -100,
     .ceiling = 100},
};

const struct figure *plan_figure(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(figures); i++)
        if (!strcmp(figures[i].name, name))
            return &figures[i];
    return &figures_known[figure_place(name)];
}

double plan_value(const struct plan *p, const char *name)
{
    struct err never;
    double value;

    return plan_metric(p, name, &value, &never) < 0 ? NAN : value;
}

bool plan_fits(const struct plan *p)
{
    return p->feasible || (p->violation <= 0 && !results_bounded(&p->limits));
}

/* ---- words ---- */

void plan_processors(const struct plan *p, struct buf *b)
{
    const char *last = NULL;

    for (size_t s = 0; s < p->segments.n; s++) {
        const char *name = plan_segment_at(p, s)->processor;

        if (!last || strcmp(last, name) != 0)
            buf_addf(b, "%s%s", last ? " " : "", name);
        last = name;
    }
}

void plan_label(const struct plan *p, struct buf *b)
{
    buf_adds(b, plan_role_names[p->role]);
    if (p->role == PLAN_CHOICE && p->rank != NIL_INT) {
        buf_addf(b, " %" PRId64, p->rank);
    } else {
        buf_adds(b, " on ");
        plan_processors(p, b);
    }
}

static bool same_text(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

void plans_about(const struct plans *x, struct buf *b)
{
    bool platform = true, set = true, split = true;
    size_t n = 0;

    for (size_t i = 0; i < x->n; i++) {
        n += x->v[i].role == PLAN_CHOICE;
        platform &= same_text(x->v[0].platform, x->v[i].platform);
        set &= same_text(x->v[0].dataset, x->v[i].dataset);
        split &= same_text(x->v[0].split, x->v[i].split);
    }
    buf_addf(b, "%zu plan%s", n, n == 1 ? "" : "s");
    if (platform)
        buf_addf(b, " on %s", x->v[0].platform);
    if (set)
        buf_addf(b, ", %s", x->v[0].dataset);
    if (split)
        buf_addf(b, ", %s", x->v[0].split);
}
