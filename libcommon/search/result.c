/* SPDX-License-Identifier: MIT */
#include "libcommon/search/result.h"

#include <math.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/halting.h"

const char *const result_status_names[] = {"ok", "failed", NULL};

const char *const cost_metrics[] = {
    [COST_SEQUENTIAL] = "macs",
    [COST_PAPER] = "macs_paper",
};

void result_init(struct result *r)
{
    *r = (struct result){
        .status = RESULT_FAILED,
        .accuracy = NAN,
        .macs = NAN,
        .macs_paper = NAN,
        .final_accuracy = NAN,
        .final_macs = NAN,
        .min_class_accuracy = NAN,
        .balanced_accuracy = NAN,
        .lost_answers = NAN,
        .disagreement = NAN,
        .guarantee = {.confidence = NAN, .needed = NIL_INT},
        .judged_before = {NAN, NAN, 0},
        .samples = NIL_INT,
        .rank = NIL_INT,
        .crowding = NAN,
        .tradeoff = NAN,
    };
}

static double real_of(int64_t v)
{
    return v == NIL_INT ? NAN : (double)v;
}

bool metric_is_share(const char *name)
{
    static const char *const shares[] = {
        "accuracy",          "error",
        "final_accuracy",    "min_class_accuracy",
        "balanced_accuracy", "lost_answers",
        "disagreement"};

    for (size_t i = 0; i < ARRAY_LEN(shares); i++)
        if (!strcmp(shares[i], name))
            return true;
    return false;
}

bool metric_is_count(const char *name)
{
    static const char *const counts[] = {"macs",   "macs_paper", "final_macs",
                                         "params", "size_bytes", "peak_bytes"};

    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        if (!strcmp(counts[i], name))
            return true;
    return false;
}

int result_metric(const struct result *r, const char *name, double *value,
                  struct err *e)
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
        {"min_class_accuracy", r->min_class_accuracy},
        {"balanced_accuracy", r->balanced_accuracy},
        {"lost_answers", r->lost_answers},
        {"disagreement", r->disagreement},
        {"params", real_of(r->summary.params)},
        {"peak_bytes", real_of(r->summary.peak_bytes)},
    };

    *value = NAN;
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (!strcmp(own[i].name, name))
            *value = own[i].value;
    for (size_t i = 0; isnan(*value) && i < r->metrics.n; i++)
        if (!strcmp(m[i].name, name))
            *value = m[i].value;
    if (!isnan(*value))
        return 0;
    err_set(e, ERR_FORMAT, "%s%s has no metric %s",
            *result_key(r) ? "result " : "a result", result_key(r), name);
    for (size_t i = 0; i < r->metrics.n; i++)
        err_suffix(e, "%s%s", i ? ", " : "; its own are ", m[i].name);
    return e->code;
}

static const struct limit *find_limit(const struct list *limits,
                                      const char *name)
{
    const struct limit *l = limits->v;

    for (size_t i = 0; i < limits->n; i++)
        if (!strcmp(l[i].name, name))
            return &l[i];
    return NULL;
}

const struct limit *result_limit(const struct result *r, const char *name)
{
    return find_limit(&r->limits, name);
}

static bool same_bound(double a, double b)
{
    return (isnan(a) && isnan(b)) || (a <= b && a >= b);
}

bool limit_lists_alike(const struct list *a, const struct list *b)
{
    const struct limit *l = a->v, *other;

    for (size_t i = 0; i < a->n; i++)
        if (!(other = find_limit(b, l[i].name)) ||
            !same_bound(l[i].max, other->max) ||
            !same_bound(l[i].min, other->min))
            return false;
    return a->n == b->n;
}

bool results_bounded(const struct list *limits)
{
    const struct limit *l = limits->v;

    for (size_t i = 0; i < limits->n; i++)
        if (!isnan(l[i].max) || !isnan(l[i].min))
            return true;
    return false;
}

const char *results_cost_metric(const struct result *v, size_t n)
{
    bool judged[HALT_COSTS] = {false};

    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < HALT_COSTS; c++)
            judged[c] |= result_limit(&v[i], cost_metrics[c]) != NULL;
    return cost_metrics[judged[COST_PAPER] && !judged[COST_SEQUENTIAL]
                            ? COST_PAPER
                            : COST_SEQUENTIAL];
}

const char *result_key(const struct result *r)
{
    if (r->summary.arch)
        return r->summary.arch;
    return r->summary.net ? r->summary.net : "";
}

struct list limit_list_copy(struct arena *a, const struct list *limits)
{
    struct limit *v = arena_memdup(a, limits->v, limits->n, sizeof *v);

    for (size_t i = 0; i < limits->n; i++)
        v[i].name = arena_strdup(a, v[i].name);
    return (struct list){v, limits->n};
}

struct guarantee guarantee_copy(struct arena *a, const struct guarantee *g)
{
    struct certified *v = arena_memdup(a, g->limits.v, g->limits.n, sizeof *v);
    struct guarantee copy = *g;

    for (size_t i = 0; i < g->limits.n; i++)
        v[i].name = arena_strdup(a, v[i].name);
    copy.limits.v = v;
    return copy;
}

void result_copy(struct result *to, const struct result *from, struct arena *a)
{
    const struct metric *m = from->metrics.v;
    struct metric *metrics = arena_alloc(a, from->metrics.n, sizeof *metrics);

    *to = *from;
    summary_copy(&to->summary, &from->summary, a);
    to->reason = arena_strdup(a, from->reason);
    to->split = arena_strdup(a, from->split);
    to->dataset = arena_strdup(a, from->dataset);
    to->rule = arena_strdup(a, from->rule);
    to->thresholds = reals_copy(a, &from->thresholds);
    to->temperatures = reals_copy(a, &from->temperatures);
    to->utilisation = reals_copy(a, &from->utilisation);
    to->exit_accuracy = reals_copy(a, &from->exit_accuracy);
    to->exit_accuracy_all = reals_copy(a, &from->exit_accuracy_all);
    to->ece = reals_copy(a, &from->ece);
    for (size_t i = 0; i < from->metrics.n; i++)
        metrics[i] = (struct metric){arena_strdup(a, m[i].name), m[i].value,
                                     arena_strdup(a, m[i].unit)};
    to->metrics.v = metrics;
    to->limits = limit_list_copy(a, &from->limits);
    to->guarantee = guarantee_copy(a, &from->guarantee);
}
