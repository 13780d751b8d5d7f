/* SPDX-License-Identifier: MIT
 * When a sample leaves a network with exits, what that costs and how often it
 * is right.  Plain arrays in, figures out: the tuner, the runner and the
 * reports all decide with these functions, so that they decide alike.
 *
 * A rule gives each exit a score and a sample leaves at the first exit that is
 * on with score >= its threshold; the final exit takes who is left (D7, D30).
 * The score is made in two steps:
 *     value  what one exit says of one sample, by its own output alone
 *     score  that value combined with those of the exits that ran before
 * so that a rule is a row of a table: see halt_rules in halting.c.
 *
 * A threshold that is NAN is off: that head is not run, costs nothing in the
 * cost of any later exit and counts as value 0 in later scores.
 *
 * Example (size_t samples, size_t exits, size_t classes,
 *          const float *const *logits, const float *const *confidence,
 *          const int32_t *labels, const struct summary *summary,
 *          const double *thresholds, struct halt_figures *figures):
 *     struct halt_table t;
 *
 *     halt_table_init(&t, 1u << HALT_MARGIN, samples, exits, classes);
 *     for (size_t i = 0; i < exits; i++)
 *         halt_table_exit(&t, i, logits[i], confidence[i], labels, 1);
 *     halt_costs_of(&t.costs, summary, exits);
 *     halt_judge(&t, &halt_rules[HALT_MARGIN], thresholds, figures);
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
    bool confidence;            /* needs the confidence unit, and looks at
                                 * nothing else */
    bool chained;               /* score depends on the exits before */
    /* Of one exit's output for one sample; 0..1, high = sure.  Logits are
     * divided by the temperature before the softmax. */
    double (*value)(const float *logits, size_t classes, float confidence,
                    double temperature);
    /* Combine with the exits before; *rest starts at 1 and is the rule's. */
    double (*score)(double value, double *rest);
};

enum {                          /* rows of halt_rules */
    HALT_CUMULATIVE, HALT_EQ8, HALT_MAX_SOFTMAX, HALT_MARGIN, HALT_ENTROPY,
    HALT_RULES
};
extern const struct halt_rule halt_rules[];
extern const char *const halt_rule_names[];     /* NULL-terminated */

/* NULL = no rule of that name. */
const struct halt_rule *halt_rule_find(const char *name);

/* The sigmoid that turns the raw confidence output into the unit's value,
 * the same everywhere a trace is made or a decision taken. */
float halt_confidence(float raw);

/* ---- costs ---- */

/* What the average cost of a sample is counted by (D29): indices of the vectors
 * of halt_costs. */
enum {
    COST_SEQUENTIAL,            /* every head that ran on the way */
    COST_PAPER,                 /* Eq. 13: the head of the exit taken alone */
    HALT_COSTS
};
extern const char *const halt_cost_names[];     /* "sequential" "paper" NULL */

/* What leaving costs, counted in one way: a sample that leaves at exit i pays
 * base[i] and the fee of every exit before i that is on. */
struct halt_cost {
    const char *name;               /* of halt_cost_names */
    double base[NET_MAX_EXITS];     /* (exits) MACs; NAN = unknown */
    double fee[NET_MAX_EXITS];      /* (exits) MACs */
};

struct halt_costs {
    size_t exits;
    struct halt_cost v[HALT_COSTS];
};

/* All the vectors, from MACs of the backbone up to each tap, of each head and
 * of each exit by Eq. 13; each (exits).  A vector whose arrays are NULL is
 * unknown. */
void halt_costs_init(struct halt_costs *c, size_t exits, const int64_t *prefix,
                     const int64_t *head, const int64_t *paper);

/* The same from a summary; arrays that do not fit the exits are NULL. */
void halt_costs_of(struct halt_costs *c, const struct summary *s,
                   size_t exits);

bool halt_cost_known(const struct halt_cost *c);

/* Cost of leaving at each exit with the given exits on (D29, D30).  For an exit
 * that is off it is what passing it has cost: without its own fee.  thresholds:
 * (exits - 1); out: (exits), all NAN when the cost is unknown. */
void halt_cost_leaving(const struct halt_cost *c, size_t exits,
                       const double *thresholds, double *out);

/* D31's F_M(x): backbone and final head, by one of the vectors. */
double halt_costs_final(const struct halt_costs *c, int which);

/* One net's trace, boiled down to what thresholds act on. */
struct halt_table {
    size_t samples, exits, classes;
    size_t rows;                /* exits that have their row so far */
    unsigned rules;             /* 1 << HALT_..: whose values are kept */
    double *value[HALT_RULES];  /* each (rows, samples), exit-major; NULL for
                                 * rules that are not kept */
    unsigned char *right;       /* (rows, samples) argmax == label */
    double accuracy[NET_MAX_EXITS];     /* each exit on all samples */
    double ece[NET_MAX_EXITS];          /* at its temperature */
    struct halt_costs costs;    /* set by the caller */
};

void halt_table_init(struct halt_table *t, unsigned rules, size_t samples,
                     size_t exits, size_t classes);
void halt_table_fini(struct halt_table *t);

/* Make room for the rows of the first n exits.  Memory grows with the exits that
 * come, not with the number that a stream announces. */
void halt_table_reserve(struct halt_table *t, size_t n);

/* Fill exit i's rows.  logits: (samples, classes); confidence: (samples), or
 * NULL where the head has no unit, which reads as 1 (the final exit).  labels:
 * (samples).  Values and calibration error are those at the temperature. */
void halt_table_exit(struct halt_table *t, size_t i, const float *logits,
                     const float *confidence, const int32_t *labels,
                     double temperature);

/* The values of one of the rules kept: (rows, samples). */
const double *halt_table_values(const struct halt_table *t,
                                const struct halt_rule *rule);

/* What a policy does to the samples of a table. */
struct halt_figures {
    size_t samples, exits;
    uint64_t left[NET_MAX_EXITS];       /* samples leaving at each exit */
    uint64_t right[NET_MAX_EXITS];      /* of these, rightly classified */
    double accuracy;                    /* F_A, 0..1 */
    double cost[HALT_COSTS];            /* F_M by each of the costs, NAN =
                                         * unknown */
};

/* Returns the exit where one sample leaves.  values[i * stride] is what the
 * rule scores the sample by at exit i; an exit whose threshold is NaN is
 * off. */
size_t halt_exit(const struct halt_rule *rule, const double *thresholds,
                 size_t exits, const double *values, size_t stride);

/* thresholds: (exits - 1).  t->costs is set, the rule is one of those kept. */
void halt_judge(const struct halt_table *t, const struct halt_rule *rule,
                const double *thresholds, struct halt_figures *f);

/* F_M from counts alone: sum of cost times share. */
double halt_mean_cost(const uint64_t *left, const double *cost, size_t exits);

#endif
