/* SPDX-License-Identifier: MIT */
#include "libcommon/mapping/mapkeep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

void keep_init(struct map_keep *k, const struct map_case *c, size_t most)
{
    size_t places = c->samples->samples + 1;

    *k = (struct map_keep){.c = c, .most = most};
    k->classes = map_goal_needs(c->goal, MAP_BALANCED) ||
                 map_goal_needs(c->goal, MAP_MIN_CLASS);
    k->best = xcalloc(most, sizeof *k->best);
    k->value = xcalloc(places, sizeof *k->value);
    k->at = xcalloc(places, sizeof(struct map_kept *));
    for (size_t i = 0; i < places; i++)
        k->value[i] = INFINITY;
}

void keep_fini(struct map_keep *k)
{
    if (k->at)
        for (size_t i = 0; i <= k->c->samples->samples; i++)
            free(k->at[i]);
    free(k->at);
    free(k->value);
    free(k->best);
    memset(k, 0, sizeof *k);
}

/* Of equally good ones the plan with fewer segments, the faster one in the worst
 * case and the one without idle exits is taken. */
static bool enters_front(const struct map_keep *k, const struct map_outcome *o,
                         size_t right)
{
    const struct map_outcome *x;

    if (o->of_costs > 0 || o->overflow > 0 || o->metric > k->value[right])
        return false;
    if (o->metric < k->value[right])
        return true;
    x = &k->at[right]->outcome;
    return o->latency != x->latency     ? o->latency < x->latency
           : o->idle != x->idle         ? x->idle
           : o->segments != x->segments ? o->segments < x->segments
                                        : o->worst < x->worst;
}

static bool enters_best(const struct map_keep *k, const struct map_outcome *o)
{
    return k->n < k->most ||
           map_outcome_compare(o, &k->best[k->n - 1].outcome) < 0;
}

bool keep_asks(const struct map_keep *k, const struct map_outcome *o,
               size_t right)
{
    return enters_front(k, o, right) || enters_best(k, o);
}

/* Put a plan among the best, in place of one with the same segments and exits
 * that is worse. */
static void keep_best(struct map_keep *k, const struct map_plan *plan,
                      const struct map_outcome *o)
{
    size_t at = 0;

    while (at < k->n && !map_plan_alike(&k->best[at].plan, plan))
        at++;
    if (at < k->n && map_outcome_compare(o, &k->best[at].outcome) >= 0)
        return;
    if (at == k->n && k->n < k->most)
        k->n++;
    else if (at == k->n)
        at = k->n - 1;
    for (; at > 0 && map_outcome_compare(o, &k->best[at - 1].outcome) < 0; at--)
        k->best[at] = k->best[at - 1];
    k->best[at].outcome = *o;
    k->best[at].samples = k->c->samples;
    map_plan_copy(&k->best[at].plan, plan);
}

void keep_offer(struct map_keep *k, const struct map_plan *plan,
                const struct map_outcome *o, size_t right)
{
    struct map_tally left[MAPPING_MAX_SEGMENTS];
    double metric[MAP_METRICS];
    struct map_outcome judged = *o;
    struct map_takes t;

    if (enters_front(k, o, right)) {
        struct map_kept **at = &k->at[right];

        if (!*at)
            *at = xcalloc(1, sizeof **at);
        map_plan_copy(&(*at)->plan, plan);
        (*at)->outcome = *o;
        (*at)->samples = k->c->samples;
        k->value[right] = o->metric;
    }
    if (!enters_best(k, o))
        return;
    if (k->classes)
        map_judge(k->c, plan, &t, left, metric, &judged);
    if (enters_best(k, &judged))
        keep_best(k, plan, &judged);
}

bool keep_judge(struct map_keep *k, const struct map_plan *plan,
                struct map_outcome *o)
{
    struct map_tally left[MAPPING_MAX_SEGMENTS];
    double metric[MAP_METRICS];
    struct map_takes t;
    size_t right = 0;

    if (!map_judge(k->c, plan, &t, left, metric, o))
        return false;
    for (size_t i = 0; i < t.places; i++)
        right += left[i].right;
    keep_offer(k, plan, o, right);
    return true;
}

void keep_tidy(struct map_keep *k)
{
    struct map_tally left[MAPPING_MAX_SEGMENTS];
    double metric[MAP_METRICS];
    struct map_outcome o;
    struct map_takes t;
    struct map_plan plan;
    size_t n;
    const struct map_kept **front = keep_front(k, 0, &n);

    for (size_t i = 0; i < n + k->n; i++) {
        const struct map_kept *x = i < n ? front[i] : &k->best[i - n];

        if (!x->outcome.idle || x->samples != k->c->samples)
            continue;
        map_plan_copy(&plan, &x->plan);
        map_judge(k->c, &plan, &t, left, metric, &o);
        for (size_t s = 0, place = 0; s < plan.segments; s++)
            if (plan.s[s].value != MAP_OFF && !left[place++].n)
                plan.s[s].value = MAP_OFF;
        map_plan_join(&plan);
        keep_judge(k, &plan, &o);
    }
    free(front);
}

const struct map_kept **keep_front(const struct map_keep *k, size_t most,
                                   size_t *n)
{
    size_t places = k->c->samples->samples + 1, all = 0, to = 0;
    const struct map_kept **v = xcalloc(places, sizeof(struct map_kept *));
    double least = INFINITY;

    /* From the most accurate on, each that is better than all before. */
    for (size_t i = places; i-- > 0;)
        if (k->value[i] < least) {
            least = k->value[i];
            v[all++] = k->at[i];
        }
    if (most && all > most) {
        double first = v[0]->outcome.metric,
               step = (v[all - 1]->outcome.metric - first) /
                      (double)(most > 1 ? most - 1 : 1);

        for (size_t i = 0; i < all && to < most; i++) {
            double aim = first + (double)to * step;

            if (i + 1 == all ||
                fabs(v[i]->outcome.metric - aim) <=
                    fabs(v[i + 1]->outcome.metric - aim) ||
                all - i == most - to)
                v[to++] = v[i];
        }
        all = to;
    }
    for (size_t i = 0; 2 * i + 1 < all; i++) {
        const struct map_kept *swap = v[i];

        v[i] = v[all - 1 - i];
        v[all - 1 - i] = swap;
    }
    *n = all;
    return v;
}
