/* SPDX-License-Identifier: MIT
 * The candidate exits of a network: its positions, each with a branch that is
 * sized, and why some of them are not taken.
 *
 * Example (const struct net *net, const struct candidate_opts *o,
 *          struct arena *arena, struct net *out, struct err *e):
 *     struct candidates c;
 *
 *     if (candidates_find(&c, net, o, arena, e) < 0)
 *         return e->code;
 *     c.v[0].dropped = "there is no room for it";
 *     return candidates_net(&c, arena, out, e);   // with all of the others
 */
#ifndef NET_AUGMENT_CANDIDATES_H
#define NET_AUGMENT_CANDIDATES_H

#include "tools/net-augment/branch.h"

struct candidate_opts {
    struct branch_opts branch;
    size_t first;          /* positions before this one are skipped */
    const struct strs *at; /* only layers of these names; n = 0: all */
};

struct candidate {
    struct branch_form branch;
    int64_t macs; /* true ones of the backbone up to it */
    /* On a platform (fitting.h): the least time in which the network can be
     * through where this exit is on; bytes of activations and of weights of all up
     * to it, its branch included. */
    double latency;
    int64_t memory, storage;
    const char *dropped; /* why it is not taken, NULL = it is */
};

struct candidates {
    const char *id;              /* of the network that came */
    struct net base;             /* it without early exits, no id */
    struct candidate *v;         /* (n), a position each, in order */
    size_t n, removed;           /* removed: early exits that the network had */
    const struct branch_opts *o; /* borrowed */
};

/* Find the candidates of a network.  All is in the arena or borrowed from net
 * and o.  Returns 0, or ERR_FORMAT when o->at names no position, or a name is too
 * long for branches to be named by it. */
int candidates_find(struct candidates *c, const struct net *net,
                    const struct candidate_opts *o, struct arena *a,
                    struct err *e) MUST_CHECK;

/* Returns how many are taken. */
size_t candidates_taken(const struct candidates *c);

/* Build the network with the exits that are taken: layers and tensors of the base
 * keep their names.  Arrays are in the arena, strings and bindings borrowed from
 * the base.  ERR_FORMAT when it is too large. */
int candidates_net(const struct candidates *c, struct arena *a, struct net *out,
                   struct err *e) MUST_CHECK;

#endif
