/* SPDX-License-Identifier: MIT */
#include "libcommon/search/result.h"

#include <math.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/halting.h"

const char *const result_status_names[] = {"ok", "failed", NULL};

void result_init(struct result *r)
{
    *r = (struct result){
        .status = RESULT_FAILED,
        .accuracy = NAN,
        .macs = NAN,
        .macs_paper = NAN,
        .final_accuracy = NAN,
        .final_macs = NAN,
        .min_accuracy = NAN,
        .max_macs = NAN,
        .rank = NIL_INT,
        .crowding = NAN,
        .tradeoff = NAN,
    };
}

static double real_of(int64_t v)
{
    return v == NIL_INT ? NAN : (double)v;
}

int result_metric(const struct result *r, const char *name, double *value,
                  struct err *e)
{
    const struct metric *m = r->metrics.v;
    const struct metric own[] = {
        {(char *)"accuracy", r->accuracy},
        {(char *)"error", 1 - r->accuracy},
        {(char *)"macs", r->macs},
        {(char *)"macs_paper", r->macs_paper},
        {(char *)"final_accuracy", r->final_accuracy},
        {(char *)"final_macs", r->final_macs},
        {(char *)"params", real_of(r->summary.params)},
        {(char *)"peak_bytes", real_of(r->summary.peak_bytes)},
    };

    *value = NAN;
    for (size_t i = r->metrics.n; i-- > 0;)
        if (!strcmp(m[i].name, name))
            *value = m[i].value;
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (!strcmp(own[i].name, name))
            *value = own[i].value;
    if (isnan(*value))
        return err_set(e, ERR_FORMAT, "result %s has no metric %s",
                       result_key(r), name);
    return 0;
}

double result_macs(const struct result *r, int cost)
{
    const double macs[HALT_COSTS] = {
        [COST_SEQUENTIAL] = r->macs,
        [COST_PAPER] = r->macs_paper,
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
