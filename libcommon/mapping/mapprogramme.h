/* SPDX-License-Identifier: MIT
 * Exits, values and processors at once by dynamic programming, from the last
 * boundary to the first.
 *
 * A state is a boundary, the processor that goes on there and how many segments
 * it has had.  What a sample is worth there is the least over where the next
 * segment ends, whether an exit is on there and with which value, and which
 * processor goes on: a path whose edges scale what follows by the share of the
 * samples that pass.  That share is taken to be the same whatever came before, as
 * if exits were independent.  Memory and storage are asked of every segment by
 * itself, and with a limit on the worst latency a state keeps several labels
 * (worth, worst latency) of which none is worse in both.  The storage of several
 * segments together and percentiles are not asked.
 * O(n^2 P + n P (P + T)) for n boundaries, P processors and T values. */
#ifndef MAPPING_MAPPROGRAMME_H
#define MAPPING_MAPPROGRAMME_H

#include "libcommon/mapping/mapcase.h"

/* What a sample pays for one unit of each; a path is the better the less it pays
 * on average.  A cost whose price is 0 is not looked at. */
struct map_prices {
    double latency, energy, macs, error;
};

/* What share of the samples that come to an exit leaves there, and rightly. */
struct map_shares {
    size_t values;
    bool given;               /* of a plan */
    double *leave, *right;    /* (exits, values) */
    bool must[NET_MAX_EXITS]; /* exits that are on, whatever that costs */
};

/* Set the shares to those of all samples, or, for a plan, of those that come to
 * each of its exits: then they have one value, its own, the exits of the plan must
 * be on and no others may.  Owned (map_shares_fini). */
void map_shares_init(struct map_shares *p, const struct map_samples *s,
                     const struct map_plan *plan);
void map_shares_fini(struct map_shares *p);

/* Set *plan to the path that pays least; of shares of a plan, with that plan's
 * values.  Returns false where there is none. */
bool map_programme(const struct map_case *c, const struct map_shares *p,
                   const struct map_prices *prices, struct map_plan *plan);

#endif
