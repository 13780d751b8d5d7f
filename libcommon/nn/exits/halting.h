/* SPDX-License-Identifier: MIT
 * When a sample leaves a network with exits, what that costs and how often it
 * is right.  The functions turn plain arrays into metrics; the tuner, the
 * runner and the reports all use them, so that they decide alike.
 *
 * A rule gives each exit a score, and a sample leaves at the first exit that is
 * on with score >= its threshold; the final exit takes the samples that are
 * left.  The score is made in two steps:
 *     value  how sure one exit is of one sample, by its own output alone
 *     score  that value combined with those of the exits that ran before
 * so that a rule is a row of a table: see halt_rules in halting.c.
 *
 * A threshold that is NAN is off: that head is not run, costs nothing in the
 * cost of any later exit and counts as value 0 in later scores (D30).
 *
 * Example (size_t samples, size_t exits, size_t classes,
 *          const float *const *logits, const float *const *confidence,
 *          const int32_t *labels, const struct summary *summary,
 *          const double *thresholds, struct halt_metrics *metrics):
 *     struct halt_table t;
 *
 *     halt_table_init(&t, 1u << HALT_MARGIN, samples, exits, classes);
 *     for (size_t i = 0; i < exits; i++)
 *         halt_table_exit(&t, i, logits[i], confidence[i], labels, 1);
 *     halt_costs_of(&t.costs, summary, exits);
 *     halt_judge(&t, &halt_rules[HALT_MARGIN], thresholds, metrics);
 *     halt_table_fini(&t);
 */
#ifndef NN_EXITS_HALTING_H
#define NN_EXITS_HALTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/values.h"
#include "libcommon/nn/exits/summary.h"
#include "libcommon/nn/graph/net.h"

struct halt_rule {
    const char *name;
    bool confidence; /* needs the confidence unit, and looks at
                      * nothing else */
    bool chained;    /* score depends on the exits before */
    /* Returns the value of one exit's output for one sample, 0..1, high = sure.
     * Logits are divided by the temperature before the softmax. */
    double (*value)(const float *logits, size_t classes, float confidence,
                    double temperature);
    /* Returns the score.  *rest carries the rule's state from exit to exit and
     * starts at 1. */
    double (*score)(double value, double *rest);
};

enum { /* rows of halt_rules */
       HALT_CUMULATIVE,
       HALT_EQ8,
       HALT_MAX_SOFTMAX,
       HALT_MARGIN,
       HALT_ENTROPY,
       HALT_RULES
};
extern const struct halt_rule halt_rules[];
extern const char *const halt_rule_names[]; /* NULL-terminated */

/* Returns the rule of that name, or NULL. */
const struct halt_rule *halt_rule_find(const char *name);

/* Returns the sigmoid of the raw confidence output, which is the unit's value
 * wherever a trace is made or a decision is taken. */
float halt_confidence(float raw);

/* ---- costs ---- */

/* The ways to count the average cost of a sample: indices of the vectors
 * of halt_costs.  A third cost takes an entry here, its name and its vectors in
 * halting.c (halt_cost_names, halt_costs_init) and, where results hold it, a
 * member of struct result with its field (formats/result.c), its lines in
 * result_metric and cost_metrics (search/result.c) and in thresh-tune, which
 * sets it. */
enum {
    COST_SEQUENTIAL, /* every head that ran on the way (D29) */
    COST_PAPER,      /* Eq. 13: the head of the exit taken alone */
    HALT_COSTS
};
extern const char *const halt_cost_names[]; /* "sequential" "paper" NULL */

/* What leaving costs, counted in one way: a sample that leaves at exit i pays
 * base[i] and the fee of every exit before i that is on. */
struct halt_cost {
    const char *name;           /* of halt_cost_names */
    double base[NET_MAX_EXITS]; /* (exits) MACs; NAN = unknown */
    double fee[NET_MAX_EXITS];  /* (exits) MACs */
};

struct halt_costs {
    size_t exits;
    struct halt_cost v[HALT_COSTS];
};

