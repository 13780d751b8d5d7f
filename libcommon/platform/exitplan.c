/* SPDX-License-Identifier: MIT */
#include "libcommon/platform/exitplan.h"

#include <math.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/halting.h"

const char *const plan_role_names[] = {"plan", "base", "partition", NULL};

void plan_init(struct plan *p)
{
    *p = (struct plan){
        .samples = NIL_INT,
        .accuracy = NAN,
        .final_accuracy = NAN,
        .balanced_accuracy = NAN,
        .min_class_accuracy = NAN,
        .lost_answers = NAN,
        .disagreement = NAN,
        .energy = NAN,
        .weight = NAN,
        .guarantee = {.confidence = NAN, .needed = NIL_INT},
        .rank = NIL_INT,
    };
}

const struct plan_segment *plan_segment_at(const struct plan *p, size_t s)
{
    return (const struct plan_segment *)p->segments.v + s;
}

size_t plan_exits(const struct plan *p)
{
    size_t n = 0;

    for (size_t s = 0; s < p->segments.n; s++)
        n += plan_segment_at(p, s)->exit;
    return n;
}

/* ---- metrics ---- */

const char *const plan_metric_names[] = {"accuracy",    "error",
                                         "loss",        "final_accuracy",
                                         "macs",        "balanced_accuracy",
                                         "latency",     "min_class_accuracy",
                                         "latency_p50", "lost_answers",
                                         "latency_p95", "disagreement",
                                         "latency_p99", "worst_latency",
                                         "energy",      "memory",
                                         "storage",     NULL};

int plan_metric(const struct plan *p, const char *name, double *value,
                struct err *e)
{
    double memory = 0, storage = 0;
    const struct plan_store *v = p->stores.v;

    for (size_t i = 0; i < p->stores.n && !v[i].pool; i++) {
        memory += (double)v[i].memory;
        storage += (double)v[i].storage;
    }
    const struct {
        const char *name;
        double value;
    } own[] = {
        {"accuracy", p->accuracy},
        {"error", 1 - p->accuracy},
        {"final_accuracy", p->final_accuracy},
        {"loss", p->final_accuracy - p->accuracy},
        {"balanced_accuracy", p->balanced_accuracy},
        {"min_class_accuracy", p->min_class_accuracy},
        {"lost_answers", p->lost_answers},
        {"disagreement", p->disagreement},
        {"macs", p->macs},
        {"latency", p->latency},
        {"latency_p50", p->latency_p50},
        {"latency_p95", p->latency_p95},
        {"latency_p99", p->latency_p99},
        {"worst_latency", p->worst_latency},
        {"energy", p->energy},
        {"memory", memory},
        {"storage", storage},
    };

    *value = NAN;
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (!strcmp(own[i].name, name)) {
            *value = own[i].value;
            return isnan(*value)
                       ? err_set(e, ERR_FORMAT, "the plan does not know its %s",
                                 name)
                       : 0;
        }
    return err_set(e, ERR_FORMAT, "plans have no metric %s", name);
}

int plan_judge(struct plan *p, const struct limits *l, struct err *e)
{
    const struct plan_store *v = p->stores.v;
    int64_t needed = 0, limit = 0;
    int rc = 0;

    p->limits = limits_list(l);
    p->violation = 0;
    for (size_t i = 0; i < l->n; i++) {
        double value;

        if (plan_metric(p, l->v[i].name, &value, e) < 0)
            rc = e->code;
        else
            p->violation += limit_violation(&l->v[i], value);
    }
    for (size_t i = 0; i < 2 * p->stores.n; i++) {
        const struct plan_store *s = &v[i / 2];
        int64_t has = i % 2 ? s->storage_limit : s->memory_limit,
                takes = i % 2 ? s->storage : s->memory;

        if (has != NIL_INT && takes - has > needed - limit) {
            needed = takes;
            limit = has;
        }
    }
    if (needed > limit)
        p->violation += bound_violation((double)needed, (double)limit, true);
    p->feasible = !(p->violation > 0);
    return rc;
}

