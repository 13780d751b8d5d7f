/* SPDX-License-Identifier: MIT
 * Channels are sorted before narrower layers are trained: a narrow layer has
 * the first channels of the wide one, so the most important channels have to
 * come first.
 *
 * Which channels may be put in another order is found in the graph, for any
 * space (channels.h); sorted are the groups whose number of channels varies
 * among the designs of the space. */
#ifndef SORTING_H
#define SORTING_H

#include "tools/ofa-train/channels.h"
#include "tools/ofa-train/phases.h"
#include "tools/ofa-train/supernet.h"

/* Set *due to whether phase `now` trains a layer with a number of channels that
 * phase `before` did not train.  Returns 0 or ERR_*. */
int sorting_due(const struct supernet *s, const struct phases *p,
                const struct shrink_phase *before,
                const struct shrink_phase *now, bool *due,
                struct err *e) MUST_CHECK;

/* Sort the supernet's channels by the sum of the absolute weights that read
 * them, largest first, equal sums in their present order.  Channels that only
 * the larger sizes of phase `before` have remain behind those of its smaller
 * sizes.  Heads whose kind that phase did not train stay as they are.  The
 * largest network computes what it did, up to the order in which
 * numbers are added. */
int sorting_apply(struct supernet *s, const struct phases *p,
                  const struct shrink_phase *before, struct err *e) MUST_CHECK;

/* Permute the parameters of all layers of a group in the bank, so that channel i
 * becomes what channel order[i] was. */
void sorting_permute(struct bank *b, const struct channel_group *g,
                     const size_t *order);

/* Set *n to the number of groups of the backbone that can be sorted. */
int sorting_groups(const struct supernet *s, const struct phases *p, size_t *n,
                   struct err *e) MUST_CHECK;

#endif
