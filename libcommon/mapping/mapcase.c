/* SPDX-License-Identifier: MIT */
#include "libcommon/mapping/mapcase.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/agreement.h"

/* ---- samples ---- */

void map_samples_init(struct map_samples *s, const struct halt_table *t,
                      const struct halt_rule *rule, const double *value,
                      size_t values)
{
    const double *score = halt_table_values(t, rule);
    size_t n = t->samples, last = (t->exits - 1) * n;

    BUG_IF(rule->chained || !t->label || values > MAP_VALUES_MAX);
    *s = (struct map_samples){.table = t,
                              .rule = rule,
                              .value = value,
                              .samples = n,
                              .exits = t->exits,
                              .values = values};
    s->code = xcalloc(t->exits, n * sizeof *s->code);
    for (size_t i = 0; i < t->exits; i++)
        for (size_t k = 0; k < n; k++) {
            size_t at = i * n + k, bin = 0;
            unsigned state = (t->right[at] ? MAP_RIGHT : 0) |
                             (t->right[last + k] ? MAP_FINAL_RIGHT : 0) |
                             (t->answer[at] != t->answer[last + k]
                                  ? MAP_DIFFERENT
                                  : 0);

            while (at < last && bin < values && score[at] >= value[bin])
                bin++;
            s->code[at] = (uint16_t)(MAP_STATES * bin + state);
        }
    for (size_t k = 0; k < n; k++)
        s->final_right += t->right[last + k];
}

void map_samples_fini(struct map_samples *s)
{
    free(s->code);
    memset(s, 0, sizeof *s);
}

/* ---- plans ---- */

void map_plan_copy(struct map_plan *to, const struct map_plan *from)
{
    to->segments = from->segments;
    memmove(to->s, from->s, from->segments * sizeof *from->s);
}

void map_plan_join(struct map_plan *plan)
{
    size_t n = 0;

    for (size_t s = 0; s < plan->segments; s++)
        if (s + 1 == plan->segments || plan->s[s].value != MAP_OFF ||
            plan->s[s].processor != plan->s[s + 1].processor)
            plan->s[n++] = plan->s[s];
    plan->segments = n;
}

bool map_plan_alike(const struct map_plan *a, const struct map_plan *b)
{
    if (a->segments != b->segments)
        return false;
    for (size_t i = 0; i < a->segments; i++)
        if (a->s[i].processor != b->s[i].processor ||
            a->s[i].end != b->s[i].end ||
            (a->s[i].value == MAP_OFF) != (b->s[i].value == MAP_OFF))
            return false;
    return true;
}

void map_plan_mapping(const struct map_plan *plan, struct mapping *x)
{
    x->segments = plan->segments;
    for (size_t i = 0; i < plan->segments; i++) {
        x->processor[i] = plan->s[i].processor;
        x->end[i] = plan->s[i].end;
        x->on[i] = plan->s[i].value != MAP_OFF || i + 1 == plan->segments;
    }
}

void map_plan_thresholds(const struct map_plan *plan,
                         const struct map_samples *s, double *thresholds)
{
    for (size_t i = 0; i + 1 < s->exits; i++)
        thresholds[i] = NAN;
    for (size_t i = 0; i + 1 < plan->segments; i++)
        if (plan->s[i].value != MAP_OFF)
            thresholds[plan->s[i].end - 1] = s->value[plan->s[i].value];
}

size_t map_changes_to(const struct map_plan *fixed, size_t at)
{
    for (size_t s = 0; s + 1 < fixed->segments; s++)
        if (fixed->s[s].end == at &&
            fixed->s[s].processor != fixed->s[s + 1].processor)
            return fixed->s[s + 1].processor;
    return 0;
}

/* ---- prices ---- */

bool map_price(const struct map_case *c, const struct map_plan *plan,
               struct map_takes *t)
{
    const struct halt_cost *macs = &c->samples->table->costs.v[COST_SEQUENTIAL];
    struct mapping x;
    struct mapping_costs costs;
    double fees = 0;

    map_plan_mapping(plan, &x);
    mapping_cost(c->model, &x, &costs);
    t->places = 0;
    t->segments = x.segments;
    for (size_t s = 0; s < x.segments; s++) {
        if (!x.on[s])
            continue;
        t->latency[t->places] = costs.latency[s];
        t->energy[t->places] = costs.energy[s];
        t->macs[t->places++] = macs->base[x.end[s] - 1] + fees;
        fees += macs->fee[x.end[s] - 1];
    }
    t->worst = costs.worst_latency;
    t->memory = t->storage = 0;
    for (size_t k = 0; k < c->model->processors; k++) {
        t->memory += (double)costs.memory[k];
        t->storage += (double)costs.storage[k];
    }
    t->overflow = mapping_overflow(c->model, &costs, NULL);
    return isfinite(t->worst);
}