/* ---- checks ---- */

/* Returns the place of a store of that name, or their number. */
static size_t store_of(const struct plan *p, const char *name)
{
    const struct plan_store *v = p->stores.v;
    size_t i = 0;

    while (i < p->stores.n && strcmp(v[i].name, name) != 0)
        i++;
    return i;
}

/* Check an exit: where there is one it has all figures, elsewhere none. */
static int check_exit(const struct plan_segment *x, bool last, struct err *e)
{
    const double figures[] = {x->latency, x->utilisation};

    if (!x->exit && last)
        return err_set(e, ERR_FORMAT, "the last segment, to %s, has no exit",
                       x->to);
    for (size_t i = 0; i < ARRAY_LEN(figures); i++)
        if (isnan(figures[i]) == x->exit)
            return err_set(e, ERR_FORMAT,
                           x->exit ? "the exit at %s lacks its latency or its "
                                     "utilisation"
                                   : "%s has figures of an exit and no exit",
                           x->to);
    if (!x->exit && !(isnan(x->energy) && isnan(x->exit_accuracy) &&
                      isnan(x->exit_accuracy_all)))
        return err_set(e, ERR_FORMAT, "%s has figures of an exit and no exit",
                       x->to);
    if (isnan(x->threshold) != (last || !x->exit))
        return err_set(e, ERR_FORMAT,
                       isnan(x->threshold)
                           ? "the exit at %s has no threshold"
                           : "%s has a threshold that cannot be",
                       x->to);
    return 0;
}

/* Check that segments follow each other, on processors in their order. */
static int check_segments(const struct plan *p, struct err *e)
{
    const struct plan_store *stores = p->stores.v;
    size_t at = 0;

    if (!p->segments.n)
        return err_set(e, ERR_FORMAT, "a plan without segments");
    for (size_t s = 0; s < p->segments.n; s++) {
        const struct plan_segment *x = plan_segment_at(p, s);
        const char *before = s ? plan_segment_at(p, s - 1)->to : NULL;
        size_t store = store_of(p, x->processor);

        if (!before != !x->from || (before && strcmp(before, x->from) != 0))
            return err_set(e, ERR_FORMAT,
                           "the segment to %s begins at %s, the one before it "
                           "ends at %s",
                           x->to, x->from ? x->from : "the input",
                           before ? before : "the input");
        if (store == p->stores.n || stores[store].pool)
            return err_set(e, ERR_FORMAT,
                           "the segment to %s is on %s, which is no processor "
                           "of the plan",
                           x->to, x->processor);
        if (store < at)
            return err_set(e, ERR_FORMAT,
                           "the segment to %s is on %s, which stands before "
                           "the processor of the segment before",
                           x->to, x->processor);
        at = store;
        for (size_t i = 0; i < s; i++)
            if (!strcmp(plan_segment_at(p, i)->to, x->to))
                return err_set(e, ERR_FORMAT, "two segments end at %s", x->to);
        if (check_exit(x, s + 1 == p->segments.n, e) < 0)
            return e->code;
    }
    return 0;
}

/* Check the figures over all exits against those of each. */
static int check_figures(const struct plan *p, struct err *e)
{
    const double ascending[] = {p->latency_p50, p->latency_p95, p->latency_p99,
                                p->worst_latency};
    double share = 0, worst = 0;

    for (size_t s = 0; s < p->segments.n; s++) {
        const struct plan_segment *x = plan_segment_at(p, s);

        share += x->exit ? x->utilisation : 0;
        worst = fmax(worst, x->latency); /* NAN counts for nothing */
    }
    if (!(fabs(share - 1) < 1e-6))
        return err_set(e, ERR_FORMAT,
                       "the exits take %.9g of the samples together", share);
    if (!(fabs(worst - p->worst_latency) <= 1e-6 * worst))
        return err_set(e, ERR_FORMAT,
                       "worst_latency is %.9g, the slowest exit takes %.9g",
                       p->worst_latency, worst);
    for (size_t i = 1; i < ARRAY_LEN(ascending); i++)
        if (ascending[i] < ascending[i - 1] * (1 - 1e-6))
            return err_set(e, ERR_FORMAT,
                           "latency_p50, _p95, _p99 and worst_latency do not "
                           "ascend");
    if (isnan(p->accuracy) && isnan(p->disagreement))
        return err_set(e, ERR_FORMAT,
                       "a plan without accuracy and disagreement");
    return 0;
}

