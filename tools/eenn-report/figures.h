/* SPDX-License-Identifier: MIT
 * How a figure is shown: what is known of each metric that results have by
 * themselves, and the same of a user's own metric. */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include "libcommon/base/arena.h"
#include "libcommon/base/buf.h"

struct figure {
    const char *name;      /* of the metric */
    const char *word;      /* its name for people */
    const char *unit;      /* of the scaled value, or NULL */
    const char *head;      /* of its column, with the unit */
    const char *best;      /* the same behind the word "best" */
    const char *axis;      /* label of an axis, with the unit */
    const char *rest;      /* what 1 less the value is called, or NULL */
    const char *legend;    /* what the column says, or NULL */
    int drop;              /* of the column (table.h) */
    double scale;          /* 0 = 1; below 1 it is a power of ten */
    int decimals;          /* as those of a column */
    double floor, ceiling; /* of the scaled value; an axis ends there */
};

/* The first FIGURES_USUAL are columns of every table of results; a row without
 * a name ends the list. */
#define FIGURES_USUAL 5
extern const struct figure figures_known[];

/* Returns the place of the metric among the known figures, or that of the row
 * behind them. */
size_t figure_place(const char *name);

/* Returns the figure of a user's metric, whose texts are copied to the arena;
 * unit may be NULL. */
struct figure figure_own(const char *name, const char *unit, struct arena *a);

/* Returns the value in the figure's unit. */
double figure_scaled(const struct figure *f, double value);

/* Append a value with its unit: "12.5 %". */
void figure_add(struct buf *b, const struct figure *f, double value);

#endif
