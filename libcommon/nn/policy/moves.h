/* SPDX-License-Identifier: MIT
 * What each choice at one exit comes to while all other exits keep theirs.
 *
 * One pass over the samples that come to the exit counts them by their code
 * there and by the mark of where they leave if they pass it.  All sums follow
 * from these counts: choice c lets the bins above c leave, and the others pass.
 *
 * Descents from many starts ask for the same moves again and again, so answers
 * are remembered: the choice of the exit itself is no part of the question. */
#ifndef NN_POLICY_MOVES_H
#define NN_POLICY_MOVES_H

#include "libcommon/nn/policy/tunespace.h"

struct moves {
    struct tunespace *s;
    size_t choices;    /* values + 1, the last is off */
    size_t rows;       /* of sums: right, each cost, and where classes are
                        * limited the balanced accuracy and the smallest recall */
    uint32_t *count;   /* (2 choices, 2 exits) by code and mark */
    int16_t *passed;   /* (padded) marks of samples that pass the exit */
    int16_t *skipped;  /* (padded) the same where it is off; chained rules */
    int16_t *before;   /* (padded) marks of samples among the exits before */
    uint32_t *order;   /* (samples) those first that come furthest */
    uint32_t *classes; /* (2 choices + 2, classes) right answers by bin */
    /* The question that these arrays are for: passed are the marks behind exit
     * passed_from - 1, order that of the exits before order_to. */
    uint16_t passed_at[NET_MAX_EXITS], order_at[NET_MAX_EXITS];
    size_t passed_from, order_to;
    bool ordered;                     /* there is an order */
    size_t come[NET_MAX_EXITS];       /* samples that come to each exit up to
                                       * order_to */
    uint32_t left[2 * NET_MAX_EXITS]; /* samples by mark among those before */
    struct moves_answer {
        uint16_t *at; /* (early + 1) choices, 0 for the exit asked about, which
                       * is the last entry; NULL = no answer */
        double *sum;  /* (rows, choices) */
    } * answer;       /* (answers) by the hash of the question */
    size_t answers;
};

void moves_init(struct moves *m, struct tunespace *s);
void moves_fini(struct moves *m);

/* Returns the sums over all samples for each choice at exit i, (rows, choices);
 * borrowed until the next call. */
const double *moves_at(struct moves *m, const uint16_t *choice, size_t i);

/* Returns the figures of choice c from these sums. */
struct figures moves_figures(const struct moves *m, const double *sum,
                             size_t c);

#endif
