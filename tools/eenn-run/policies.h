/* SPDX-License-Identifier: MIT
 * Policies are the thresholds in the results of --policy, looked up by the
 * network that a result is of. */
#ifndef POLICIES_H
#define POLICIES_H

#include "formats/io.h"
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

/* Read a result stream to its end.  ERR_FORMAT for a result without a net id or
 * with an unknown halting rule. */
int policies_read(struct reader *r, struct policies *p,
                  struct err *e) MUST_CHECK;
void policies_free(struct policies *p);

/* Returns the policy for a network: the last result of the same net and recipe,
 * else the last of the same net, else NULL. */
const struct policy *policies_find(const struct policies *p,
                                   const struct summary *s);

#endif
