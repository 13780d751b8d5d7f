/* SPDX-License-Identifier: MIT
 * Channels are sorted before narrower layers are trained: a narrow layer has
 * the first channels of the wide one, so the most important channels have to
 * come first.
 *
 * They are found in the graph, not by names: the channels of a dense
 * convolution that only a depthwise convolution (and a squeeze-and-excite
 * behind it) reads before another dense convolution projects them.  Such
 * channels may stand in any order, and so may those of the squeeze.  The net
 * computes the same as before, up to the order in which numbers are added. */
#ifndef SORTING_H
#define SORTING_H

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
 * sizes. */
int sorting_apply(struct supernet *s, const struct phases *p,
                  const struct shrink_phase *before, struct err *e) MUST_CHECK;

#endif
