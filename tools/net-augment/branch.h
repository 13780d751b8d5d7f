/* SPDX-License-Identifier: MIT
 * Branches: the heads of candidate exits.
 *
 * The final head is their blueprint.  What it does with a map (a mean, a pool, a
 * flatten) becomes an average pool to S x S pixels and a flatten; what it does
 * with the vector behind that (its linear layers with their norms and
 * activations) is built again, for the channels of the branch's own tap.  A final
 * head that is of another make gives branches with one linear layer.  Axes of a
 * map that are not longer than S are not pooled.  A branch has no confidence
 * unit.  Where it would cost too much, S is smaller, and where that is not
 * enough, it has the last layer of the blueprint alone.
 *
 * In their place branches can be a head of the table (space/heads.h), which pools
 * as in networks of a search (space/place.h): so that leaving early costs no more
 * than leaving later.
 *
 * The layers of the branch that taps TAP are exit.TAP.pool, exit.TAP.flatten,
 * exit.TAP.hidden1 .. where the blueprint has such layers, and
 * exit.TAP.classifier; a layer that would do nothing is not there. */
#ifndef NET_AUGMENT_BRANCH_H
#define NET_AUGMENT_BRANCH_H

#include "libcommon/nn/graph/netbuild.h"
#include "libcommon/space/heads.h"

struct branch_opts {
    struct head_choice head; /* its head NULL = by the blueprint */
    int64_t side;            /* S at the most */
    double most; /* MACs of a branch by the blueprint at the most, as a share of
                  * the backbone's */
};

/* The form of one branch. */
struct branch_form {
    size_t layer; /* that it taps, of the base */
    int64_t macs; /* true ones */
    /* by the blueprint */
    int64_t size; /* S */
    bool plain;   /* the last layer of the blueprint alone */
    /* with a head of the table */
    struct head_window pool;
    bool violation; /* it costs more than the next exit */
};

/* Set the forms of branches (n) of base, whose layers are given, in order.  By the
 * blueprint, size is the largest S with which a branch keeps to o->most, without
 * the blueprint's hidden layers where it does not with any S, else the cheapest
 * there is. */
void branch_forms(struct branch_form *v, size_t n, const struct net *base,
                  const struct branch_opts *o);

/* Append a branch of that form and its exit, whose stage is given, to a net that
 * is built of base.  `from` is the tap in it, `name` the tap's name. */
void branch_build(struct net_builder *b, const struct net *base,
                  const struct branch_opts *o, const struct branch_form *form,
                  int64_t from, const char *name, int64_t stage);

#endif
