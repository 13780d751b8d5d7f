/* SPDX-License-Identifier: MIT
 * A plan: which exits of a network are on, at which thresholds, and which
 * processor runs what; with all that it is predicted to take.  exit-map makes
 * plans, net-augment --keep cuts their exits out of the network, and eenn-run and
 * eenn-predict take one as a policy: of any network whose exits tap layers of
 * the names that the plan has, others being off. */
#ifndef PLATFORM_EXITPLAN_H
#define PLATFORM_EXITPLAN_H

#include "libcommon/nn/exits/summary.h"
#include "libcommon/platform/platform.h"
#include "libcommon/search/limits.h"

enum plan_role {
    PLAN_CHOICE,    /* what the search found */
    PLAN_BASE,      /* no early exits, all on one processor */
    PLAN_PARTITION, /* no early exits, the best division among processors */
    PLAN_ROLES
};
extern const char *const plan_role_names[]; /* "plan" "base" "partition" NULL */

/* A part of the backbone on one processor, with the branch at its end where an
 * exit stands there.  Candidate exits within it are off. */
struct plan_segment {
    char *processor;
    char *from, *to;    /* name of the layer that its input comes from (NULL =
                         * the input), and of the last backbone layer of it, which
                         * an exit taps that stands at its end */
    bool exit;          /* an exit stands at its end; true for the last one */
    double threshold;   /* NAN = none: the last segment, or no exit */
    double temperature; /* of the softmax; 1 where there is no exit */
    int64_t macs, branch_macs;
    double seconds, branch_seconds; /* of computing, the call included */
    int64_t sent; /* bytes that come to it over a link, 0 = none */
    double sent_seconds;
    int64_t memory, storage; /* bytes, branch included */
    /* of a sample that leaves at its end; NAN where there is no exit */
    double latency, energy;   /* s, J; energy NAN = unknown as well */
    double utilisation;       /* share of the samples that leave here */
    double exit_accuracy;     /* of these, NAN = none */
    double exit_accuracy_all; /* of the exit on all samples, NAN = unknown */
};

/* What a processor or a pool holds. */
struct plan_store {
    char *name;
    bool pool;               /* memory that processors share, not a processor */
    int64_t memory, storage; /* bytes used, 0 = not used */
    int64_t memory_limit, storage_limit; /* NIL_INT = none */
};

struct plan {
    struct summary summary; /* of the network that it was searched on */
    char *platform;         /* its name */
    char *platform_digest;  /* of its record, or NULL */
    int precision;        /* enum precision, of rates and bytes; accuracies are
                             * those of the float network */
    int role;             /* enum plan_role */
    char *rule;           /* halting rule, a row of halt_rules */
    struct list segments; /* struct plan_segment, the last one with the final
                             * exit */
    struct list stores; /* struct plan_store: every processor of the platform in
                         * its order, then the pools */
    char *split;        /* what the figures below are of */
    int64_t samples;    /* of it, NIL_INT = unknown */
    char *dataset;
    double accuracy;       /* of the plan; NAN = no labels */
    double final_accuracy; /* of the final exit alone; NAN likewise */
    double balanced_accuracy, min_class_accuracy; /* NAN = unknown */
    double lost_answers, disagreement;            /* NAN = unknown */
    double macs, latency, energy; /* means over the samples; energy NAN =
                                   * unknown */
    double latency_p50, latency_p95, latency_p99, worst_latency;
    char *minimise;     /* the metric that it was searched by, or NULL */
    double weight;      /* of the paper's scalar, NAN = none */
    struct list limits; /* struct limit: what it was judged by */
    bool feasible;
    double violation; /* D16, 0 = feasible or not judged */
    struct guarantee guarantee;
    int64_t rank; /* among all plans of the run, 0 = the best; NIL_INT =
                   * not ranked */
    bool pareto;  /* no other plan of the run is better in accuracy and
                   * in the metric that it was searched by */
};

/* Make *p a plan without a summary and without segments: what may be nil is nil,
 * everything else is zero. */
void plan_init(struct plan *p);

/* Set *value to the metric called name: "accuracy" "error" (1 - accuracy)
 * "final_accuracy" "loss" (final_accuracy - accuracy) "balanced_accuracy"
 * "min_class_accuracy" "lost_answers" "disagreement" "macs" "latency"
 * "latency_p50" "latency_p95" "latency_p99" "worst_latency" "energy", and
 * "memory" "storage", the sums over all processors.  ERR_FORMAT when a
 * plan has no such metric or it is nil. */
int plan_metric(const struct plan *p, const char *name, double *value,
                struct err *e) MUST_CHECK;

/* Judge a plan by limits, and by whether its processors and pools hold it: set
 * p->limits, borrowed from l, p->violation and p->feasible.  What exceeds a memory
 * or a storage most, in bytes, counts like a limit.  A metric that the plan does
 * not know counts for nothing; ERR_FORMAT then names one, all else being set. */
int plan_judge(struct plan *p, const struct limits *l, struct err *e);

/* (NULL-terminated) The names that plan_metric knows. */
extern const char *const plan_metric_names[];

/* Returns segment s, borrowed. */
const struct plan_segment *plan_segment_at(const struct plan *p, size_t s);

/* Returns the number of exits, the final one included. */
size_t plan_exits(const struct plan *p);

/* Check what must agree between the parts of a plan.  Returns 0, or ERR_FORMAT,
 * which says what does not. */
int plan_check(const struct plan *p, struct err *e) MUST_CHECK;

/* Copy the plan with everything that it points to into the arena. */
void plan_copy(struct plan *to, const struct plan *from, struct arena *a);

#endif
