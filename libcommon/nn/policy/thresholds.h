/* SPDX-License-Identifier: MIT
 * Thresholds of early exits for one filled table (halting.h), under bounds on
 * accuracy and on costs.  What is better is in outcome.h: a smaller violation of
 * the bounds, then what is to be made small.  Where the judged cost has no limit,
 * policies that cost more than the final exit alone are worse than all others
 * (D35), but for TUNE_GRID.  Each of the four methods is at least as good in that
 * order as the ones above it:
 *
 * TUNE_GRID     tries one value for all exits, then repairs exit by exit (D8,
 *     D9).
 *     Grid: all exits take each value but 0, the first one at least
 *     first_floor.
 *     Repair: when the most accurate grid point (of equal ones that with fewer
 *     MACs) meets the accuracy limit but not the MAC limit, thresholds go down
 *     one value at a time, from the last early exit to the first, each to 0 at
 *     the lowest.  A step that breaks the accuracy limit is undone, and the
 *     next exit follows.  The repair ends when the MAC limit holds.
 *     Answer: the best of all grid points and of what the repair arrived at; of
 *     equal ones the earlier (small values before large, then the repair).
 * TUNE_DESCENT  chooses a value, 0 included, or off for each exit by itself, by
 *     descent along one exit at a time from many starts (descent.h).  With a
 *     weight, along two at a time, too, and it is exact where that takes no
 *     longer: up to two early exits, mostly up to four (pairs.h, exact.h).
 * TUNE_EXACT    finds the best of all choices of a value, 0 included, or off
 *     for each exit (pairs.h, exact.h).  It is refused when that is too much
 *     work.
 * TUNE_AUTO     is exact or, where that is too much work, gives the best choice
 *     it had seen by then.
 *
 * Costs are named vectors (struct halt_cost): those that a table has, and any
 * that the caller adds, such as the latency of a chain of processors.
 *
 * Example (const struct halt_table *t, const struct halt_cost *latency,
 *          struct tuned *best):
 *     struct tune_opts o = {
 *         .method = TUNE_DESCENT,
 *         .more = latency,            // the least mean latency ..
 *         .more_n = 1,
 *         .cost = HALT_COSTS,         // .. which is cost HALT_COSTS + 0
 *         .bounds = {.weight = 1,     // .. whatever the accuracy above 0.9
 *                    .min_accuracy = 0.9,
 *                    .max_macs = NAN},
 *         .first_floor = NAN,
 *     };
 *
 *     tune_set_values(&o, 0.05);
 *     tune_rule(t, &o, &halt_rules[HALT_MAX_SOFTMAX], best);
 *     return best->outcome.violation > 0; */
#ifndef NN_POLICY_THRESHOLDS_H
#define NN_POLICY_THRESHOLDS_H

#include <math.h>

#include "libcommon/nn/exits/halting.h"
#include "libcommon/nn/policy/outcome.h"

enum tune_method { TUNE_AUTO, TUNE_GRID, TUNE_DESCENT, TUNE_EXACT };
extern const char *const tune_method_names[]; /* NULL-terminated */

#define TUNE_VALUES_MAX 1000
#define TUNE_WORK UINT64_C(4000000000) /* some ten seconds */
#define TUNE_CHAIN 63                  /* early exits of a chained rule */

struct tune_opts {
    enum tune_method method;
    struct bounds bounds;
    int cost; /* the judged one: what bounds.max_macs and the weight are
               * about; COST_.., or HALT_COSTS + k for more[k] */
    const struct halt_cost *more; /* (more_n) costs besides those of tables,
                                   * each with all that tables' exits cost */
    size_t more_n;
    double first_floor;            /* NAN = none */
    double value[TUNE_VALUES_MAX]; /* (values) ascending, value[0] = 0 */
    size_t values;
    uint64_t work; /* samples exact search may look at */
};

struct tuned {
    const struct halt_rule *rule;
    double thresholds[NET_MAX_EXITS]; /* (exits - 1) */
    struct halt_metrics metrics;
    struct outcome outcome; /* of the metrics under the bounds; its
                             * macs are those of the judged cost */
    bool given_up;          /* exact was too much work */
};

/* Fill o->value with 0 and step, 2 step, .. below 1, or for NAN with 0 and the
 * paper's 0.1, 0.2 .. 0.8.  A step that is 1 / an integer gives the decimals
 * one would write. */
void tune_set_values(struct tune_opts *o, double step);

/* Returns the cost of that number, COST_.. or HALT_COSTS + k; borrowed. */
const struct halt_cost *tune_cost(const struct halt_table *t,
                                  const struct tune_opts *o, int cost);

/* Returns whether thresholds are found for a rule: a chained one takes no more
 * than TUNE_CHAIN early exits. */
bool tune_takes(const struct halt_table *t, const struct halt_rule *rule);

/* Set *best to the best thresholds for one rule, which tune_takes.  All costs
 * that o names must be known, and limits on classes need the table's labels.  An
 * exact search that was too much work sets given_up; its answer is then still no
 * worse than that of descent. */
void tune_rule(const struct halt_table *t, const struct tune_opts *o,
               const struct halt_rule *rule, struct tuned *best);

/* Set *best to the best thresholds over all of t->rules that tune_takes, of which
 * there must be one.  Of equally good rules the first in the order of halt_rules
 * wins. */
void tune_thresholds(const struct halt_table *t, const struct tune_opts *o,
                     struct tuned *best);

/* Returns the next value of the grid below a threshold, at the lowest 0. */
double threshold_down(const struct tune_opts *o, double threshold);

/* Returns the bounds of a table's policies.  They are o->bounds; where these have
 * no limit on the cost, a policy costs at most what the final exit alone does
 * (D35), as a ceiling.  TUNE_GRID, as published, has none. */
struct bounds tune_bounds(const struct halt_table *t,
                          const struct tune_opts *o);

/* Set the metrics and outcome of x to those of x->rule with x->thresholds under
 * tune_bounds. */
void tuned_judge(const struct halt_table *t, const struct tune_opts *o,
                 struct tuned *x);

/* Set the outcome of x from its metrics and the figures of classes, NAN where
 * they are not known. */
void tuned_rank(const struct halt_table *t, const struct tune_opts *o,
                double balanced, double min_class, struct tuned *x);

#endif
