/* SPDX-License-Identifier: MIT
 * The thresholds of --policy: results, looked up by the network they are of. */
#ifndef POLICIES_H
#define POLICIES_H

#include "formats/io.h"
#include "libcommon/nn/exits/halting.h"

struct policy {
    char *net, *recipe;             /* recipe NULL = unknown */
    const struct halt_rule *rule;   /* NULL: the result is a failed one */
    struct reals thresholds;        /* (exits - 1) */
    struct reals temperatures;      /* (exits), empty = all 1 */
};

struct policies {
    struct policy *v;
    size_t n, cap;
    struct arena arena;
};

/* Read a result stream to its end.  ERR_FORMAT for a result that says nothing
 * of a network or has a rule unknown here. */
int policies_read(struct reader *r, struct policies *p,
                  struct err *e) MUST_CHECK;
void policies_free(struct policies *p);

/* The policy for a network: the last result of the same net and recipe, else
 * the last of the same net; NULL when there is none. */
const struct policy *policies_find(const struct policies *p,
                                   const struct summary *s);

#endif
