/* SPDX-License-Identifier: MIT
 * Plans held for a report, how their metrics are shown, and their drawings. */
#ifndef REPORT_PLANS_H
#define REPORT_PLANS_H

#include "libcommon/platform/exitplan.h"
#include "tools/eenn-report/figures.h"
#include "tools/eenn-report/report.h"

struct plans {
    struct plan *v; /* (n) in the order of the stream */
    size_t n, cap;
    struct arena arena;
    const struct plan *shown; /* the one of the view plan: of the rank that was
                               * asked for, or the best ranked */
    struct list limits;       /* struct limit: those that all were judged by
                               * that a search found */
};

/* Returns how a metric of plans is shown. */
const struct figure *plan_figure(const char *name);

/* Returns a metric of the plan, NAN = unknown. */
double plan_value(const struct plan *p, const char *name);

/* Returns true when all limits hold, or there are none. */
bool plan_fits(const struct plan *p);

/* Append the names of the processors that run something, in their order, with
 * blanks between. */
void plan_processors(const struct plan *p, struct buf *b);

/* Append "plan 3", "plan on m4" if it has no rank, "base on m4" or "partition on
 * m0 m4". */
void plan_label(const struct plan *p, struct buf *b);

/* Append "2 plans of digits, val", as far as all agree. */
void plans_about(const struct plans *x, struct buf *b);

/* Draw the plans: a metric over another one, by default accuracy over mean
 * latency, the front as steps, what they are compared with by name.  ERR_FORMAT
 * when a plan lacks one of the two; ERR_ARG when there is only one objective. */
int chart_plans(const struct plans *x, const struct report_opts *o,
                struct buf *script, struct err *e) MUST_CHECK;

/* Draw a plan: a lane for each processor, the segments on them along the time of
 * a sample that runs to the end, and what each exit is worth. */
void chart_plan(const struct plan *p, struct buf *script);

#endif
