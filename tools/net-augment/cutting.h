/* SPDX-License-Identifier: MIT
 * The exits of a plan are cut out of the network with every candidate: the other
 * exits go, with all that a trained stream says of them. */
#ifndef NET_AUGMENT_CUTTING_H
#define NET_AUGMENT_CUTTING_H

#include "libcommon/nn/exits/trace.h"
#include "libcommon/nn/exits/trained.h"
#include "libcommon/nn/run/policies.h"

struct cut {
    size_t exits;             /* that the network had */
    bool keep[NET_MAX_EXITS]; /* (exits), the final one true */
};

/* Set *c to the exits of the plan that is for the network (policies_find), which
 * was trained as its summary says.  ERR_FORMAT when no plan is. */
int cut_choose(struct cut *c, struct policies *plans, const struct net *net,
               const struct summary *s, struct err *e) MUST_CHECK;

/* Set *to to the network with these exits alone; arrays are in the arena, strings
 * and bindings borrowed from `from`.  One that loses exits is no design of a space
 * any more.  ERR_FORMAT as net_check says. */
int cut_net(struct net *to, const struct cut *c, const struct net *from,
            struct arena *a, struct err *e) MUST_CHECK;

/* Take what was said of exits that went out of log and branches, in place. */
void cut_trained(struct trained *t, const struct cut *c);

/* Returns the number that exit i has now, -1: it went. */
int64_t cut_exit(const struct cut *c, int64_t i);

#endif
