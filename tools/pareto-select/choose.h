/* SPDX-License-Identifier: MIT
 * The best of measured results are chosen by fronts and trade-offs (D16). */
#ifndef PARETO_SELECT_CHOOSE_H
#define PARETO_SELECT_CHOOSE_H

#include "libcommon/search/archive.h"
#include "libcommon/search/limits.h"
#include "libcommon/search/objective.h"

/* CHOOSE_TRADEOFF takes the results of largest trade-off.  CHOOSE_AUTO takes the
 * most accurate ones where a result has a limit, and accuracy or error is an
 * objective; else it takes those of largest trade-off or, where there is one
 * objective alone, the best in that. */
#define CHOOSE_TRADEOFF "tradeoff"
#define CHOOSE_AUTO "auto"

struct choose_opts {
    struct objectives objectives;
    struct limits limits; /* judge all results by these; where there are none,
                           * each result's own violation stands */
    uint64_t k;           /* number of results, the best; 0 = all */
    const char *by;  /* what they are best in: an objective's name, or one of
                     * the two above */
    bool all_fronts; /* the fronts behind the first too */
};

struct choice {
    struct result **v; /* (n) results of the archive, best first */
    size_t n;
    size_t measured, feasible; /* of the archive */
    const char *by;            /* that of the options, none of CHOOSE_AUTO */
};

/* Set *f (*n, objectives), owned (free), to the rows of all measured results.
 * ERR_FORMAT when a result lacks a metric. */
int choose_rows(const struct archive *a, const struct objectives *o, double **f,
                size_t *n, struct err *e) MUST_CHECK;

/* Choose the non-dominated ones of the feasible results, and set rank, crowding
 * and tradeoff.  With k, they are the k best in o->by, best first;
 * without k all, ascending by the last objective; of equal ones the first is
 * that of higher accuracy, then of fewer MACs, where they have these, then the
 * better by the objectives in turn.  With all_fronts the next fronts follow, each
 * in the same order.  Where nothing is feasible (out->feasible is 0), choose the
 * k (at least 1) of least violation, ties as before, without these keys.
 * Results of the archive are changed.  ERR_FORMAT when a result lacks a metric
 * that is an objective or limited. */
int choose(struct archive *a, const struct choose_opts *o, struct choice *out,
           struct err *e) MUST_CHECK;
void choice_fini(struct choice *c);

#endif
