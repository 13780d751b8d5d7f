/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/policy/outcome.h"

#include "libcommon/search/limits.h"

struct outcome outcome_make(const struct bounds *b, double accuracy,
                            double macs)
{
    double above = bound_violation(macs, b->max_macs, true),
           below = bound_violation(accuracy, b->min_accuracy, false);

    return (struct outcome){accuracy, macs, b->ceiling ? above : 0,
                            b->ceiling ? below : above + below};
}

int outcome_compare(const struct outcome *a, const struct outcome *b)
{
    if (a->excess != b->excess)
        return a->excess < b->excess ? -1 : 1;
    if (a->violation != b->violation)
        return a->violation < b->violation ? -1 : 1;
    if (a->accuracy != b->accuracy)
        return a->accuracy > b->accuracy ? -1 : 1;
    if (a->macs != b->macs)
        return a->macs < b->macs ? -1 : 1;
    return 0;
}
