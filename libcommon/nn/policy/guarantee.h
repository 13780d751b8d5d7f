/* SPDX-License-Identifier: MIT
 * Policies whose risks are below a limit on unseen data, with a probability
 * (D37).  A risk is the probability that something goes wrong with a sample.
 * One half of the samples orders policies from the safest to the cheapest; the
 * other half, by which nothing else was chosen, tests them in that order and
 * stops at the first that fails.  The last that passed is the answer.
 *
 * A policy passes when each risk is proved to be at most its limit: what was
 * seen, or less, has a probability of at most 1 - confidence in a binomial
 * distribution at the limit.  The order is fixed before the test, so the first
 * policy of it that breaks a limit passes with no more than that probability,
 * and with it any that does.
 *
 * Example (const struct halt_table *first, const struct halt_table *second,
 *          const struct tune_opts *o, struct proof *proof):
 *     struct guarantee_opts g = {
 *         .confidence = 0.95, .n = 1, .risk = {{RISK_LOST, 0.01}}};
 *     struct trials p = {0};
 *
 *     trials_propose(&p, first, o, &g);
 *     trials_test(&p, first, second, &g, proof);
 *     trials_fini(&p);
 */
#ifndef NN_POLICY_GUARANTEE_H
#define NN_POLICY_GUARANTEE_H

#include "libcommon/nn/exits/agreement.h"
#include "libcommon/nn/policy/thresholds.h"

enum risk_kind {
    RISK_WRONG,     /* the answer is not the label */
    RISK_LOST,      /* that, and the final exit's answer is */
    RISK_DIFFERENT, /* the answer is not the final exit's; needs no labels */
    RISK_CLASS,     /* the worst of all classes: the answer to one of its
                     * samples is not the label */
    RISKS
};

/* (RISKS) The metric of results that says the same: "accuracy" "lost_answers"
 * "disagreement" "min_class_accuracy".  Where risk_is_rest, the risk is 1 less
 * that metric, else it is that metric. */
extern const char *const risk_metrics[];
bool risk_is_rest(enum risk_kind kind);

struct guarantee_opts {
    double confidence; /* between 0 and 1 */
    size_t n;
    struct {
        enum risk_kind kind;
        double limit; /* the largest risk, 0 .. 1 */
    } risk[RISKS];    /* (n), all different */
};

/* What the counts say of one risk. */
struct risk_seen {
    uint64_t bad, samples; /* of the class whose tail is largest */
    double log_tail;       /* binomial_log_tail at the limit */
};

/* Set *seen for one risk of a policy that the counts are of.  A class without
 * samples has the tail 1.  With off, every sample runs to the final exit: then
 * nothing is lost or different, known without a test, and the tail is 0. */
void risk_see(const struct agreement *a, enum risk_kind kind, double limit,
              bool off, struct risk_seen *seen);

/* How large a risk may be, by the same counts. */
struct risk_bound {
    double upper;     /* binomial_upper; of the class for which it is largest, 1
                       * where a class has no samples; 0 with off, as above */
    uint64_t samples; /* that upper is computed from */
};
void risk_bound(const struct agreement *a, enum risk_kind kind,
                double confidence, bool off, struct risk_bound *b);

/* ---- the first half ---- */

/* A policy that may be tested. */
struct trial {
    const struct halt_rule *rule;
    double thresholds[NET_MAX_EXITS]; /* (exits - 1) */
    double cost;                      /* mean, by the first half */
    double log_tail;                  /* the largest of all risks, likewise */
    size_t place; /* in the order in which they were proposed */
};

struct trials { /* zeroed at first */
    struct trial *v;
    size_t n, cap;
};
void trials_fini(struct trials *p);

/* Set *p to the sequence of policies to test, one or more: ascending by the
 * largest tail on the table, of equal ones the dearer first, and each cheaper
 * than the one before.  They are what tune_rule finds for each risk, with each
 * of the table's rules, under limits on o->cost that are spread evenly from the
 * final exit's to the cheapest exit's; the same with thresholds that were raised
 * step by step; and the policy with all exits off.  TUNE_AUTO and TUNE_EXACT
 * search as TUNE_DESCENT. */
void trials_propose(struct trials *p, const struct halt_table *first,
                    const struct tune_opts *o, const struct guarantee_opts *g);

/* ---- the second half ---- */

struct proof {
    struct trial policy; /* the last that passed, or all exits off */
    bool off;            /* all its exits are off */
    bool certified;      /* its risks are at most the limits */
    size_t tested, passed;
    uint64_t needed; /* all exits are off: about how many samples of the second
                      * half would let an early exit pass if they were like all
                      * there are; 0 = unknown, or no number would */
    struct risk_bound bound[RISKS]; /* (g->n) of the policy, by the second half;
                                     * at most the limits where certified */
};

/* Test the policies, in their order, on the second half.  The first half is
 * asked only for `needed`. */
void trials_test(const struct trials *p, const struct halt_table *first,
                 const struct halt_table *second,
                 const struct guarantee_opts *g, struct proof *proof);

/* ---- tables for another question ---- */

/* Set *view to the table, in which the exits that are "right" about a sample are
 * those that do not make the risk come true: RISK_WRONG and RISK_CLASS change
 * nothing.  The rest is borrowed from t, the new array is owned
 * (risk_view_fini). */
void risk_view(struct halt_table *view, const struct halt_table *t,
               enum risk_kind kind);
void risk_view_fini(struct halt_table *view);

#endif
