/* SPDX-License-Identifier: MIT
 * How good a policy is under the bounds that thresholds can meet, and which of
 * two is better (D34).  pareto-select chooses by the same order where nothing is
 * feasible (D16).
 *
 * Bounds of which all is 0, but max_macs NAN, ask for accuracy alone: the most
 * accurate policy is the best, of equally accurate ones the cheapest.  With a
 * weight W what is made small is the loss
 *     W cost / unit + (1 - W) (1 - accuracy)
 * so that W = 1 asks for the cheapest, of equally cheap ones the most accurate
 * (D38). */
#ifndef NN_POLICY_OUTCOME_H
#define NN_POLICY_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

#define BOUNDS_ALSO 7 /* costs with a limit besides the judged one */

struct bounds {
    double min_accuracy; /* 0 or NAN = none */
    double max_macs;     /* of the judged cost; NAN = none */
    bool ceiling; /* max_macs is no limit that adds to the violation: whatever
                   * costs more is worse than anything that does not */
    /* The following are no limits where they are 0. */
    double min_balanced; /* of the balanced accuracy, the mean recall */
    double min_class;    /* of the recall of every class */
    struct cost_bound {
        int cost;   /* which one: see tune_cost (thresholds.h) */
        double max; /* of its mean over the samples */
    } also[BOUNDS_ALSO];
    size_t also_n;
    double weight; /* W, 0 .. 1 */
    double unit;   /* of the judged cost, for the weight; tune_bounds sets it */
};

/* What a policy does to the samples. */
struct figures {
    double accuracy;
    double macs;                /* the judged cost of a sample, on average */
    double balanced, min_class; /* NAN = not known: no violation */
    double also[BOUNDS_ALSO];   /* (bounds.also_n) */
};

struct outcome {
    double accuracy;
    double macs;
    double excess;    /* bound_violation (limits.h) of a ceiling */
    double violation; /* bound_violation of the limits, added up */
    double loss;      /* with the weight; 0 without one */
};

struct outcome outcome_of(const struct bounds *b, const struct figures *f);

/* Returns < 0 when a is better, > 0 when b is, and 0 when they are equal.  The
 * smaller excess is better, then the smaller violation, then the smaller loss,
 * then the higher accuracy, then the lower MACs. */
int outcome_compare(const struct outcome *a, const struct outcome *b);

/* Returns true where classes are limited, so that their figures are needed. */
bool bounds_classes(const struct bounds *b);

#endif
