/* SPDX-License-Identifier: MIT */
#include "libcommon/mapping/mapgoal.h"

#include <math.h>
#include <string.h>

const char *const map_metric_names[] = {[MAP_ACCURACY] = "accuracy",
                                        [MAP_ERROR] = "error",
                                        [MAP_LOSS] = "loss",
                                        [MAP_BALANCED] = "balanced_accuracy",
                                        [MAP_MIN_CLASS] = "min_class_accuracy",
                                        [MAP_LOST] = "lost_answers",
                                        [MAP_DISAGREEMENT] = "disagreement",
                                        [MAP_MACS] = "macs",
                                        [MAP_LATENCY] = "latency",
                                        [MAP_ENERGY] = "energy",
                                        [MAP_P50] = "latency_p50",
                                        [MAP_P95] = "latency_p95",
                                        [MAP_P99] = "latency_p99",
                                        [MAP_WORST] = "worst_latency",
                                        [MAP_MEMORY] = "memory",
                                        [MAP_STORAGE] = "storage",
                                        NULL};

/* Returns true for the metrics that are good when they are large. */
static bool is_gain(int metric)
{
    return metric == MAP_ACCURACY || metric == MAP_BALANCED ||
           metric == MAP_MIN_CLASS;
}

/* Returns the metric of that name, or -1. */
static int find(const char *name)
{
    for (int i = 0; i < MAP_METRICS; i++)
        if (!strcmp(map_metric_names[i], name))
            return i;
    return -1;
}

int map_goal_read(struct map_goal *g, const struct limits *limits,
                  const char *minimise, struct err *e)
{
    g->minimise = find(minimise);
    if (g->minimise < MAP_MACS && g->minimise != MAP_ERROR)
        return err_set(e, ERR_ARG,
                       "'%s' cannot be minimised: a plan has error, macs, "
                       "latency, latency_p50, latency_p95, latency_p99, "
                       "worst_latency, energy, memory and storage",
                       minimise);
    g->limits = 0;
    for (size_t i = 0; i < limits->n; i++) {
        const struct limit *l = &limits->v[i];
        int metric = find(l->name);

        if (metric < 0)
            return err_set(e, ERR_ARG,
                           "%s takes no limit: limits are on accuracy, error, "
                           "loss, balanced_accuracy, min_class_accuracy, "
                           "lost_answers, disagreement, macs, latency, "
                           "latency_p50, latency_p95, latency_p99, "
                           "worst_latency, energy, memory and storage",
                           l->name);
        if (!isnan(is_gain(metric) ? l->max : l->min))
            return err_set(e, ERR_ARG, "%s takes no %s limit", l->name,
                           is_gain(metric) ? "upper" : "lower");
        if (metric != MAP_LOSS && l->max < 0)
            return err_set(e, ERR_ARG,
                           "limit %s=%.17g: this metric is never below 0",
                           l->name, l->max);
        g->limit[g->limits++] = (struct map_limit){metric, l->max, l->min};
    }
    return 0;
}

bool map_goal_needs(const struct map_goal *g, int metric)
{
    bool needed = g->minimise == metric;

    for (size_t i = 0; i < g->limits; i++)
        needed |= g->limit[i].metric == metric;
    return needed;
}

bool map_goal_answers(const struct map_goal *g)
{
    bool answers = false;

    for (size_t i = 0; i < g->limits; i++)
        answers |= g->limit[i].metric < MAP_MACS;
    return answers;
}

void map_outcome_set(struct map_outcome *o, const struct map_goal *g,
                     const double *metric)
{
    double of_answers = 0;

    o->of_costs = 0;
    for (size_t i = 0; i < g->limits; i++) {
        const struct map_limit *l = &g->limit[i];
        double value = metric[l->metric],
               beyond = bound_violation(value, l->max, true) +
                        bound_violation(value, l->min, false);

        if (l->metric < MAP_MACS)
            of_answers += beyond;
        else
            o->of_costs += beyond;
    }
    o->violation = of_answers + o->of_costs;
    o->accuracy = metric[MAP_ACCURACY];
    o->latency = metric[MAP_LATENCY];
    o->worst = metric[MAP_WORST];
    o->value = metric[g->minimise];
    o->metric = g->minimise == MAP_ERROR ? o->latency : o->value;
    if (!isnan(g->weight))
        o->value = g->weight * o->value / g->unit +
                   (1 - g->weight) * (1 - o->accuracy);
}

int map_outcome_compare(const struct map_outcome *a,
                        const struct map_outcome *b)
{
    if (a->overflow != b->overflow)
        return a->overflow < b->overflow ? -1 : 1;
    if (a->violation != b->violation)
        return a->violation < b->violation ? -1 : 1;
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    if (a->accuracy != b->accuracy)
        return a->accuracy > b->accuracy ? -1 : 1;
    if (a->latency != b->latency)
        return a->latency < b->latency ? -1 : 1;
    if (a->worst != b->worst)
        return a->worst < b->worst ? -1 : 1;
    return (a->segments > b->segments) - (a->segments < b->segments);
}
