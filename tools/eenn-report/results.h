/* SPDX-License-Identifier: MIT
 * Results held for a report, and what is computed from all of them. */
#ifndef REPORT_RESULTS_H
#define REPORT_RESULTS_H

#include "libcommon/search/archive.h"
#include "libcommon/search/outcome.h"

struct results {
    struct result *v;
    size_t n, cap;
    struct arena arena;
    struct limits limits; /* to judge by and to show */
    bool given;           /* they were given, not read from the results */
    int cost;             /* COST_..: what a limit on MACs is about,
                             * if that is the same for all */
};

void results_add(struct results *x, const struct result *r);
void results_free(struct results *x);

/* Settle the limits once all results are there: those given, else those that
 * all ok results were judged by, else none. */
void results_limits(struct results *x, const struct limits *given);

/* Its average cost by x->cost. */
double results_macs(const struct results *x, const struct result *r);

/* Set cost (exits) to the sequential cost of leaving at each exit when only the
 * exits that are on run, or all of them where r has no thresholds.  NAN =
 * unknown. */
void result_exit_costs(const struct result *r, size_t exits, double *cost);

/* How many exits it tells of, 0 = unknown. */
size_t result_exits(const struct result *r);

double results_violation(const struct results *x, const struct result *r);
/* Ok and within the limits. */
bool results_feasible(const struct results *x, const struct result *r);

/* Dearest sequential cost of any network, or measured cost: the reference
 * when none is given.  NAN without any. */
double results_dearest(const struct results *x);

/* The non-dominated ones among the feasible, or among all when none is, by
 * MACs upwards.  index: (x->n) receives their places; returns how many. */
size_t results_front(const struct results *x, uint32_t *index);

/* What the search had reached after an iteration. */
struct iteration {
    int64_t number;
    size_t candidates, failed, feasible; /* of this iteration alone */
    size_t front;                        /* size of the front so far */
    double best_accuracy, best_macs;     /* best in D34's order so far */
    double best_violation;
    double hypervolume; /* so far, 0..1: that of
                                             * pareto-select --hypervolume */
};

/* One entry per iteration number that occurs, ascending; results without one
 * count as 0.  A candidate measured twice counts with its last metrics from
 * the iteration of that last measurement on.  owned (free). */
struct iteration *results_iterations(const struct results *x, double ref_macs,
                                     size_t *n);

#endif
