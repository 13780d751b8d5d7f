/* SPDX-License-Identifier: MIT
 * Fronts of measured results and the best of them (D16). */
#ifndef PARETO_SELECT_CHOOSE_H
#define PARETO_SELECT_CHOOSE_H

#include "libcommon/search/archive.h"
#include "libcommon/search/objective.h"
#include "libcommon/search/outcome.h"

struct choose_opts {
    struct objectives objectives;
    struct limits limits;
    bool judge;             /* judge by these limits; else each result's own
                             * violation stands */
    uint64_t k;             /* how many, by trade-off; 0 = all of the front */
    bool all_fronts;        /* the fronts behind the first too */
};

struct choice {
    struct result **v;      /* (n) in the archive, in order of preference */
    size_t n;
    size_t measured, feasible;  /* of the archive */
};

/* Rows of all measured results, f (measured, objectives), owned (free).
 * ERR_FORMAT when one lacks a figure. */
int choose_rows(const struct archive *a, const struct objectives *o,
                double **f, size_t *n, struct err *e) MUST_CHECK;

/* Of the feasible results the non-dominated ones, with rank, crowding and
 * tradeoff set.  With k the k of largest trade-off (ties: higher accuracy,
 * fewer MACs), largest first; without it all, ascending by the last objective.
 * With all_fronts, front after front.  Where nothing is feasible: the k (at
 * least 1) least violating, in the order of outcome_compare, without these
 * keys; feasible is then 0.  Results of the archive are changed. */
int choose(struct archive *a, const struct choose_opts *o, struct choice *out,
           struct err *e) MUST_CHECK;
void choice_fini(struct choice *c);

#endif
