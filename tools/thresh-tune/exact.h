/* SPDX-License-Identifier: MIT
 * The best of all choices of a value or off for every early exit, found by
 * walking through them exit by exit.
 *
 * A node of the walk has chosen for the exits before i and holds the samples
 * still in flight.  They are sorted by their bin at exit i, once, and each value
 * passes on a part of that list: the samples of bins up to it.  At the last
 * early exit counting is enough.  So a whole walk looks at (values + 1)^(E - 1)
 * lists for E early exits, each at most all samples long and most far shorter.
 *
 * A branch is left out when what is said for it is no better than the best
 * found so far.  Two things are said, both beyond what it can reach:
 *   - as many right as there are samples right at some exit from here on, for
 *     the least cost of leaving anywhere from here on;
 *   - when the best so far meets the limits, and so the cost C may not exceed
 *     the limit M: sum of right <= sum of (right - m cost) + m M for every
 *     multiplier m >= 0, each sample leaving where that is largest.
 * Both hold for each sample by itself, so sums over a list hold for it. */
#ifndef EXACT_H
#define EXACT_H

#include "tools/thresh-tune/tunespace.h"

/* Is any choice better than the outcome?  If so the best one replaces *choice
 * (early).  False = given up after s->o->work samples: *choice may be better but
 * need not be the best.
 * Whatever the multiplier, the answer is as good; a good one saves work. */
bool exact_search(struct tunespace *s, const struct outcome *than,
                  double multiplier, uint16_t *choice);

#endif
