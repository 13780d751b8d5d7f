/* SPDX-License-Identifier: MIT
 * The plans that a search has seen and keeps: the best ones, each with other
 * segments or exits than the others, and the front of accuracy against what is
 * minimised.  The front has plans that keep all limits on costs; limits on the
 * answers are not asked, so that the whole curve is there. */
#ifndef MAPPING_MAPKEEP_H
#define MAPPING_MAPKEEP_H

#include "libcommon/mapping/mapcase.h"

struct map_kept {
    struct map_plan plan;
    struct map_outcome outcome;
    const struct map_samples *samples; /* whose values it has */
};

struct map_keep {
    const struct map_case *c; /* of the plans that are offered; borrowed */
    size_t most, n;
    struct map_kept *best; /* (n), at most `most', the best first */
    bool classes;          /* limits on classes: see keep_offer */
    double *value; /* (samples + 1) the least by right answers, or INFINITY */
    struct map_kept **at; /* (samples + 1), or NULL */
};

/* Begin to keep up to `most` plans, one or more, and the front. */
void keep_init(struct map_keep *k, const struct map_case *c, size_t most);
void keep_fini(struct map_keep *k);

/* Returns true where an outcome would be kept, for some plan; no more than a few
 * comparisons, so that a search asks before it builds the plan.  right: right
 * answers.  The outcome needs no figures of classes. */
bool keep_asks(const struct map_keep *k, const struct map_outcome *o,
               size_t right);

/* Keep a plan if it is good enough.  Where classes are limited, it is judged
 * before it comes among the best. */
void keep_offer(struct map_keep *k, const struct map_plan *plan,
                const struct map_outcome *o, size_t right);

/* Judge a plan and keep it if it is good enough.  Returns false, and leaves *o
 * alone, where it is impossible. */
bool keep_judge(struct map_keep *k, const struct map_plan *plan,
                struct map_outcome *o);

/* Take exits that no sample leaves at out of the plans that are kept. */
void keep_tidy(struct map_keep *k);

/* Returns the plans of the front, ascending by accuracy, owned (free), the
 * entries borrowed from k; sets *n.  Of many only `most` are taken: the first, the
 * last, and between them those nearest to an even spread over the metric. */
const struct map_kept **keep_front(const struct map_keep *k, size_t most,
                                   size_t *n);

#endif
