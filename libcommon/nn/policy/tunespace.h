/* SPDX-License-Identifier: MIT
 * The space that all searches walk through.  A point of it is a choice for each
 * early exit: a value of the grid, or off.  The samples are sorted into bins by
 * the values that their scores reach.
 *
 * A choice c < values stands for the threshold o->value[c], c = values for off.
 * The bin of a sample at an exit is the number of values its score reaches, so
 * that it leaves there exactly when c < bin.  Bin and right answer stand in one
 * number, the code
 *     2 bin + (1 where the exit is right, else 0)
 * and what is known of where a sample leaves in another, the mark
 *     2 exit + (1 where that exit is right, else 0)
 * Rows of codes and marks hold `padded' entries, a multiple of TUNESPACE_BLOCK;
 * the entries behind the samples have code 0 and never leave early.
 *
 * Scores of chained rules depend on which exits before are on, though not on
 * their thresholds: there are codes for each set of these exits, made when asked
 * for, and no more than TUNE_CHAIN early exits. */
#ifndef NN_POLICY_TUNESPACE_H
#define NN_POLICY_TUNESPACE_H

#include "libcommon/nn/policy/thresholds.h"

#define TUNESPACE_CACHE 256
#define TUNESPACE_BLOCK 32

struct tunespace_codes {
    size_t exit;
    uint64_t on;   /* of a chained rule: bit i = exit i is on */
    int16_t *code; /* (padded) */
};

struct tunespace {
    const struct halt_table *t;
    const struct tune_opts *o;
    const struct halt_rule *rule;
    size_t samples, padded, early; /* early = exits - 1 */
    uint16_t values, off;          /* off = values */
    struct bounds bounds;          /* tune_bounds */
    /* The costs that count, (costs): the judged one, then bounds.also. */
    const struct halt_cost *cost[1 + BOUNDS_ALSO];
    size_t costs;
    struct tunespace_codes cache[TUNESPACE_CACHE];
    size_t cached;
    int16_t *final;     /* (padded) marks where no early exit is on */
    int16_t *mark;      /* (padded) for tunespace_judge */
    uint32_t *of_class; /* (classes) samples of each, if classes are limited;
                         * else NULL */
    uint32_t *right_of; /* (classes) for tunespace_judge */
};

void tunespace_init(struct tunespace *s, const struct halt_table *t,
                    const struct tune_opts *o, const struct halt_rule *rule);
void tunespace_fini(struct tunespace *s);

/* Returns the codes of the samples at an exit, where those exits before it are
 * on that are not off in choice (early).  Borrowed until tunespace_room or
 * _fini. */
const int16_t *tunespace_codes(struct tunespace *s, size_t exit,
                               const uint16_t *choice);

/* Make room for n results of tunespace_codes that are to be held together; of a
 * chained rule at most TUNESPACE_CACHE, and the ones from before may become
 * invalid. */
void tunespace_room(struct tunespace *s, size_t n);

/* Set mark (padded) to where each sample leaves if it passes all exits before
 * `from`.  Up to early - from codes are asked for. */
void tunespace_leave(struct tunespace *s, size_t from, const uint16_t *choice,
                     int16_t *mark);

/* Set the marks of samples that leave at this exit, by its codes, to it. */
void tunespace_leave_at(const struct tunespace *s, size_t exit, uint16_t choice,
                        const int16_t *restrict code, int16_t *restrict mark);

/* Set cost[i] to what leaving at exit i costs by cost k. */
void tunespace_costs(const struct tunespace *s, size_t k,
                     const uint16_t *choice, double *cost);

/* Set *x to the policy of a choice with its metrics and its outcome, as
 * tuned_judge has them. */
void tunespace_judge(struct tunespace *s, const uint16_t *choice,
                     struct tuned *x);

/* Sums over the samples, and the outcome that follows from them where classes
 * do as well as limits on them ask for. */
struct totals {
    double right, cost[1 + BOUNDS_ALSO]; /* (costs) */
};
struct outcome tunespace_outcome(const struct tunespace *s,
                                 const struct totals *x);

/* Returns true and sets *best where a choice, whose sums are x, beats it.  Where
 * classes are limited the choice is judged for that. */
bool tunespace_beats(struct tunespace *s, const uint16_t *choice,
                     const struct totals *x, struct outcome *best);

/* Set the balanced accuracy and the smallest recall from the right answers of
 * each class. */
void tunespace_recalls(const struct tunespace *s, const uint32_t *right,
                       struct figures *f);

/* Turn choices into thresholds and back.  A threshold that is not on the grid
 * becomes the value below it. */
void tunespace_thresholds(const struct tunespace *s, const uint16_t *choice,
                          double *thresholds);
void tunespace_choice(const struct tunespace *s, const double *thresholds,
                      uint16_t *choice);

#endif
