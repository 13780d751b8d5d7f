/* SPDX-License-Identifier: MIT
 * How good an outcome is under the limits, and which of two is better: the one
 * order that tuning and selection share (D16, D34). */
#ifndef SEARCH_OUTCOME_H
#define SEARCH_OUTCOME_H

#include <stdbool.h>

struct limits {
    double min_accuracy; /* NAN = none */
    double max_macs;     /* NAN = none */
};

struct outcome {
    double accuracy;
    double macs;
    double violation; /* limits_violation of the two, 0 = feasible */
};

/* Returns max(0, macs / max_macs - 1) + max(0, 1 - accuracy / min_accuracy).  A
 * term is 0 where its limit is NAN; the first one is macs where max_macs is 0.
 * A value equal to its limit keeps it. */
double limits_violation(const struct limits *l, double accuracy, double macs);

struct outcome outcome_make(const struct limits *l, double accuracy,
                            double macs);

/* Returns < 0 when a is better, > 0 when b is, and 0 when they are equal.  The
 * smaller violation is better, then the higher accuracy, then the lower
 * MACs. */
int outcome_compare(const struct outcome *a, const struct outcome *b);

#endif
