/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/policy/thresholds.h"

#include <math.h>

#include "libcommon/base/log.h"
#include "libcommon/nn/policy/descent.h"
#include "libcommon/nn/policy/exact.h"

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

/* ---- grid and repair ---- */

struct bounds tune_bounds(const struct halt_table *t, const struct tune_opts *o)
{
    struct bounds b = o->bounds;

    b.ceiling = isnan(b.max_macs) && o->method != TUNE_GRID;
    if (b.ceiling)
        b.max_macs = halt_costs_final(&t->costs, o->cost);
    return b;
}

void tuned_judge(const struct halt_table *t, const struct tune_opts *o,
                 struct tuned *x)
{
    struct bounds b = tune_bounds(t, o);

    halt_judge(t, x->rule, x->thresholds, &x->metrics);
    x->outcome = outcome_make(&b, x->metrics.accuracy,
                              x->metrics.cost[o->cost]);
}

static bool accurate_enough(const struct bounds *b, const struct tuned *x)
{
    return isnan(b->min_accuracy) || x->outcome.accuracy >= b->min_accuracy;
}

static bool too_dear(const struct bounds *b, const struct tuned *x)
{
    return !isnan(b->max_macs) && x->outcome.macs > b->max_macs;
}

static void tune_grid(const struct halt_table *t, const struct tune_opts *o,
                      const struct halt_rule *rule, struct tuned *best)
{
    struct bounds b = tune_bounds(t, o);
    struct tuned start, x = {.rule = rule};
    for (size_t k = 1; k < o->values; k++) {
        for (size_t i = 0; i + 1 < t->exits; i++)
            x.thresholds[i] = o->value[k];
        if (o->first_floor > o->value[k]) /* false for NAN */
            x.thresholds[0] = o->first_floor;
        tuned_judge(t, o, &x);
        /* The repair starts from the most accurate point, then the cheapest. */
        if (k == 1 || x.outcome.accuracy > start.outcome.accuracy ||
            (x.outcome.accuracy == start.outcome.accuracy &&
             x.outcome.macs < start.outcome.macs))
            start = x;
        if (k == 1 || outcome_compare(&x.outcome, &best->outcome) < 0)
            *best = x;
    }
    if (!accurate_enough(&b, &start) || !too_dear(&b, &start))
        return;
    for (size_t i = t->exits - 1; i-- > 0;)
        while (too_dear(&b, &start) && start.thresholds[i] > 0) {
            struct tuned next = start;
            next.thresholds[i] = threshold_down(o, start.thresholds[i]);
            tuned_judge(t, o, &next);
            if (!accurate_enough(&b, &next))
                break;
            start = next;
        }
    if (outcome_compare(&start.outcome, &best->outcome) < 0)
        *best = start;
}

/* ---- all methods ---- */

/* Replace *best by the choice if that is better.  It is judged anew, since the
 * search added its sums up in another order. */
static void take_better(const struct tunespace *s, const uint16_t *choice,
                        struct tuned *best)
{
    struct tuned x = {.rule = s->rule};
    tunespace_thresholds(s, choice, x.thresholds);
    tuned_judge(s->t, s->o, &x);
    if (outcome_compare(&x.outcome, &best->outcome) < 0)
        *best = x;
}

void tune_rule(const struct halt_table *t, const struct tune_opts *o,
               const struct halt_rule *rule, struct tuned *best)
{
    BUG_IF(o->values < 2);
    tune_grid(t, o, rule, best);
    if (o->method == TUNE_GRID || t->exits < 2)
        return;
    struct tunespace s;
    struct descent d;
    tunespace_init(&s, t, o, rule);
    descend(&s, best, &d);
    take_better(&s, d.choice, best);
    if (s.bounds.ceiling) { /* which this choice keeps in any case */
        for (size_t i = 0; i < s.early; i++)
            d.choice[i] = s.off;
        take_better(&s, d.choice, best);
    }
    if (o->method != TUNE_DESCENT) {
        best->given_up = !exact_search(&s, &best->outcome, d.multiplier,
                                       d.choice);
        take_better(&s, d.choice, best);
    }
    tunespace_fini(&s);
}

void tune_thresholds(const struct halt_table *t, const struct tune_opts *o,
                     struct tuned *best)
{
    bool first = true, given_up = false;
    for (size_t r = 0; r < HALT_RULES; r++) {
        if (!(t->rules & 1u << r))
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
