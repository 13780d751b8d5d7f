/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/policy/thresholds.h"

#include <math.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/nn/exits/agreement.h"
#include "libcommon/nn/policy/descent.h"
#include "libcommon/nn/policy/exact.h"
#include "libcommon/nn/policy/pairs.h"

/* Exact search that descent with a weight may add, in lists of all samples; four
 * times that for chained rules, whose descent takes longer. */
#define DESCENT_LISTS 50

const char *const tune_method_names[] = {[TUNE_AUTO] = "auto",
                                         [TUNE_GRID] = "grid",
                                         [TUNE_DESCENT] = "descent",
                                         [TUNE_EXACT] = "exact",
                                         NULL};

/* ---- the values ---- */

void tune_set_values(struct tune_opts *o, double step)
{
    size_t most = isnan(step) ? 9 : TUNE_VALUES_MAX;
    if (isnan(step))
        step = 0.1;
    double parts = round(1 / step);
    bool even = fabs(parts * step - 1) < 1e-9;
    o->value[0] = 0;
    o->values = 1;
    for (size_t k = 1; k < most; k++) {
        double v = even ? (double)k / parts : (double)k * step;
        if (v >= 1)
            break;
        o->value[o->values++] = v;
    }
}

double threshold_down(const struct tune_opts *o, double threshold)
{
    size_t k = o->values;
    while (k > 0 && o->value[k - 1] >= threshold)
        k--;
    return k ? o->value[k - 1] : 0;
}

/* ---- judging ---- */

const struct halt_cost *tune_cost(const struct halt_table *t,
                                  const struct tune_opts *o, int cost)
{
    BUG_IF(cost < 0 || (size_t)cost >= HALT_COSTS + o->more_n);
    return cost < HALT_COSTS ? &t->costs.v[cost] : &o->more[cost - HALT_COSTS];
}

bool tune_takes(const struct halt_table *t, const struct halt_rule *rule)
{
    return !rule->chained || t->exits - 1 <= TUNE_CHAIN;
}

struct bounds tune_bounds(const struct halt_table *t, const struct tune_opts *o)
{
    struct bounds b = o->bounds;

    BUG_IF(b.also_n > BOUNDS_ALSO);
    b.unit = tune_cost(t, o, o->cost)->base[t->exits - 1];
    b.ceiling = isnan(b.max_macs) && o->method != TUNE_GRID;
    if (b.ceiling) /* means of costs that are no whole numbers are rounded */
        b.max_macs = b.unit * (o->cost < HALT_COSTS ? 1 : 1 + 1e-15);
    return b;
}

/* Returns the mean of a cost. */
static double mean_cost(const struct halt_cost *c, const struct tuned *x)
{
    double cost[NET_MAX_EXITS];

    halt_cost_leaving(c, x->metrics.exits, x->thresholds, cost);
    return halt_mean_cost(x->metrics.left, cost, x->metrics.exits);
}

void tuned_rank(const struct halt_table *t, const struct tune_opts *o,
                double balanced, double min_class, struct tuned *x)
{
    struct bounds b = tune_bounds(t, o);
    struct figures f = {.accuracy = x->metrics.accuracy,
                        .macs = mean_cost(tune_cost(t, o, o->cost), x),
                        .balanced = balanced,
                        .min_class = min_class};

    for (size_t k = 0; k < b.also_n; k++)
        f.also[k] = mean_cost(tune_cost(t, o, b.also[k].cost), x);
    x->outcome = outcome_of(&b, &f);
}

void tuned_judge(const struct halt_table *t, const struct tune_opts *o,
                 struct tuned *x)
{
    struct agreement_rates r = {.balanced = NAN, .min_class = NAN};

    halt_judge(t, x->rule, x->thresholds, &x->metrics);
    if (bounds_classes(&o->bounds))
        agreement_rate(&r, t, x->rule, x->thresholds);
    tuned_rank(t, o, r.balanced, r.min_class, x);
}

/* ---- grid and repair ---- */

/* Judge x, from the codes where its thresholds are values. */
static void judge(struct tunespace *s, struct tuned *x)
{
    uint16_t choice[NET_MAX_EXITS];
    double rounded[NET_MAX_EXITS];

    tunespace_choice(s, x->thresholds, choice);
    tunespace_thresholds(s, choice, rounded);
    if (memcmp(rounded, x->thresholds, s->early * sizeof *rounded) != 0)
        tuned_judge(s->t, s->o, x);
    else
        tunespace_judge(s, choice, x);
}

static bool accurate_enough(const struct bounds *b, const struct tuned *x)
{
    return isnan(b->min_accuracy) || x->outcome.accuracy >= b->min_accuracy;
}

