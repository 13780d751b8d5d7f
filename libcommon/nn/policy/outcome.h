/* SPDX-License-Identifier: MIT
 * How good an outcome is under the two bounds that thresholds can meet, and
 * which of two is better (D34).  pareto-select chooses by the same order where
 * nothing is feasible (D16). */
#ifndef NN_POLICY_OUTCOME_H
#define NN_POLICY_OUTCOME_H

#include <stdbool.h>

struct bounds {
    double min_accuracy; /* NAN = none */
    double max_macs;     /* of the judged cost; NAN = none */
    bool ceiling; /* max_macs is no limit that adds to the violation: whatever
                   * costs more is worse than anything that does not */
};

struct outcome {
    double accuracy;
    double macs;
    double excess;    /* bound_violation (limits.h) of a ceiling */
    double violation; /* bound_violation of the limits, added up */
};

struct outcome outcome_make(const struct bounds *b, double accuracy,
                            double macs);

/* Returns < 0 when a is better, > 0 when b is, and 0 when they are equal.  The
 * smaller excess is better, then the smaller violation, then the higher accuracy,
 * then the lower MACs. */
int outcome_compare(const struct outcome *a, const struct outcome *b);

#endif
