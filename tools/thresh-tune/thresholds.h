/* SPDX-License-Identifier: MIT
 * Thresholds under two limits: smaller violation, then higher accuracy, then
 * fewer MACs (method.md D34).  Four methods, each at least as good in that
 * order as the ones above it:
 *
 * TUNE_GRID     one value for all exits, then a repair exit by exit (D8, D9).
 *     Grid: every exit at each value but 0; the first one at least first_floor.
 *     Repair: when the most accurate grid point (ties: fewer MACs) meets the
 *     accuracy limit but not the MAC limit, thresholds go down one value at a
 *     time, from the last early exit to the first, each to 0 at the lowest; a
 *     step that breaks the accuracy limit is undone and the next exit's turn
 *     comes; it ends when the MAC limit holds.
 *     Answer: the best of all grid points and what the repair arrived at; on a
 *     full tie the earlier one (from small values to large, then the repair).
 * TUNE_DESCENT  a value, 0 included, or off for each exit by itself, by
 *     descent along one exit at a time from many starts (descent.h).
 * TUNE_EXACT    the best of all choices of a value, 0 included, or off for each
 *     exit (exact.h); refused when that is too much work.
 * TUNE_AUTO     exact, or where that is too much work the best it had seen. */
#ifndef THRESHOLDS_H
#define THRESHOLDS_H

#include "libcommon/nn/exits/halting.h"
#include "libcommon/search/outcome.h"

enum tune_method { TUNE_AUTO, TUNE_GRID, TUNE_DESCENT, TUNE_EXACT };
extern const char *const tune_method_names[];   /* NULL-terminated */

#define TUNE_VALUES_MAX 1000
#define TUNE_WORK UINT64_C(4000000000)  /* some ten seconds */

struct tune_opts {
    enum tune_method method;
    struct limits limits;
    int cost;                   /* COST_..: what limits.max_macs is about */
    double first_floor;         /* NAN = none */
    double value[TUNE_VALUES_MAX];      /* (values) ascending, value[0] = 0 */
    size_t values;
    uint64_t work;              /* samples exact search may look at */
};

struct tuned {
    const struct halt_rule *rule;
    double thresholds[NET_MAX_EXITS];   /* (exits - 1) */
    struct halt_figures figures;
    struct outcome outcome;             /* of the figures under the limits; its
                                         * macs are those of the judged cost */
    bool given_up;                      /* exact was too much work */
};

/* Fill o->value: 0 and step, 2 step, .. below 1; with NAN the paper's 0.1, 0.2
 * .. 0.8.  A step that is 1 / an integer gives the decimals one would write. */
void tune_set_values(struct tune_opts *o, double step);

/* The best thresholds for one rule; t->costs is set and known for o->cost.  An
 * exact search that was too much work says given_up; what it gives then is no
 * worse than descent's. */
void tune_rule(const struct halt_table *t, const struct tune_opts *o,
               const struct halt_rule *rule, struct tuned *best);

/* The best over all of t->rules; the first in the order of halt_rules wins
 * ties. */
void tune_thresholds(const struct halt_table *t, const struct tune_opts *o,
                     struct tuned *best);

/* The value below a threshold; 0 at the lowest. */
double threshold_down(const struct tune_opts *o, double threshold);

/* Fill in figures and outcome of x->rule with x->thresholds. */
void tuned_judge(const struct halt_table *t, const struct tune_opts *o,
                 struct tuned *x);

#endif
