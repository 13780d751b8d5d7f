/* SPDX-License-Identifier: MIT
 * Channel sorting before narrower layers are trained (method.md 1.3): a narrow
 * layer has the first channels of the wide one, so the most important come
 * first.
 *
 * Found in the graph, not by names: a dense convolution whose channels nobody
 * but a depthwise convolution (and a squeeze-and-excite behind it) sees until
 * another dense one projects them away.  Such channels may stand in any order;
 * so may those of the squeeze.  The net computes the same as before, up to the
 * order in which numbers are added. */
#ifndef SORTING_H
#define SORTING_H

#include "tools/ofa-train/phases.h"
#include "tools/ofa-train/supernet.h"

/* Does `now` train sizes that `before` did not? */
int sorting_due(const struct supernet *s, const struct phases *p,
                const struct shrink_phase *before,
                const struct shrink_phase *now, bool *due,
                struct err *e) MUST_CHECK;

/* Sort the supernet's channels by the sum of the absolute weights that read
 * them, largest first, equal ones in the order they are in.  A channel stays
 * within the sizes that `before` trained already: those that only its larger
 * choices have remain behind those that its smaller ones have, too. */
int sorting_apply(struct supernet *s, const struct phases *p,
                  const struct shrink_phase *before, struct err *e) MUST_CHECK;

#endif
