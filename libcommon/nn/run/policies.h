/* SPDX-License-Identifier: MIT
 * Policies are the thresholds of results or of plans, looked up by the network
 * that they are for (formats/policies.h reads them).
 *
 * The policy of a result is of one net, by its id, and has a threshold for each
 * of its exits.  That of a plan names its exits by the layers that they tap: it
 * fits every net that has exits at these layers with as many MACs before them,
 * such as the one that the plan was searched on and the one that has been cut
 * out of it; exits of the net that the plan does not have are off. */
#ifndef NN_RUN_POLICIES_H
#define NN_RUN_POLICIES_H

#include <stdbool.h>

#include "libcommon/base/arena.h"
#include "libcommon/base/err.h"
#include "libcommon/nn/exits/halting.h"

/* An exit of a plan. */
struct policy_exit {
    char *tap;          /* name of the layer */
    int64_t prefix;     /* MACs of the backbone up to it */
    double threshold;   /* NAN: the final exit */
    double temperature; /* of the softmax */
    double seconds;     /* latency of leaving here */
    double joules;      /* NAN = unknown */
};

struct policy {
    char *net, *recipe;           /* recipe NULL = unknown */
    const struct halt_rule *rule; /* NULL: the result is a failed one */
    struct reals thresholds;      /* (exits - 1) */
    struct reals temperatures;    /* (exits), empty = all 1 */
    /* of a plan: */
    struct list taps;             /* struct policy_exit, the final one last;
                                   * n = 0: of a result */
    int64_t rank;                 /* NIL_INT = none */
    struct reals seconds, joules; /* (exits) of leaving at each, 0 = off;
                                   * joules NAN = unknown; empty: of a result.
                                   * policies_choose sets them, as it does
                                   * thresholds and temperatures. */
};

struct policies {
    struct policy *v; /* (n) in the order of their stream; of plans, the best
                       * ranked first */
    size_t n, cap;
    struct arena arena;
};

void policies_free(struct policies *p);

/* Returns the policy for a network, trained as its summary says, borrowed, or
 * NULL.  Of results: the last of the same net and recipe, else the last of the
 * same net.  Of plans that fit: the first of the same net and recipe, else the
 * first of the same net, else the first. */
const struct policy *policies_find(const struct policies *p,
                                   const struct net *net,
                                   const struct summary *s);

/* Returns true when the policy was tuned on this very training. */
bool policy_is_of(const struct policy *p, const struct summary *s);

/* Set *found to the policy for a network (policies_find), with thresholds and
 * temperatures for the exits that it has; borrowed until policies_free.  A policy
 * of another training of the net is warned of, and so is a plan that stands
 * behind a better one which does not fit.  ERR_FORMAT when there is none, when it
 * is of a training that failed, when it has thresholds or temperatures for
 * another number of exits, and when its rule needs a confidence unit that an exit
 * has not got. */
int policies_choose(struct policies *p, const struct net *net,
                    const struct summary *s, const struct policy **found,
                    struct err *e) MUST_CHECK;

#endif
