/* SPDX-License-Identifier: MIT
 * How a search went on: what it had reached after each iteration. */
#ifndef REPORT_ITERATIONS_H
#define REPORT_ITERATIONS_H

#include "libcommon/search/reference.h"
#include "tools/eenn-report/results.h"

struct iteration {
    int64_t number;
    size_t candidates, failed, feasible; /* of this iteration alone */
    size_t front;                        /* size of the front so far */
    double best[OBJECTIVES_MAX];         /* metrics of the best so far: of least
                                  * violation, then by the objectives in turn */
    double best_violation;
    double hypervolume; /* so far, 0..1: that of pareto-select --hypervolume;
                         * NAN = left out */
};

/* Set the worst value of macs, where it is an objective without a reference, to
 * the dearest sequential cost of any network, or measured cost. */
void iterations_reference(const struct results *x, struct reference *ref);

/* Returns 0, or ERR_ARG and why the hypervolume is left out: an objective
 * has no reference, or there are more than HYPERVOLUME_OBJECTIVES. */
#define HYPERVOLUME_OBJECTIVES 3
int iterations_volume(const struct results *x, const struct reference *ref,
                      struct err *e) MUST_CHECK;

/* Returns one entry per iteration number that occurs, ascending, owned (free);
 * results without one count as 0.  A candidate measured twice counts with its
 * last metrics from the iteration of that last measurement on.  ref may be
 * NULL: the hypervolume is left out.  All ok results have x->objectives and
 * x->drawn. */
struct iteration *iterations_make(const struct results *x,
                                  const struct reference *ref, size_t *n);

/* Make the view VIEW_ITERATIONS.  ERR_FORMAT when a result lacks an objective;
 * ERR_ARG when there is no hypervolume to draw. */
int view_iterations(const struct results *x, const struct report_opts *o,
                    struct report *rep, struct err *e) MUST_CHECK;

#endif
