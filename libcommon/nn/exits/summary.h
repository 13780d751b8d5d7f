/* SPDX-License-Identifier: MIT
 * What every stream after the net carries along, so that a filter finds all
 * that it needs in its input stream. */
#ifndef NN_EXITS_SUMMARY_H
#define NN_EXITS_SUMMARY_H

#include "libcommon/nn/graph/net.h"

struct summary {
    char *arch;  /* arch id, NULL where there is no arch */
    char *space; /* spec, or NULL */
    struct ints genome;
    char *net;    /* net id, NULL for results from elsewhere */
    char *recipe; /* hash of training parameters and seed, or NULL */
    struct origin origin;
    struct ints gamma; /* (exits) sequential cost of leaving at each */
    struct ints gamma_paper;
    struct ints prefix; /* (exits) backbone MACs up to each tap */
    struct ints head;   /* (exits) MACs of each head: with `prefix`, what
                             * gamma becomes when exits are switched off */
    int64_t params;     /* NIL_INT = unknown */
    int64_t peak_bytes;
};

/* Set *s from a net and its recipe id (or NULL), with copies in the arena. */
void summary_of_net(struct summary *s, const struct net *n, const char *recipe,
                    struct arena *a);
void summary_copy(struct summary *to, const struct summary *from,
                  struct arena *a);

#endif
