/* SPDX-License-Identifier: MIT */
#include "tools/thresh-tune/thresholds.h"

#include <math.h>

#define GRID_STEPS 8        /* 0.1 .. 0.8 */

double threshold_down(double threshold)
{
    /* Counted in tenths, so that no rounding error builds up on the way. */
    double tenths = ceil(threshold * 10 - 1e-9) - 1;
    return tenths > 0 ? tenths / 10 : 0;
}

static void judge(const struct halt_table *t, const struct tune_opts *o,
                  struct tuned *x)
{
    halt_judge(t, o->rule, x->thresholds, &x->figures);
    x->outcome = outcome_make(&o->limits, x->figures.accuracy,
                              x->figures.macs);
}

static void grid_point(const struct halt_table *t, const struct tune_opts *o,
                       double value, struct tuned *x)
{
    for (size_t i = 0; i + 1 < t->exits; i++)
        x->thresholds[i] = value;
    if (o->first_floor > value)         /* false for NAN */
        x->thresholds[0] = o->first_floor;
    judge(t, o, x);
}

/* By accuracy alone: where the repair starts. */
static bool more_accurate(const struct tuned *a, const struct tuned *b)
{
    return a->figures.accuracy > b->figures.accuracy ||
           (a->figures.accuracy == b->figures.accuracy &&
            a->figures.macs < b->figures.macs);
}

static bool accurate_enough(const struct tune_opts *o, const struct tuned *x)
{
    return isnan(o->limits.min_accuracy) ||
           x->figures.accuracy >= o->limits.min_accuracy;
}

static bool too_dear(const struct tune_opts *o, const struct tuned *x)
{
    return !isnan(o->limits.max_macs) &&
           x->figures.macs > o->limits.max_macs;
}

/* x is the start, within the accuracy limit, and ends as the last point that
 * still is. */
static void repair(const struct halt_table *t, const struct tune_opts *o,
                   struct tuned *x)
{
    for (size_t i = t->exits - 1; i-- > 0;)
        while (too_dear(o, x) && x->thresholds[i] > 0) {
            struct tuned next = *x;
            next.thresholds[i] = threshold_down(x->thresholds[i]);
            judge(t, o, &next);
            if (!accurate_enough(o, &next))
                break;
            *x = next;
        }
}

void tune_thresholds(const struct halt_table *t, const struct tune_opts *o,
                     struct tuned *best)
{
    struct tuned start, x = { 0 };
    for (int k = 1; k <= GRID_STEPS; k++) {
        grid_point(t, o, k / 10., &x);
        if (k == 1 || more_accurate(&x, &start))
            start = x;
        if (k == 1 || outcome_compare(&x.outcome, &best->outcome) < 0)
            *best = x;
    }
    if (!accurate_enough(o, &start) || !too_dear(o, &start))
        return;
    repair(t, o, &start);
    if (outcome_compare(&start.outcome, &best->outcome) < 0)
        *best = start;
}