static bool too_dear(const struct bounds *b, const struct tuned *x)
{
    return !isnan(b->max_macs) && x->outcome.macs > b->max_macs;
}

static void tune_grid(struct tunespace *s, struct tuned *best)
{
    const struct tune_opts *o = s->o;
    const struct bounds *b = &s->bounds;
    struct tuned start, x = {.rule = s->rule};
    for (size_t k = 1; k < o->values; k++) {
        for (size_t i = 0; i < s->early; i++)
            x.thresholds[i] = o->value[k];
        if (o->first_floor > o->value[k]) /* false for NAN */
            x.thresholds[0] = o->first_floor;
        judge(s, &x);
        /* The repair starts from the most accurate point, then the cheapest. */
        if (k == 1 || x.outcome.accuracy > start.outcome.accuracy ||
            (x.outcome.accuracy == start.outcome.accuracy &&
             x.outcome.macs < start.outcome.macs))
            start = x;
        if (k == 1 || outcome_compare(&x.outcome, &best->outcome) < 0)
            *best = x;
    }
    if (!accurate_enough(b, &start) || !too_dear(b, &start))
        return;
    for (size_t i = s->early; i-- > 0;)
        while (too_dear(b, &start) && start.thresholds[i] > 0) {
            struct tuned next = start;
            next.thresholds[i] = threshold_down(o, start.thresholds[i]);
            judge(s, &next);
            if (!accurate_enough(b, &next))
                break;
            start = next;
        }
    if (outcome_compare(&start.outcome, &best->outcome) < 0)
        *best = start;
}

/* ---- all methods ---- */

/* Replace *best by the choice if that is better.  It is judged anew, since the
 * search added its sums up in another order. */
static void take_better(struct tunespace *s, const uint16_t *choice,
                        struct tuned *best)
{
    struct tuned x = {.given_up = best->given_up};
    tunespace_judge(s, choice, &x);
    if (outcome_compare(&x.outcome, &best->outcome) < 0)
        *best = x;
}

/* Replace *best by what exact search finds within so many samples. */
static void tune_exactly(struct tunespace *s, double price, uint64_t work,
                         struct tuned *best)
{
    struct outcome than = best->outcome;
    uint16_t choice[NET_MAX_EXITS];

    tunespace_choice(s, best->thresholds, choice);
    if (s->early > 2 || !pairs_fit(s))
        best->given_up = !exact_search(s, &than, price, work, choice);
    else if (s->samples + s->values > work)
        best->given_up = true;
    else
        pairs_improve(s, 0, s->early - 1, choice, &than);
    take_better(s, choice, best);
}

/* Search beyond the grid, from its answer. */
static void tune_beyond(struct tunespace *s, struct tuned *best)
{
    struct descent d = {.multiplier = 0};
    /* Without a weight, descent says which of equally good ones it is. */
    bool exact = s->o->method != TUNE_DESCENT,
         pairs = s->bounds.weight > 0 && s->early <= 2 && pairs_fit(s);

    if (!pairs) {
        tunespace_choice(s, best->thresholds, d.choice);
        descend(s, d.choice, &d);
        take_better(s, d.choice, best);
    }
    if (s->bounds.ceiling) { /* which this choice keeps in any case */
        for (size_t i = 0; i < s->early; i++)
            d.choice[i] = s->off;
        take_better(s, d.choice, best);
    }
    if (exact)
        tune_exactly(s, d.multiplier, s->o->work, best);
    else if (s->bounds.weight > 0)
        tune_exactly(s, d.multiplier,
                     DESCENT_LISTS * (s->rule->chained ? 4 : 1) *
                         (s->samples + s->values),
                     best);
    best->given_up &= exact;
}

void tune_rule(const struct halt_table *t, const struct tune_opts *o,
               const struct halt_rule *rule, struct tuned *best)
{
    struct tunespace s;

    BUG_IF(o->values < 2);
    tunespace_init(&s, t, o, rule);
    tune_grid(&s, best);
    best->given_up = false;
    if (o->method != TUNE_GRID && s.early > 0)
        tune_beyond(&s, best);
    tunespace_fini(&s);
}

void tune_thresholds(const struct halt_table *t, const struct tune_opts *o,
                     struct tuned *best)
{
    bool first = true, given_up = false;
    for (size_t r = 0; r < HALT_RULES; r++) {
        if (!(t->rules & 1u << r) || !tune_takes(t, &halt_rules[r]))
            continue;
        struct tuned x;
        tune_rule(t, o, &halt_rules[r], &x);
        given_up |= x.given_up;
        if (first || outcome_compare(&x.outcome, &best->outcome) < 0)
            *best = x;
        first = false;
    }
    BUG_IF(first);
    best->given_up = given_up;
}
