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

struct propose_opts {
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

/* NSGA-II on (1 - S_A, Eq. 19), started from the measured front; of its last
 * population the new genomes, thinned to k that are spread along the predicted
 * MACs (spread.h); random ones where there are fewer.  What was measured,
 * failed results included, is never proposed again.  ERR_FORMAT when a genome
 * of the archive is not of the space or a result lacks a figure. */
int propose(const struct space *space, const struct archive *a,
            const struct predictor *accuracy, const struct predictor *macs,
            const struct propose_opts *o, struct proposal *out,
            struct err *e) MUST_CHECK;
void proposal_fini(struct proposal *p);

#endif
