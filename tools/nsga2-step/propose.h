/* SPDX-License-Identifier: MIT
 * One iteration of the search: from everything measured so far and what is
 * predicted to the genomes to be measured next. */
#ifndef NSGA2_STEP_PROPOSE_H
#define NSGA2_STEP_PROPOSE_H

#include "libcommon/search/archive.h"
#include "libcommon/search/genomes.h"
#include "libcommon/search/vary.h"
#include "libcommon/space/space.h"
#include "tools/nsga2-step/pick.h"
#include "tools/nsga2-step/problem.h"

/* How limits act.  With LIMITS_FIRST a design within them comes before every
 * other (front_sort_limited).  LIMITS_PENALTY adds Eq. 19's hinge to each
 * limited objective.  While phi > 0 the sum grows with the objective, so every
 * front is what it would be without a limit. */
enum limits_use { LIMITS_FIRST, LIMITS_PENALTY };

struct propose_opts {
    int limits; /* enum limits_use */
    uint64_t k, pop, generations, seed;
    int64_t iteration; /* NIL_INT = none */
    double penalty;
    int pick;      /* enum pick_how */
    size_t spread; /* the objective along which proposals are spread */
    struct vary vary;
};

struct proposal {
    struct genomes genomes; /* the k new ones, or fewer (space exhausted) */
    size_t chosen;          /* how many the search chose; the rest is random */
    double *rows;           /* (genomes.n, figures of the problem) predicted */
    double within;          /* share of the ok results that keep the limits; 1
                             * without results */
};

/* Propose k genomes.  NSGA-II minimises the predicted objectives, starting from
 * the measured front.  Of the genomes of its last population that are not
 * measured yet, k are chosen (pick.h); where there are fewer, random ones fill
 * up.  Where limits come first, genomes beyond them are chosen only if fewer
 * than k are within; else they make the objectives those of Eq. 19.  What was
 * measured, failed results included, is never proposed again.  The problem is
 * bound (problem_bind).  ERR_FORMAT when a genome of the archive is not of the
 * space or a result lacks a metric; ERR_ARG when LIMITS_PENALTY has other limits
 * than one above 0 from above on a minimised objective, and one below 1 from
 * below on a maximised share (metric_is_share). */
int propose(const struct space *space, const struct archive *a,
            const struct problem *problem, const struct propose_opts *o,
            struct proposal *out, struct err *e) MUST_CHECK;
void proposal_fini(struct proposal *p);

#endif
