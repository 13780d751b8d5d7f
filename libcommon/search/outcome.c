/* SPDX-License-Identifier: MIT */
#include "libcommon/search/outcome.h"

#include <math.h>

/* Nothing can be divided by a limit of 0, so MACs above it count as they
 * are. */
double limits_violation(const struct limits *l, double accuracy, double macs)
{
    double v = 0;

    if (!isnan(l->max_macs) && macs > l->max_macs)
        v += l->max_macs > 0 ? macs / l->max_macs - 1 : macs;
    if (!isnan(l->min_accuracy) && accuracy < l->min_accuracy)
        v += 1 - accuracy / l->min_accuracy;
    return v;
}

struct outcome outcome_make(const struct limits *l, double accuracy,
                            double macs)
{
    return (struct outcome){accuracy, macs,
                            limits_violation(l, accuracy, macs)};
}

int outcome_compare(const struct outcome *a, const struct outcome *b)
{
    if (a->violation != b->violation)
        return a->violation < b->violation ? -1 : 1;
    if (a->accuracy != b->accuracy)
        return a->accuracy > b->accuracy ? -1 : 1;
    if (a->macs != b->macs)
        return a->macs < b->macs ? -1 : 1;
    return 0;
}
