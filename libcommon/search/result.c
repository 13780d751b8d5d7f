/* SPDX-License-Identifier: MIT */
#include "libcommon/search/result.h"

#include <math.h>
#include <string.h>

#include "libcommon/nn/exits/halting.h"

const char *const result_status_names[] = {"ok", "failed", NULL};

static double integer(int64_t v)
{
    return v == NIL_INT ? NAN : (double)v;
}

double result_figure(const struct result *r, const char *name)
{
    const struct metric *m = r->metrics.v;
    const struct {
        const char *name;
        double value;
    } own[] = {
        {"accuracy", r->accuracy},
        {"error", 1 - r->accuracy},
        {"macs", r->macs},
        {"macs_paper", r->macs_paper},
        {"final_accuracy", r->final_accuracy},
        {"final_macs", r->final_macs},
        {"params", integer(r->summary.params)},
        {"peak_bytes", integer(r->summary.peak_bytes)},
    };

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (!strcmp(own[i].name, name))
            return own[i].value;
    for (size_t i = 0; i < r->metrics.n; i++)
        if (!strcmp(m[i].name, name))
            return m[i].value;
    return NAN;
}

double result_macs(const struct result *r, int cost)
{
    const double macs[HALT_COSTS] = {
        [COST_SEQUENTIAL] = r->macs, [COST_PAPER] = r->macs_paper,
    };

    return macs[cost];
}

double result_judged_macs(const struct result *r)
{
    return result_macs(r, r->cost);
}

const char *result_key(const struct result *r)
{
    if (r->summary.arch)
        return r->summary.arch;
    return r->summary.net ? r->summary.net : "";
}

void result_copy(struct result *to, const struct result *from, struct arena *a)
{
    const struct metric *m = from->metrics.v;
    struct metric *copy = arena_alloc(a, from->metrics.n, sizeof *copy);

    *to = *from;
    summary_copy(&to->summary, &from->summary, a);
    to->reason = arena_strdup(a, from->reason);
    to->split = arena_strdup(a, from->split);
    to->rule = arena_strdup(a, from->rule);
    to->thresholds = reals_copy(a, &from->thresholds);
    to->temperatures = reals_copy(a, &from->temperatures);
    to->utilisation = reals_copy(a, &from->utilisation);
    to->exit_accuracy = reals_copy(a, &from->exit_accuracy);
    to->exit_accuracy_all = reals_copy(a, &from->exit_accuracy_all);
    to->ece = reals_copy(a, &from->ece);
    for (size_t i = 0; i < from->metrics.n; i++)
        copy[i] = (struct metric){arena_strdup(a, m[i].name), m[i].value};
    to->metrics.v = copy;
}
