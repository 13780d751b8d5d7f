/* SPDX-License-Identifier: MIT */
#include "tools/thresh-tune/outcome.h"

#include "libcommon/search/limits.h"

struct outcome outcome_make(const struct bounds *b, double accuracy,
                            double macs)
{
    return (struct outcome){
        accuracy, macs,
        bound_violation(macs, b->max_macs, true) +
            bound_violation(accuracy, b->min_accuracy, false)};
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
