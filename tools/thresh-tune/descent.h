/* SPDX-License-Identifier: MIT
 * Near-exact search for one choice per exit, in time linear in samples and
 * exits.
 *
 * For a price m per MAC the best choices by (right - m cost) are looked for:
 *   - a start by induction from the last exit to the first, as if exits were
 *     independent: what a sample that comes to an exit is worth is the better of
 *     leaving by a threshold or going on, p (gain of leaving) + (1 - p) (worth
 *     further on - m fee); O(exits * values);
 *   - then one exit at a time on the true samples: with the others held, one
 *     pass fills a histogram by bin that gives what every value, and off, would
 *     come to; sweeps from the last exit to the first until nothing moves.
 * Prices are bisected, geometrically, to where the limit on MACs starts to hold;
 * with both limits also the price at which their violations weigh alike.
 * What prices reach lies on a convex hull, so from the best points found, and
 * from where the caller stands, the same moves are made by the true order of
 * outcomes.  Every option of every histogram is compared with the best. */
#ifndef DESCENT_H
#define DESCENT_H

#include "tools/thresh-tune/tunespace.h"

struct descent {
    uint16_t choice[NET_MAX_EXITS];     /* (early) the best there was */
    double multiplier;      /* right samples per MAC where the limit starts to
                             * hold: a price for exact_search */
};

/* Begins with *from; finds nothing worse. */
void descend(struct tunespace *s, const struct tuned *from,
             struct descent *d);

#endif
