/* SPDX-License-Identifier: MIT
 * What is wanted of a plan (libcommon/platform/exitplan.h): a metric that is made
 * small, or the paper's scalar, under limits on any metrics by name; and which of
 * two plans is the better one (D42). */
#ifndef MAPPING_MAPGOAL_H
#define MAPPING_MAPGOAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/search/limits.h"

enum map_metric {
    /* of the answers */
    MAP_ACCURACY,
    MAP_ERROR, /* 1 - accuracy */
    MAP_LOSS,  /* accuracy of the final exit alone - accuracy */
    MAP_BALANCED,
    MAP_MIN_CLASS,
    MAP_LOST,
    MAP_DISAGREEMENT,
    /* of what they cost: means over the samples .. */
    MAP_MACS,
    MAP_LATENCY,
    MAP_ENERGY,
    /* .. percentiles .. */
    MAP_P50,
    MAP_P95,
    MAP_P99,
    /* .. and what does not depend on the thresholds */
    MAP_WORST,
    MAP_MEMORY,
    MAP_STORAGE,
    MAP_METRICS
};
extern const char *const map_metric_names[]; /* (MAP_METRICS) and NULL */

struct map_goal {
    int minimise;  /* enum map_metric */
    double weight; /* W: what is made small is W times the metric / unit
                    * + (1 - W) times the error; NAN = the metric alone */
    double unit;   /* of the metric, > 0: that of the base; set by map_search */
    double final_accuracy; /* of the final exit alone; set by map_search */
    size_t limits;
    struct map_limit {
        int metric;
        double max, min; /* NAN = none */
    } limit[MAP_METRICS];
};

/* Set the limits from those that were read, and what is minimised by its name.
 * ERR_ARG names a metric that a plan does not have, one that is not to be made
 * small, and a limit from the wrong side. */
int map_goal_read(struct map_goal *g, const struct limits *limits,
                  const char *minimise, struct err *e) MUST_CHECK;

/* Returns true where the goal is about that metric. */
bool map_goal_needs(const struct map_goal *g, int metric);

/* Returns true where one of the limits is on the answers. */
bool map_goal_answers(const struct map_goal *g);

/* How good a plan is. */
struct map_outcome {
    int64_t overflow; /* bytes by which it exceeds what it exceeds most */
    double of_costs;  /* by how much limits on costs are broken, .. */
    double violation; /* .. and all limits (D16) */
    double value;     /* what is made small */
    double metric; /* the metric itself, or the latency for MAP_ERROR: what the
                       * front has against accuracy */
    double accuracy;
    /* Between plans that are equal in all that: */
    double latency; /* mean */
    double worst;   /* latency */
    size_t segments;
    bool idle; /* an early exit takes no sample: it might as well be off */
};

/* Set values and violations from the metrics (MAP_METRICS), of which those that
 * the goal needs are known, accuracy and latencies in any case; NAN is no
 * violation.  overflow, segments and idle are the caller's. */
void map_outcome_set(struct map_outcome *o, const struct map_goal *g,
                     const double *metric);

/* Returns < 0 when a is better, > 0 when b is, 0 when they are equal: the smaller
 * overflow, then the smaller violation, value, error, latency, worst latency and
 * number of segments. */
int map_outcome_compare(const struct map_outcome *a,
                        const struct map_outcome *b);

#endif
