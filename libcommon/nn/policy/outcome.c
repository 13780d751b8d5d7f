/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/policy/outcome.h"

#include <math.h>

#include "libcommon/search/limits.h"

bool bounds_classes(const struct bounds *b)
{
    return b->min_balanced > 0 || b->min_class > 0;
}

struct outcome outcome_of(const struct bounds *b, const struct figures *f)
{
    double above = bound_violation(f->macs, b->max_macs, true),
           below = bound_violation(f->accuracy, b->min_accuracy, false),
           w = b->weight;

    if (b->min_balanced > 0)
        below += bound_violation(f->balanced, b->min_balanced, false);
    if (b->min_class > 0)
        below += bound_violation(f->min_class, b->min_class, false);
    for (size_t k = 0; k < b->also_n; k++)
        below += bound_violation(f->also[k], b->also[k].max, true);
    return (struct outcome){
        .accuracy = f->accuracy,
        .macs = f->macs,
        .excess = b->ceiling ? above : 0,
        .violation = b->ceiling ? below : above + below,
        .loss = w > 0 ? w * f->macs / b->unit + (1 - w) * (1 - f->accuracy) : 0,
    };
}

int outcome_compare(const struct outcome *a, const struct outcome *b)
{
    if (a->excess != b->excess)
        return a->excess < b->excess ? -1 : 1;
    if (a->violation != b->violation)
        return a->violation < b->violation ? -1 : 1;
    if (a->loss != b->loss)
        return a->loss < b->loss ? -1 : 1;
    if (a->accuracy != b->accuracy)
        return a->accuracy > b->accuracy ? -1 : 1;
    if (a->macs != b->macs)
        return a->macs < b->macs ? -1 : 1;
    return 0;
}
