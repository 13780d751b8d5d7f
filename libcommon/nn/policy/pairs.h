/* SPDX-License-Identifier: MIT
 * All choices of one or two early exits, from one pass over the samples: they are
 * counted by their bins at both exits, and the sums of every pair of choices
 * follow from these counts. */
#ifndef NN_POLICY_PAIRS_H
#define NN_POLICY_PAIRS_H

#include "libcommon/nn/policy/tunespace.h"

#define PAIRS_VALUES 255 /* at most so many, for the size of the table */

/* Returns whether pairs_search does it. */
bool pairs_fit(const struct tunespace *s);

/* Set choice (early) to the best choice of all if that beats the outcome
 * `than`; of equally good ones the first, the last exit's changing fastest.
 * Returns false when that would be more work than s->o->work. */
bool pairs_search(struct tunespace *s, const struct outcome *than,
                  uint16_t *choice);

#endif
