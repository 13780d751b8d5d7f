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

double result_judged_macs(const struct result *r)
{
    return r->cost == COST_PAPER ? r->macs_paper : r->macs;
}

const char *result_key(const struct result *r)
{
    if (r->summary.arch)
        return r->summary.arch;
    return r->summary.net ? r->summary.net : "";
}

static char *copy_text(const char *s, struct arena *a)
{
    return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

static void copy_reals(struct reals *v, struct arena *a)
{
    double *to = arena_alloc(a, v->n, sizeof *to);

    if (v->n)
        memcpy(to, v->v, v->n * sizeof *to);
    v->v = to;
}

void result_copy(struct result *to, const struct result *from, struct arena *a)
{
    const struct metric *m = from->metrics.v;
    struct metric *copy = arena_alloc(a, from->metrics.n, sizeof *copy);

    *to = *from;
    summary_copy(&to->summary, &from->summary, a);
    to->reason = copy_text(from->reason, a);
    to->split = copy_text(from->split, a);
    to->rule = copy_text(from->rule, a);
    copy_reals(&to->thresholds, a);
    copy_reals(&to->temperatures, a);
    copy_reals(&to->utilisation, a);
    copy_reals(&to->exit_accuracy, a);
    copy_reals(&to->exit_accuracy_all, a);
    copy_reals(&to->ece, a);
    for (size_t i = 0; i < from->metrics.n; i++)
        copy[i] = (struct metric){copy_text(m[i].name, a), m[i].value};
    to->metrics.v = copy;
}
