/* SPDX-License-Identifier: MIT
 * From trained networks with their traces to plans, one network at a time. */
#ifndef PLANNING_H
#define PLANNING_H

#include "formats/io.h"
#include "formats/platform.h"
#include "libcommon/base/notes.h"
#include "libcommon/cli/namelist.h"
#include "libcommon/mapping/mapsearch.h"
#include "libcommon/nn/policy/guarantee.h"
#include "libcommon/platform/exitplan.h"

struct planning_opts {
    const struct platform_input *platform;
    int precision;
    unsigned rules;               /* 1 << HALT_..: those to try */
    bool temperatures;            /* fit one per exit; else all are 1 */
    double value[MAP_VALUES_MAX]; /* (values) ascending */
    size_t values;
    struct map_goal goal;
    struct limits limits; /* those of the goal, by name */
    const char *minimise;
    size_t per_processor;        /* segments at most, 0 = any number */
    size_t first;                /* exits before this one are off */
    const struct namelist *taps; /* only exits at these layers */
    const struct list *settled;  /* struct plan: keep exits and mapping of the
                                 * first that fits; n = 0: search them */
    enum map_method method;
    double work;
    size_t top, front; /* how many plans, ranked and of the front */
    bool references;   /* write the plans without early exits */
    /* Limits to be certified, n > 0: then one half of the samples, drawn by the
     * seed, chooses and the other tests; there is one plan. */
    struct guarantee_opts guarantee;
    uint64_t seed;
};

/* What is to be said once all plans are written; zeroed at first, the notes are
 * owned (notes_free). */
struct planning_outcome {
    uint64_t networks, unmet; /* those whose best plan breaks a limit */
    struct notes notes;
};

/* Read a trained stream to its end and write the plans of each network: the best
 * ones by their rank, then those of the front, then the references.  Networks that
 * failed in training are passed over with a warning.  ERR_FORMAT for a network
 * without a trace, for a trace that was made with a policy, and where the platform
 * does not suit the network. */
int planning_run(struct reader *r, struct writer *w,
                 const struct planning_opts *how,
                 struct planning_outcome *outcome, struct err *e) MUST_CHECK;

#endif