/* Set all the vectors from the MACs of the backbone up to each tap, of each
 * head and of each exit by Eq. 13; each (exits).  A vector is unknown when an
 * array that it needs is NULL. */
void halt_costs_init(struct halt_costs *c, size_t exits, const int64_t *prefix,
                     const int64_t *head, const int64_t *paper);

/* Set the vectors from a summary, where an array of another length counts as
 * NULL. */
void halt_costs_of(struct halt_costs *c, const struct summary *s, size_t exits);

bool halt_cost_known(const struct halt_cost *c);

/* Set out to the cost of leaving at each exit, the exits being on whose
 * threshold is not NAN.  For an exit that is off, its own fee is left out.
 * thresholds: (exits - 1); out: (exits), all NAN when the cost is unknown. */
void halt_cost_leaving(const struct halt_cost *c, size_t exits,
                       const double *thresholds, double *out);

/* Returns F_M(x), the cost of backbone and final head, by vector `which`. */
double halt_costs_final(const struct halt_costs *c, int which);

/* One net's trace, reduced to what thresholds act on. */
struct halt_table {
    size_t samples, exits, classes;
    size_t rows;               /* exits that have their row so far */
    unsigned rules;            /* 1 << HALT_..: whose values are kept */
    double *value[HALT_RULES]; /* each (rows, samples), exit-major; NULL for
                                * rules that are not kept */
    unsigned char *right;      /* (rows, samples) argmax == label; 0 without
                                * labels */
    uint16_t *answer;          /* (rows, samples) argmax: class 0..65535 */
    int32_t *label;            /* (samples), or NULL: there are none */
    double accuracy[NET_MAX_EXITS]; /* each exit on all samples; NAN = no
                                     * labels */
    double ece[NET_MAX_EXITS];      /* at its temperature; NAN likewise */
    struct halt_costs costs;        /* set by the caller */
};

void halt_table_init(struct halt_table *t, unsigned rules, size_t samples,
                     size_t exits, size_t classes);
void halt_table_fini(struct halt_table *t);

/* Make room for the rows of the first n exits.  Memory grows with the exits that
 * come, not with the number that a stream announces. */
void halt_table_reserve(struct halt_table *t, size_t n);

/* Fill exit i's rows.  logits: (samples, classes); confidence: (samples), or
 * NULL where the head has no unit, which reads as 1 (the final exit).  labels:
 * (samples), the same for all exits, or NULL; the table has a copy.  Values and
 * calibration error are those at the temperature. */
void halt_table_exit(struct halt_table *t, size_t i, const float *logits,
                     const float *confidence, const int32_t *labels,
                     double temperature);

/* Returns the values (rows, samples) of a rule that is kept. */
const double *halt_table_values(const struct halt_table *t,
                                const struct halt_rule *rule);

/* What a policy does to the samples of a table. */
struct halt_metrics {
    size_t samples, exits;
    uint64_t left[NET_MAX_EXITS];  /* samples leaving at each exit */
    uint64_t right[NET_MAX_EXITS]; /* of these, rightly classified */
    double accuracy;               /* F_A, 0..1 */
    double cost[HALT_COSTS];       /* F_M by each of the costs, NAN =
                                    * unknown */
};

/* Returns the exit where one sample leaves.  values[i * stride] is what the
 * rule scores the sample by at exit i; an exit whose threshold is NaN is
 * off. */
size_t halt_exit(const struct halt_rule *rule, const double *thresholds,
                 size_t exits, const double *values, size_t stride);

/* Set *f for a table whose exits are all filled and whose costs are set, and a
 * rule that is kept.  thresholds: (exits - 1). */
void halt_judge(const struct halt_table *t, const struct halt_rule *rule,
                const double *thresholds, struct halt_metrics *f);

/* Set accuracy and costs from the counts of f, by the costs of t. */
void halt_metrics_finish(struct halt_metrics *f, const struct halt_table *t,
                         const double *thresholds);

/* Returns F_M, the sum over exits of cost times share of the samples, or NAN
 * without samples. */
double halt_mean_cost(const uint64_t *left, const double *cost, size_t exits);

#endif
