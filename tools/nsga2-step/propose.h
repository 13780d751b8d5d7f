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

/* How limits act.  Eq. 19 adds a hinge to the MACs; that grows with them just
 * as they do, so it leaves every front what it would be without a limit. */
enum limits_use { LIMITS_FIRST, LIMITS_PENALTY };

struct propose_opts {
    int limits;             /* enum limits_use */
    uint64_t k, pop, generations, seed;
    int64_t iteration;      /* NIL_INT = none */
    double min_accuracy, max_macs;  /* NAN = none */
    double penalty;
    struct vary vary;
};

struct proposal {
    struct genomes genomes; /* the k new ones, or fewer (space exhausted) */
    size_t chosen;          /* of them by the search, the others at random */
    double *accuracy;       /* (genomes.n) predicted */
    double *macs;
    double phi;             /* share of the archive that meets max_macs */
};

/* NSGA-II on predicted error and MACs, started from the measured front; of its
 * last population the new genomes, thinned to k that are spread along the
 * predicted MACs (spread.h); random ones where there are fewer.  Limits come
 * first (front_sort_limited; beyond them only if there are fewer than k within)
 * or make the objectives those of Eq. 19.  What was measured,
 * failed results included, is never proposed again.  ERR_FORMAT when a genome
 * of the archive is not of the space or a result lacks a figure. */
int propose(const struct space *space, const struct archive *a,
            const struct predictor *accuracy, const struct predictor *macs,
            const struct propose_opts *o, struct proposal *out,
            struct err *e) MUST_CHECK;
void proposal_fini(struct proposal *p);

#endif
