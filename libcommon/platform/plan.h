/* SPDX-License-Identifier: MIT
 * A plan: which exits of a network are on, at which thresholds, and which
 * processor runs what; with all that it is predicted to take.  exit-map makes
 * plans, net-augment --keep cuts their exits out of the network, and eenn-run and
 * eenn-predict take one as a policy: of any network whose exits tap layers of
 * the names that the plan has, others being off. */
#ifndef PLATFORM_PLAN_H
#define PLATFORM_PLAN_H

#include "libcommon/nn/exits/summary.h"
#include "libcommon/platform/platform.h"
#include "libcommon/search/result.h"

enum plan_role {
    PLAN_CHOICE,    /* what the search found */
    PLAN_BASE,      /* no exits, all on one processor */
    PLAN_PARTITION, /* no exits, the best division among processors */
    PLAN_ROLES
};
extern const char *const plan_role_names[]; /* "plan" "base" "partition" NULL */

struct plan_segment {
    char *processor;
    char *from, *to;  /* layer that its input comes from (NULL = the input), and
                      * the last backbone layer of it */
    bool exit;        /* an exit stands at its end; true for the last one */
    double threshold; /* NAN = none: the last segment, or no exit */
    double temperature; /* of the softmax; 1 where there is no exit */
    int64_t macs, branch_macs;
    double seconds, branch_seconds; /* of computing, the call included */
    int64_t sent; /* bytes that come to it over a link, 0 = none */
    double sent_seconds;
    int64_t memory, storage; /* bytes, branch included */
    /* of a sample that leaves at its end; NAN where there is no exit */
    double latency, energy; /* s, J; energy NAN = unknown as well */
    double utilisation;     /* share of the samples that leave here */
    double exit_accuracy;   /* of these, NAN = none */
};

/* What a processor or a pool holds. */
struct plan_store {
    char *name;
    int64_t memory, storage;             /* bytes used */
    int64_t memory_limit, storage_limit; /* NIL_INT = none */
};

struct plan {
    struct summary summary; /* of the network that it was searched on */
    char *platform;         /* its name */
    char *platform_digest;  /* of its record */
    int precision;
    int role;             /* enum plan_role */
    char *rule;           /* halting rule, a row of halt_rules */
    struct list segments; /* struct plan_segment, the last one with the final
                             * exit */
    struct list stores;   /* struct plan_store */
    char *split;          /* what the figures below are of */
    int64_t samples;
    char *dataset;
    double accuracy, base_accuracy; /* of the plan, of the final exit alone */
    double balanced_accuracy, min_class_accuracy; /* NAN = unknown */
    double lost_answers, disagreement;            /* NAN = unknown */
    double macs, latency, energy;                 /* means over the samples */
    double latency_p50, latency_p95, latency_p99, worst_latency;
    char *minimise;     /* the metric that it was searched by, or NULL */
    double weight;      /* of the paper's scalar, NAN = none */
    struct list limits; /* struct limit: what it was judged by */
    bool feasible;
    double violation;
    struct guarantee guarantee;
    int64_t rank; /* among all plans of the run, 0 = the best; NIL_INT =
                          * not ranked */
    bool pareto;  /* no other plan of the run is better in accuracy and
                          * in the metric that it was searched by */
};

/* Set *value to the metric called name: those of results that a plan has, and
 * "latency" "latency_p50" "latency_p95" "latency_p99" "worst_latency" "energy"
 * "loss" (base_accuracy - accuracy) "memory" "storage" (the sums).  ERR_FORMAT
 * when a plan has no such metric or it is nil. */
int plan_metric(const struct plan *p, const char *name, double *value,
                struct err *e) MUST_CHECK;

void plan_copy(struct plan *to, const struct plan *from, struct arena *a);

#endif
