/* SPDX-License-Identifier: MIT
 * All choices of two early exits at once while the others keep theirs, from one
 * pass over the samples: they are counted by their bins at both exits, and the
 * sums of every pair of choices follow from these counts.  With one or two early
 * exits that is all there is; with more these are the moves that a descent along
 * one exit at a time does not have. */
#ifndef NN_POLICY_PAIRS_H
#define NN_POLICY_PAIRS_H

#include "libcommon/nn/policy/tunespace.h"

/* Returns whether a table of all pairs of values is small enough. */
bool pairs_fit(const struct tunespace *s);

/* Set choice (early) at exits i <= j, or at i alone where both are the same, to
 * the best of all choices there if that beats the outcome *best, which is set
 * then; returns whether it was.  Of equally good ones the first is taken, exit j
 * changing fastest.  A chained rule takes this for one or two early exits. */
bool pairs_improve(struct tunespace *s, size_t i, size_t j, uint16_t *choice,
                   struct outcome *best);

#endif
