/* SPDX-License-Identifier: MIT
 * What the search sees of a candidate: its genome and its metrics.  Results
 * from anywhere (a table, a simulator) are searched the same way: they have
 * space, genome and status, and accuracy and macs or metrics of their own. */
#ifndef SEARCH_RESULT_H
#define SEARCH_RESULT_H

#include "libcommon/base/err.h"
#include "libcommon/nn/exits/summary.h"

enum result_status { RESULT_OK, RESULT_FAILED };
extern const char *const result_status_names[]; /* "ok" "failed" NULL */

#define METRIC_NAME_MAX 64

struct metric { /* a number of the user's own */
    char *name;
    double value;
    char *unit; /* for people; or NULL */
};

struct limit { /* on the metric called name; NAN = none of that sense.  Without
                * either it says what results are judged by */
    char *name;
    double max, min;
};

/* What streams before 1.2 have in place of limits; the codec brings it into
 * their form. */
struct judged_before {
    double min_accuracy, max_macs; /* NAN = none */
    int cost; /* COST_..: whether max_macs limits macs or macs_paper */
};

/* A limit that a guarantee is about, with what samples said that had no part in
 * the choice of the policy. */
struct certified {
    char *name;      /* of the metric */
    double max, min; /* the limit: one of the two, the other is NAN */
    double estimate; /* of the metric */
    double bound;    /* the confidence bound on it, above for max, below for
                      * min */
    int64_t samples; /* that both are of: of all, or of one class */
};

/* That limits hold on unseen data, with a probability (D37). */
struct guarantee {
    double confidence;  /* NAN = nothing is said */
    bool certified;     /* the limits hold with it; else they may not */
    bool independent;   /* nothing else was ever chosen by these samples */
    int64_t samples;    /* of the test */
    int64_t tested;     /* policies, one after the other */
    int64_t passed;     /* of them */
    int64_t needed;     /* about how many samples would have switched an early
                         * exit on; NIL_INT = one is on, or none would */
    struct list limits; /* struct certified */
};

struct result {
    struct summary summary;
    int status;                /* enum result_status; failed = no metrics */
    char *reason;              /* why it failed, or NULL */
    double accuracy;           /* F_A, 0..1; NAN when failed, or with metrics */
    double macs;               /* F_M, sequential cost (D29); NAN likewise */
    double macs_paper;         /* F_M by Eq. 13, or NAN */
    double final_accuracy;     /* F_A(x): the final exit alone on all samples */
    double final_macs;         /* F_M(x): backbone and final head (D31) */
    double min_class_accuracy; /* smallest recall of a class, or NAN */
    double balanced_accuracy;  /* mean of the recalls, or NAN */
    double lost_answers; /* share of samples that the final exit gets right
                          * and the policy wrong, or NAN */
    double disagreement; /* share of samples that the policy answers otherwise
                          * than the final exit, or NAN */
    char *split;         /* where it was measured, "val"; NULL = unknown */
    int64_t samples;     /* of that split, NIL_INT = unknown */
    char *dataset;       /* whose split it is; NULL = unknown */
    char *rule;          /* halting rule: a row of halt_rules */
    struct reals thresholds;    /* (exits - 1), NAN = exit off */
    struct reals temperatures;  /* (exits) of the softmax; empty = all 1 */
    struct reals utilisation;   /* (exits) share of samples leaving there */
    struct reals exit_accuracy; /* (exits) of those that leave, NAN = nobody */
    struct reals exit_accuracy_all; /* (exits) of that exit on all samples */
    struct reals ece;               /* (exits) 30 bins, all samples */
    struct list limits;             /* struct limit: what it was judged by */
    bool feasible;                  /* all of them hold */
    double violation;               /* D16, 0 = feasible */
    struct guarantee guarantee;
    struct judged_before judged_before;
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
 * "macs" "macs_paper" "final_accuracy" "final_macs" "min_class_accuracy"
 * "balanced_accuracy" "lost_answers" "disagreement" "params" "peak_bytes" or
 * one of the user's own, which stands for a built-in one of its name that is
 * nil.  ERR_FORMAT when the result has no such metric or it is nil. */
int result_metric(const struct result *r, const char *name, double *value,
                  struct err *e) MUST_CHECK;

/* (HALT_COSTS) The metric that holds F_M by each cost of halting.h: "macs",
 * "macs_paper". */
extern const char *const cost_metrics[];

/* Returns true for the metrics that are shares, 0 .. 1: the accuracies, "error",
 * "lost_answers" and "disagreement". */
bool metric_is_share(const char *name);

/* Returns true for the built-in metrics that count something, 0 or more: MACs,
 * params, bytes. */
bool metric_is_count(const char *name);

/* Returns the limit that the result was judged by on the metric called name,
 * borrowed, or NULL. */
const struct limit *result_limit(const struct result *r, const char *name);

/* Returns true when one of a result's limits has a bound. */
bool results_bounded(const struct list *limits);

/* Returns the metric that a limit on MACs is about where nothing else says it:
 * "macs_paper" if that is what the n results were judged by, and none of them by
 * "macs"; else "macs". */
const char *results_cost_metric(const struct result *v, size_t n);

/* Returns what the result is known by: its arch id, else its net id, else
 * "". */
const char *result_key(const struct result *r);

/* Returns true when two lists of struct limit have the same limits, in any
 * order. */
bool limit_lists_alike(const struct list *a, const struct list *b);

/* Return copies of a list of struct limit and of a guarantee, with what they
 * point to, borrowed from the arena. */
struct list limit_list_copy(struct arena *a, const struct list *limits);
struct guarantee guarantee_copy(struct arena *a, const struct guarantee *g);

void result_copy(struct result *to, const struct result *from, struct arena *a);

#endif
