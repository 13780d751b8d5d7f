/* SPDX-License-Identifier: MIT
 * The space that descent and exact search both walk through.  A point of it is
 * a choice for each early exit: a value of the grid, or off.  The samples are
 * sorted into bins by the values that their scores reach.
 *
 * A choice c < values stands for the threshold o->value[c], c = values for off.
 * The bin of a sample at an exit is the number of values its score reaches, so
 * that it leaves there exactly when c < bin.  Scores of chained rules depend on
 * which exits before are on (a mask), though not on their thresholds: there are
 * bins for each mask, made when asked for. */
#ifndef NN_POLICY_TUNESPACE_H
#define NN_POLICY_TUNESPACE_H

#include "libcommon/nn/policy/thresholds.h"

#define TUNESPACE_CACHE 256

struct tunespace_bins {
    size_t exit;
    uint64_t mask;
    uint16_t *bin; /* (samples) */
};

struct tunespace {
    const struct halt_table *t;
    const struct tune_opts *o;
    const struct halt_rule *rule;
    size_t samples, early;    /* early = exits - 1 */
    uint16_t values, off;     /* off = values */
    const double *base, *fee; /* (exits) of the cost that is limited */
    struct bounds bounds;     /* tune_bounds */
    struct tunespace_bins cache[TUNESPACE_CACHE];
    size_t cached;
};

void tunespace_init(struct tunespace *s, const struct halt_table *t,
                    const struct tune_opts *o, const struct halt_rule *rule);
void tunespace_fini(struct tunespace *s);

/* Returns the bin of each sample at an exit with the exits of the mask on (bit
 * i: exit i; bits of exits that are not before it are ignored).  Borrowed until
 * tunespace_room or _fini. */
const uint16_t *tunespace_bins(struct tunespace *s, size_t exit, uint64_t mask);

/* Make room for n results of tunespace_bins that are to be held together, at
 * most TUNESPACE_CACHE.  The ones from before may become invalid. */
void tunespace_room(struct tunespace *s, size_t n);

/* Returns the mask of the exits that a choice has on. */
uint64_t tunespace_mask(const struct tunespace *s, const uint16_t *choice);

/* Sums over the samples, and the outcome that follows from them. */
struct totals {
    double right, cost;
};
struct outcome tunespace_outcome(const struct tunespace *s,
                                 const struct totals *x);

/* Turn choices into thresholds and back.  A threshold that is not on the grid
 * becomes the value below it. */
void tunespace_thresholds(const struct tunespace *s, const uint16_t *choice,
                          double *thresholds);
void tunespace_choice(const struct tunespace *s, const double *thresholds,
                      uint16_t *choice);

#endif
