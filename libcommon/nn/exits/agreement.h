/* SPDX-License-Identifier: MIT
 * What a policy answers to the samples of a table, counted against the labels,
 * class by class, and against the answers of the final exit.
 *
 * A class counts only where samples of it are there: the recall of a class is
 * the share of its samples that get the right answer, the balanced accuracy is
 * the mean of the recalls, the smallest of them is the min-class accuracy.
 *
 * Example (const struct halt_table *t, const double *thresholds, double *mean):
 *     struct agreement_rates r;
 *
 *     agreement_rate(&r, t, &halt_rules[HALT_MARGIN], thresholds);
 *     *mean = r.balanced;
 */
#ifndef NN_EXITS_AGREEMENT_H
#define NN_EXITS_AGREEMENT_H

#include "libcommon/nn/exits/halting.h"

struct agreement {
    size_t classes;
    uint64_t samples;
    uint64_t different; /* another answer than the final exit's */
    /* 0 without labels: */
    uint64_t wrong;     /* another answer than the label */
    uint64_t lost;      /* wrong where the final exit is right */
    uint64_t *of_class; /* (classes) samples of each class */
    uint64_t *wrong_of; /* (classes) the wrong ones of them */
};

void agreement_init(struct agreement *a, size_t classes);
void agreement_fini(struct agreement *a);

/* Set the counts to those of a policy; the table's exits are all filled by
 * halt_table_exit, the rule is kept.  thresholds: (exits - 1). */
void agreement_count(struct agreement *a, const struct halt_table *t,
                     const struct halt_rule *rule, const double *thresholds);

/* Return the smallest and the mean recall; NAN without labels. */
double agreement_min_class(const struct agreement *a);
double agreement_balanced(const struct agreement *a);

/* Set *r to the shares that a policy reaches, counted as by agreement_count. */
struct agreement_rates {
    double disagreement;
    double lost_answers, balanced, min_class; /* NAN without labels */
};
void agreement_rate(struct agreement_rates *r, const struct halt_table *t,
                    const struct halt_rule *rule, const double *thresholds);

#endif
