/* SPDX-License-Identifier: MIT
 * How good an outcome is under the limits, and which of two is better: the one
 * order that tuning and selection share (D16, D34). */
#ifndef SEARCH_OUTCOME_H
#define SEARCH_OUTCOME_H

#include <stdbool.h>

struct limits {
    double min_accuracy;    /* NAN = none */
    double max_macs;        /* NAN = none */
};

struct outcome {
    double accuracy;
    double macs;
    double violation;       /* limits_violation of the two, 0 = feasible */
};

/* max(0, macs / max_macs - 1) + max(0, 1 - accuracy / min_accuracy), each term
 * 0 without its limit.  Limits hold at equality. */
double limits_violation(const struct limits *l, double accuracy, double macs);

struct outcome outcome_make(const struct limits *l, double accuracy,
                            double macs);

/* < 0 when a is better, > 0 when b is: smaller violation, then higher
 * accuracy, then lower MACs. */
int outcome_compare(const struct outcome *a, const struct outcome *b);

#endif
