/* SPDX-License-Identifier: MIT
 * One iteration of the search: from everything measured so far and two
 * surrogates to the genomes to be measured next. */
#ifndef NSGA2_STEP_PROPOSE_H
#define NSGA2_STEP_PROPOSE_H

#include "libcommon/search/archive.h"
#include "libcommon/search/genomes.h"
#include "libcommon/search/vary.h"
#include "libcommon/space/arch.h"
#include "libcommon/space/space.h"
#include "tools/nsga2-step/predictor.h"

/* How limits act.  With LIMITS_FIRST a design within them comes before every
 * other (front_sort_limited).  LIMITS_PENALTY adds Eq. 19's hinge to each
 * limited objective.  While phi > 0 the sum grows with the objective, so every
 * front is what it would be without a limit. */
enum limits_use { LIMITS_FIRST, LIMITS_PENALTY };

struct propose_opts {
    int limits; /* enum limits_use */
    uint64_t k, pop, generations, seed;
    int64_t iteration;             /* NIL_INT = none */
    double min_accuracy, max_macs; /* NAN = none */
    double penalty;
    struct vary vary;
};

struct proposal {
    struct genomes genomes; /* the k new ones, or fewer (space exhausted) */
    size_t chosen;          /* how many the search chose; the rest is random */
    double *accuracy;       /* (genomes.n) predicted */
    double *macs;
    double phi; /* share of the ok results within max_macs */
};

/* Propose k genomes.  NSGA-II minimises the predicted error and MACs, starting
 * from the measured front.  Of the genomes of its last population that are not
 * measured yet, k are chosen that are spread along the predicted MACs
 * (spread.h); where there are fewer, random ones fill up.  Where limits come
 * first, genomes beyond them are chosen only if fewer than k are within; else
 * they make the objectives those of Eq. 19.  What was measured, failed results
 * included, is never proposed again.  ERR_FORMAT when a genome of the archive
 * is not of the space or a result lacks a metric. */
int propose(const struct space *space, const struct archive *a,
            const struct predictor *accuracy, const struct predictor *macs,
            const struct propose_opts *o, struct proposal *out,
            struct err *e) MUST_CHECK;
void proposal_fini(struct proposal *p);

#endif