int plan_check(const struct plan *p, struct err *e)
{
    const struct plan_store *v = p->stores.v;
    const struct limit *l = p->limits.v;
    double value;

    if (!p->summary.net)
        return err_set(e, ERR_FORMAT, "a plan without a net id");
    if (!halt_rule_find(p->rule))
        return err_set(e, ERR_FORMAT, "halting rule %s is not known here",
                       p->rule);
    for (size_t i = 0; i < p->stores.n; i++) {
        if (store_of(p, v[i].name) != i)
            return err_set(e, ERR_FORMAT, "two processors or pools called %s",
                           v[i].name);
        if (i && v[i - 1].pool && !v[i].pool)
            return err_set(e, ERR_FORMAT,
                           "the processor %s stands behind the pool %s",
                           v[i].name, v[i - 1].name);
    }
    if (check_segments(p, e) < 0 || check_figures(p, e) < 0)
        return e->code;
    for (size_t i = 0; i < p->limits.n; i++) {
        if (plan_metric(p, l[i].name, &value, e) < 0)
            return err_set(e, ERR_FORMAT, "a plan judged by %s without it",
                           l[i].name);
        for (size_t j = 0; j < i; j++)
            if (!strcmp(l[i].name, l[j].name))
                return err_set(e, ERR_FORMAT, "two limits on %s", l[i].name);
    }
    if (p->minimise && plan_metric(p, p->minimise, &value, e) < 0)
        return err_set(e, ERR_FORMAT, "a plan searched by %s without it",
                       p->minimise);
    if (p->feasible && p->violation > 0)
        return err_set(e, ERR_FORMAT,
                       "feasible is true of a plan that violates a limit");
    if (p->role != PLAN_CHOICE && plan_exits(p) > 1)
        return err_set(e, ERR_FORMAT, "a %s with early exits",
                       plan_role_names[p->role]);
    if (p->role == PLAN_BASE && p->segments.n > 1)
        return err_set(e, ERR_FORMAT, "a base of %zu segments", p->segments.n);
    return 0;
}

/* ---- copies ---- */

void plan_copy(struct plan *to, const struct plan *from, struct arena *a)
{
    struct plan_segment *x = arena_memdup(a, from->segments.v, from->segments.n,
                                          sizeof *x);
    struct plan_store *m = arena_memdup(a, from->stores.v, from->stores.n,
                                        sizeof *m);

    *to = *from;
    summary_copy(&to->summary, &from->summary, a);
    to->platform = arena_strdup(a, from->platform);
    to->platform_digest = arena_strdup(a, from->platform_digest);
    to->rule = arena_strdup(a, from->rule);
    to->split = arena_strdup(a, from->split);
    to->dataset = arena_strdup(a, from->dataset);
    to->minimise = arena_strdup(a, from->minimise);
    for (size_t i = 0; i < from->segments.n; i++) {
        x[i].processor = arena_strdup(a, x[i].processor);
        x[i].from = arena_strdup(a, x[i].from);
        x[i].to = arena_strdup(a, x[i].to);
    }
    to->segments.v = x;
    for (size_t i = 0; i < from->stores.n; i++)
        m[i].name = arena_strdup(a, m[i].name);
    to->stores.v = m;
    to->limits = limit_list_copy(a, &from->limits);
    to->guarantee = guarantee_copy(a, &from->guarantee);
}
