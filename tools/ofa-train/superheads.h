/* SPDX-License-Identifier: MIT
 * Heads of early exits in a supernet.  The kinds of heads are those that the
 * table of the space lists, counted from 1; every exit may have each.  The bank
 * holds the tensors of each kind of each exit under their own names at the
 * widest width; a narrower head has the first channels.
 *
 * Heads that flatten their map have a pool in front, which decides how many
 * inputs their classifier has.  In a supernet the pool does not vary: it is what
 * Algorithm 1 (place.h, by the rules that eec-place has by default) gives the
 * largest net when every exit has a head of that kind.
 *
 * In arrays (kinds, exits) row k - 1 is for kind k; exits count from 0. */
#ifndef SUPERHEADS_H
#define SUPERHEADS_H

#include "libcommon/nn/graph/tensors.h"
#include "tools/ofa-train/supernet.h"

size_t superheads_exits(const struct space *s); /* how many there may be */
size_t superheads_kinds(const struct space *s); /* 0 without exits */

/* Returns the kind of head that the exit has in the genome, 0 = it is off. */
size_t superheads_kind(const struct space *s, const int64_t *genome,
                       size_t exit);

/* Give the exit of the genome a head of that kind, 0 = off, if the space leaves
 * it a choice. */
void superheads_choose(const struct space *s, int64_t *genome, size_t exit,
                       size_t kind);

/* Build the largest net whose exits all have a head of that kind, k from 1; exits
 * whose head is not `wanted` (kinds, exits) are left out. */
int superheads_net(const struct supernet *s, size_t kind, const bool *wanted,
                   struct arena *a, struct net *out, struct err *e) MUST_CHECK;

/* Add the tensors of the wanted heads that the bank lacks, with random weights
 * that depend on the seed and on their names.  Their order in the bank is that
 * of the kinds and exits, so the first call has to name all heads there will be.
 * ERR_FORMAT when a net with these heads is too large. */
int superheads_add(struct supernet *s, const bool *wanted, uint64_t seed,
                   struct err *e) MUST_CHECK;

/* Set `have` (kinds, exits) to the heads whose tensors are among these. */
int superheads_in(const struct supernet *s, const struct tensors *t, bool *have,
                  struct err *e) MUST_CHECK;

#endif
