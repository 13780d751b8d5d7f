/* SPDX-License-Identifier: MIT
 * Branch and bound over all threshold vectors: each early exit has a value of
 * the grid or is off.
 *
 * A branch has chosen for the exits before i and holds the samples that are
 * still in flight.  They are sorted by their bin at exit i once, and each value
 * passes on a prefix of that list: the samples of bins up to it.  So of each
 * prefix only the samples that the one before had not are counted, and a list is
 * sorted only when a branch goes on from it.  At the last of E early exits the
 * sums per bin are enough.  A whole search has no more than
 * (values + 1)^(E - 1) prefixes there.  Each holds at most all samples, and most
 * are far shorter.
 *
 * A branch is pruned when its upper bound does not beat the incumbent.  There
 * are two bounds:
 *   - right_bound: as many right answers as there are samples that some exit
 *     from here on gets right, at the smallest costs of leaving from here on;
 *   - lagrange_bound, for an incumbent that meets the limits, so that the cost
 *     C must not exceed its limit M, nor the right answers R fall below L.  With
 *     the weight W what is made large is (1 - W) R - W C / unit, which is at most
 *     sum of (a right - b cost) + (b - W / unit) M - (a - (1 - W)) L
 *     for every a >= 1 - W and b >= W / unit, each sample leaving where its
 *     term is largest.
 * Both hold for each sample by itself, so the sums over a list hold for it.
 * Limits on classes prune nothing: choices that beat the incumbent but for them
 * are judged sample by sample. */
#ifndef NN_POLICY_EXACT_H
#define NN_POLICY_EXACT_H

#include "libcommon/nn/policy/tunespace.h"

/* Set choice (early) to the best choice of all if that beats the outcome
 * `than`.  Returns false when the search was given up after `work' samples, with
 * all of each prefix; choice may then be better than before but need not be the
 * best.  The price, in right answers per unit of the judged cost, decides how much
 * is pruned, not how good the answer is. */
bool exact_search(struct tunespace *s, const struct outcome *than, double price,
                  uint64_t work, uint16_t *choice);

#endif
