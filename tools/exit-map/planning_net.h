/* SPDX-License-Identifier: MIT
 * What the files of this tool share: the network at hand. */
#ifndef PLANNING_NET_H
#define PLANNING_NET_H

#include "formats/halves.h"
#include "tools/exit-map/planning.h"

struct planning {
    struct reader *r;
    struct writer *w;
    const struct planning_opts *how;
    struct planning_outcome *outcome;
    struct arena arena; /* what is kept of the network at hand */
    struct summary summary;
    char *split, *dataset;
    const struct plan *settled; /* that it keeps to, borrowed, or NULL */
    struct net net;             /* with places where that one divides it */
    bool place[NET_MAX_EXITS];  /* (its exits) such a place: no exit */
    bool untraced;              /* its trace is due */
    struct halves_opts score;
    struct halves of; /* the samples, with a row for each exit and place */
    struct platform_model model;
    struct map_goal goal; /* with the unit of this network */
};

/* Set u->settled, and places in u->net, once the network has come. */
int settle_plan(struct planning *u, struct err *e) MUST_CHECK;

/* Find and write the plans of the network at hand, whose table is full. */
int put_plans(struct planning *u, struct err *e) MUST_CHECK;

/* Set *to to a plan with thresholds (exits - 1) and all that it takes and does on
 * the samples of a table; where processors change is as in `plan`, of which only
 * the segments are read.  Borrowed from the arena. */
void plan_fill(struct planning *u, const struct halt_table *t,
               const struct halt_rule *rule, const struct map_plan *plan,
               const double *thresholds, struct plan *to);

/* Note by how much a plan is beyond its limits and what the processors hold. */
void note_excess(const struct planning *u, const struct plan *p);

/* Choose thresholds for the mapping of `plan` that keep the limits of the
 * guarantee, set *thresholds (exits - 1), and p->guarantee once it is filled. */
struct certifying {
    struct proof proof;
    double thresholds[NET_MAX_EXITS];
};
void certify(struct planning *u, const struct halt_rule *rule,
             const struct map_plan *plan, struct certifying *x);
int certify_plan(struct planning *u, const struct certifying *x, struct plan *p,
                 struct err *e) MUST_CHECK;

#endif
