/* SPDX-License-Identifier: MIT
 * Thresholds under two limits: a grid of one value for all exits, then a
 * repair exit by exit (method.md D8, D9, D34).
 *
 * Grid: every exit at 0.1, 0.2, .. 0.8; the first one at least first_floor.
 * Repair: when the most accurate grid point (ties: fewer MACs) meets the
 * accuracy limit but not the MAC limit, thresholds go down one grid step at a
 * time, from the last early exit to the first, each to 0 at the lowest; a
 * step that breaks the accuracy limit is undone and the next exit's turn
 * comes; it ends when the MAC limit holds.
 * Answer: of all grid points and what the repair arrived at, the best in the
 * order smaller violation, higher accuracy, fewer MACs; on a full tie the
 * earlier one (grid from small values to large, then the repair). */
#ifndef THRESHOLDS_H
#define THRESHOLDS_H

#include "libcommon/nn/halting.h"
#include "libcommon/search/outcome.h"

struct tune_opts {
    const struct halt_rule *rule;
    struct limits limits;
    double first_floor;         /* NAN = none */
};

struct tuned {
    double thresholds[NET_MAX_EXITS];   /* (exits - 1) */
    struct halt_figures figures;
    struct outcome outcome;             /* of the figures under the limits */
};

/* t->costs is set. */
void tune_thresholds(const struct halt_table *t, const struct tune_opts *o,
                     struct tuned *best);

/* The next value of 0, 0.1, 0.2, .. below a threshold; 0 at the lowest. */
double threshold_down(double threshold);

#endif
