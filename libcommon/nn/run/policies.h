/* SPDX-License-Identifier: MIT
 * Policies are the thresholds of results, looked up by the network that a result
 * is of; a result stream has them (formats/policies.h). */
#ifndef NN_RUN_POLICIES_H
#define NN_RUN_POLICIES_H

#include <stdbool.h>

#include "libcommon/base/arena.h"
#include "libcommon/base/err.h"
#include "libcommon/nn/exits/halting.h"

struct policy {
    char *net, *recipe;           /* recipe NULL = unknown */
    const struct halt_rule *rule; /* NULL: the result is a failed one */
    struct reals thresholds;      /* (exits - 1) */
    struct reals temperatures;    /* (exits), empty = all 1 */
};

struct policies {
    struct policy *v;
    size_t n, cap;
    struct arena arena;
};

void policies_free(struct policies *p);

/* Returns the policy for a network: the last result of the same net and recipe,
 * else the last of the same net, else NULL. */
const struct policy *policies_find(const struct policies *p,
                                   const struct summary *s);

/* Returns true when the policy was tuned on this very training. */
bool policy_is_of(const struct policy *p, const struct summary *s);

/* Set *found to the policy for a network (policies_find), which was trained as
 * its summary says.  A policy of another training of the net is warned of.
 * ERR_FORMAT when there is none, when it is of a training that failed, when it
 * has thresholds or temperatures for another number of exits, and when its rule
 * needs a confidence unit that an exit has not got. */
int policies_choose(const struct policies *p, const struct net *net,
                    const struct summary *s, const struct policy **found,
                    struct err *e) MUST_CHECK;

#endif
