/* SPDX-License-Identifier: MIT
 * Results held for a report, what they are judged by and compared in, and their
 * front. */
#ifndef REPORT_RESULTS_H
#define REPORT_RESULTS_H

#include "libcommon/search/limits.h"
#include "libcommon/search/objective.h"
#include "tools/eenn-report/figures.h"
#include "tools/eenn-report/report.h"

struct results {
    struct result *v;
    size_t n, cap;
    struct arena arena;
    struct list limits;  /* struct limit: to judge by and to show */
    struct list *stored; /* (n) each result's limits in the stream */
    const char *cost;    /* metric that these limit: macs, macs_paper */
    struct objectives objectives; /* those that were asked for */
    struct objectives drawn; /* those of fronts, drawings and what is best: the
                              * same, but by default with macs_paper where the
                              * results were judged by that */
    struct figure *more;     /* (n_more) own metrics and what else is an
                              * objective or limited, without the usual ones */
    size_t n_more;
};

void results_add(struct results *x, const struct result *r);
void results_free(struct results *x);

/* Settle limits, objectives and figures once all results are there.  Limits
 * that were given judge all results anew; otherwise those that all ok results
 * were judged by are shown, and each result's own judgement stands.  ERR_FORMAT
 * names a metric that is limited, or an objective that was given, and that a
 * result lacks; ERR_ARG as limits_add. */
int results_settle(struct results *x, const struct report_opts *o,
                   struct err *e) MUST_CHECK;

/* Returns 0, or ERR_FORMAT when an ok result lacks one of the objectives. */
int results_have(const struct results *x, const struct objectives *o,
                 struct err *e) MUST_CHECK;

/* Returns how a metric is shown; it is one of figures_known or of x->more. */
const struct figure *results_figure(const struct results *x, const char *name);

/* Add the column of a metric; a user's own that is called like another column is
 * metrics.NAME. */
void results_figure_column(struct table *t, const struct figure *f);

/* Make the view VIEW_CURVE.  ERR_FORMAT when no result has accuracy and macs. */
int view_curve(const struct results *x, const struct report_opts *o,
               struct report *rep, struct err *e) MUST_CHECK;

/* Make the view VIEW_GUARANTEES; nothing where no result has a guarantee.  Append
 * what the guarantee of a result says to its line, nothing without one. */
void view_guarantees(const struct results *x, struct report *rep);
void guarantee_line(const struct results *x, const struct result *r,
                    struct buf *b);

/* Returns a metric of the result, NAN = it has none. */
double result_value(const struct result *r, const char *name);

/* Set cost (exits) to the sequential cost of leaving at each exit when only the
 * exits that are on run, or all of them where r has no thresholds.  NAN =
 * unknown. */
void result_exit_costs(const struct result *r, size_t exits, double *cost);

/* Returns how many samples it was measured on, NAN = unknown. */
double result_samples(const struct result *r);

/* How many exits it tells of, 0 = unknown. */
size_t result_exits(const struct result *r);

/* Returns by how much it breaks the limits, NAN for a failed one. */
double result_violation(const struct result *r);
/* Returns true if it is ok and within the limits. */
bool result_fits(const struct result *r);
/* Returns true if its cost is known to be above that of the final exit alone
 * (D35); both are of the metric that it was judged by. */
bool result_above_final(const struct result *r);

/* Returns how many samples all results were measured on that did not fail, NAN =
 * unknown, or not the same for all. */
double results_samples(const struct results *x);

/* Append "12 results of c10, val", as far as all that did not fail agree. */
void results_about(const struct results *x, struct buf *b);

/* Set *at to the winner: the result that o->winner names, or, of results with
 * limits and an objective accuracy or error, the best feasible one by it; x->n =
 * there is none.  ERR_FORMAT when the ids named are not there. */
int results_winner(const struct results *x, const struct report_opts *o,
                   size_t *at, struct err *e) MUST_CHECK;

/* Set index (x->n) to the places of the results that none dominates in
 * x->drawn, among the feasible or among all when none is, ascending by the last
 * objective as it is minimised.  Returns how many there are.  All ok results
 * have these objectives. */
size_t results_front(const struct results *x, uint32_t *index);

#endif
