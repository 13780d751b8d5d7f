/* SPDX-License-Identifier: MIT
 * Algorithm 1 of the paper decides how much each early exit must pool so that
 * leaving early costs no more than leaving later (D20).
 *
 * The costs compared here are always Eq. 13's: the backbone up to the exit plus
 * its own head, under the MAC rule chosen.  Exits are settled from the last to
 * the first.  One that costs more than the next exit gets a pool in front:
 *   divisors  the smallest window that divides the map's side and brings the
 *             cost to the next exit's or below; when none does, the largest,
 *             and the violation is recorded.  Of a map that is not square,
 *             windows are all pairs of a divisor of its height and one of its
 *             width, by growing area; of equal ones the squarer comes first,
 *             then the one that is longer along the map's longer side;
 *   legacy    as the reference code: an exit that costs as much gets a pool,
 *             too, windows are 2 and 4 only (at most 2 under 16 channels, none
 *             under 8), and the largest stays when it is not enough.
 * A head that does not flatten its map gets no pool, since none would make it
 * cheaper; it stays as it is, and where it costs more than the next exit, the
 * violation is recorded. */
#ifndef SPACE_PLACE_H
#define SPACE_PLACE_H

#include "libcommon/nn/graph/cost.h"
#include "libcommon/space/heads.h"
#include "libcommon/space/space.h"

enum pool_rule { POOL_DIVISORS, POOL_LEGACY };
extern const char *const pool_rule_names[]; /* "divisors" "legacy" NULL */

struct place_opts {
    enum mac_rule macs;
    enum pool_rule pools;
};

/* One early exit. */
struct place_point {
    struct head_choice head;
    int64_t h, w, c;         /* the map it taps */
    int64_t prefix;          /* backbone MACs up to it */
    struct head_window pool; /* out: window, 1x1 = none */
    int64_t cost;            /* out: Eq. 13 with it */
    bool violation;          /* out: still above the next exit's */
};

/* Choose the pools of n early exits, whose heads may differ; final_cost is the
 * final exit's. */
void place_pools(struct place_point *p, size_t n, int64_t final_cost,
                 int64_t classes, const struct place_opts *o);

/* Build the genome's net in the arena, with the pools of place_pools and costs
 * by o->macs.  Returns 0, an error of space_net_draft, or PLACE_TOO_LARGE: the
 * design is sound, but net_check refuses its net for the reason in *e, and *out
 * is only good for arch, space and genome. */
#define PLACE_TOO_LARGE 1
int place_net(const struct space *s, const struct ints *genome,
              const struct place_opts *o, struct arena *a, struct net *out,
              struct err *e) MUST_CHECK;

#endif