double map_mean(const double *cost, const struct map_tally *left, size_t n)
{
    double sum = 0, samples = 0;

    for (size_t i = 0; i < n; i++) {
        sum += cost[i] * left[i].n;
        samples += left[i].n;
    }
    return sum / samples;
}

double map_percentile(const struct map_takes *t, const struct map_tally *left,
                      double q)
{
    double best = INFINITY, samples = 0;

    for (size_t i = 0; i < t->places; i++)
        samples += left[i].n;
    for (size_t i = 0; i < t->places; i++) {
        double within = 0;

        if (!left[i].n || t->latency[i] >= best)
            continue;
        for (size_t j = 0; j < t->places; j++)
            within += t->latency[j] <= t->latency[i] ? left[j].n : 0;
        if (within >= q * samples * (1 - 1e-12))
            best = t->latency[i];
    }
    return best;
}

void map_evaluate(const struct map_case *c, const struct map_takes *t,
                  const struct map_tally *left, double *metric,
                  struct map_outcome *o)
{
    const struct map_goal *g = c->goal;
    double n = (double)c->samples->samples;
    struct map_tally all = {0, 0, 0, 0};

    o->idle = false;
    for (size_t i = 0; i < t->places; i++) {
        o->idle |= !left[i].n && i + 1 < t->places;
        all.right += left[i].right;
        all.lost += left[i].lost;
        all.different += left[i].different;
    }
    metric[MAP_ACCURACY] = all.right / n;
    metric[MAP_ERROR] = 1 - metric[MAP_ACCURACY];
    metric[MAP_LOSS] = (double)c->samples->final_right / n -
                       metric[MAP_ACCURACY]; /* as plan_metric rounds it */
    metric[MAP_LOST] = all.lost / n;
    metric[MAP_DISAGREEMENT] = all.different / n;
    metric[MAP_BALANCED] = metric[MAP_MIN_CLASS] = NAN;
    metric[MAP_LATENCY] = map_mean(t->latency, left, t->places);
    metric[MAP_WORST] = t->worst;
    metric[MAP_MEMORY] = t->memory;
    metric[MAP_STORAGE] = t->storage;
    for (size_t i = 0; i <= g->limits; i++) {
        int m = i < g->limits ? g->limit[i].metric : g->minimise;

        if (m == MAP_MACS)
            metric[m] = map_mean(t->macs, left, t->places);
        else if (m == MAP_ENERGY)
            metric[m] = map_mean(t->energy, left, t->places);
        else if (m >= MAP_P50 && m <= MAP_P99)
            metric[m] = map_percentile(t, left,
                                       m == MAP_P50   ? 0.5
                                       : m == MAP_P95 ? 0.95
                                                      : 0.99);
    }
    o->overflow = t->overflow;
    o->segments = t->segments;
    map_outcome_set(o, g, metric);
}

bool map_judge(const struct map_case *c, const struct map_plan *plan,
               struct map_takes *t, struct map_tally *left, double *metric,
               struct map_outcome *o)
{
    const struct map_samples *s = c->samples;
    const uint16_t *code[MAPPING_MAX_SEGMENTS];
    unsigned last[MAPPING_MAX_SEGMENTS]; /* the largest code that passes */
    size_t places = 0;

    if (!map_price(c, plan, t))
        return false;
    for (size_t i = 0; i < plan->segments; i++) {
        bool final = i + 1 == plan->segments;

        if (!final && plan->s[i].value == MAP_OFF)
            continue;
        code[places] = s->code + (plan->s[i].end - 1u) * s->samples;
        last[places] = MAP_STATES * (plan->s[i].value + 1u) - 1;
        left[places++] = (struct map_tally){0, 0, 0, 0};
    }
    for (size_t k = 0; k < s->samples; k++) {
        size_t i = 0;

        while (i + 1 < places && code[i][k] <= last[i])
            i++;
        map_tally_add(&left[i], code[i][k] % MAP_STATES, 1);
    }
    map_evaluate(c, t, left, metric, o);
    if (map_goal_needs(c->goal, MAP_BALANCED) ||
        map_goal_needs(c->goal, MAP_MIN_CLASS)) {
        double thresholds[NET_MAX_EXITS];
        struct agreement_rates r;

        map_plan_thresholds(plan, s, thresholds);
        agreement_rate(&r, s->table, s->rule, thresholds);
        metric[MAP_BALANCED] = r.balanced;
        metric[MAP_MIN_CLASS] = r.min_class;
        map_outcome_set(o, c->goal, metric);
    }
    return true;
}
