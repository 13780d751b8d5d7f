/* SPDX-License-Identifier: MIT
 * What the search sees of a candidate: its genome and its metrics.  Results
 * from anywhere (a table, a simulator) are searched the same way: only arch,
 * space, genome, status, accuracy and macs are required. */
#ifndef SEARCH_RESULT_H
#define SEARCH_RESULT_H

#include "libcommon/base/err.h"
#include "libcommon/nn/exits/summary.h"

enum result_status { RESULT_OK, RESULT_FAILED };
extern const char *const result_status_names[]; /* "ok" "failed" NULL */

struct metric { /* a number of the user's own */
    char *name;
    double value;
};

struct result {
    struct summary summary;
    int status;              /* enum result_status; failed = no metrics */
    char *reason;            /* why it failed, or NULL */
    double accuracy;         /* F_A, 0..1, NAN when failed */
    double macs;             /* F_M, sequential cost (D29) */
    double macs_paper;       /* F_M by Eq. 13, or NAN */
    double final_accuracy;   /* F_A(x): the final exit alone on all samples */
    double final_macs;       /* F_M(x): backbone and final head (D31) */
    char *split;             /* where it was measured, "val"; NULL = unknown */
    char *rule;              /* halting rule: a row of halt_rules */
    struct reals thresholds; /* (exits - 1), NAN = exit off */
    struct reals temperatures;  /* (exits) of the softmax; empty = all 1 */
    struct reals utilisation;   /* (exits) share of samples leaving there */
    struct reals exit_accuracy; /* (exits) of those that leave, NAN = nobody */
    struct reals exit_accuracy_all; /* (exits) of that exit on all samples */
    struct reals ece;               /* (exits) 30 bins, all samples */
    double min_accuracy;            /* limits it was judged by, NAN = none */
    double max_macs;
    int cost;            /* COST_..: what max_macs limits */
    bool feasible;       /* both limits hold */
    double violation;    /* D16, 0 = feasible */
    int64_t rank;        /* set by pareto-select: front number from 0;
                             * NIL_INT before */
    double crowding;     /* NAN before, INFINITY is stored as -1 */
    double tradeoff;     /* mu of D16, NAN before */
    struct list metrics; /* struct metric */
};

/* Make *r a failed result without a summary.  Accuracy, MACs, limits, rank,
 * crowding and tradeoff are nil (NAN or NIL_INT); everything else is zero. */
void result_init(struct result *r);

/* Set *value to the metric called name: "accuracy" "error" (1 - accuracy)
 * "macs" "macs_paper" "final_accuracy" "final_macs" "params" "peak_bytes" or
 * one of the user's own.  ERR_FORMAT when the result has no such metric or it
 * is nil. */
int result_metric(const struct result *r, const char *name, double *value,
                  struct err *e) MUST_CHECK;

/* Returns F_M by one of the costs of halting.h, COST_SEQUENTIAL or
 * COST_PAPER. */
double result_macs(const struct result *r, int cost);

/* Returns F_M by the cost that the result's limit on MACs is about. */
double result_judged_macs(const struct result *r);

/* Returns what the result is known by: its arch id, else its net id, else
 * "". */
const char *result_key(const struct result *r);

void result_copy(struct result *to, const struct result *from, struct arena *a);

#endif
