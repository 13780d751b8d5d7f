/* SPDX-License-Identifier: MIT
 * Near-exact search for one choice per exit by coordinate descent, in time
 * linear in samples and exits.
 *
 * A price m per unit of a cost (a Lagrange multiplier) turns limits into one
 * objective, the sum of right - m cost.  For each price:
 *   - the start comes by induction from the last exit to the first, as if exits
 *     were independent: a sample that comes to an exit is worth the better of
 *     going on and of leaving by a threshold, p (gain of leaving) + (1 - p)
 *     (worth further on - m fee); this takes O(exits * values);
 *   - then one exit at a time moves to its best choice on the true samples
 *     (moves.h).  Sweeps go from the last exit to the first until nothing moves.
 * The first price is that of the weight (D38), 0 without one.  Where the limit on
 * a cost is broken there, prices of that cost are bisected, geometrically, to
 * where the limit starts to hold; where a limit from below is, prices of the
 * judged cost are, downwards.  With both limits the price at which their
 * violations weigh alike is tried too.  Prices only reach points of the convex
 * hull.  So the same moves are made once more, by the true order of outcomes,
 * from the best points found and from the caller's choice.  With a weight, two
 * exits move at a time as well (pairs.h), or for chained rules descents start from
 * each exit alone.  Every choice of every move is compared with the best one so
 * far. */
#ifndef NN_POLICY_DESCENT_H
#define NN_POLICY_DESCENT_H

#include "libcommon/nn/policy/tunespace.h"

struct descent {
    uint16_t choice[NET_MAX_EXITS]; /* (early) the best there was */
    double multiplier; /* right samples per unit of the judged cost where the
                        * limit starts to hold: a price for exact_search */
};

/* Search from a choice, and from other starts.  d->choice is no worse than
 * it. */
void descend(struct tunespace *s, const uint16_t *from, struct descent *d);

#endif
