/* SPDX-License-Identifier: MIT
 * What the files of this tool share: the network at hand, and how its results
 * are written. */
#ifndef NETTUNING_H
#define NETTUNING_H

#include "libcommon/nn/policy/guarantee.h"
#include "tools/thresh-tune/tuning.h"

struct tuning {
    struct reader *r;
    struct writer *w;
    const struct tuning_opts *how;
    /* Copies of those of `how`; --curve moves the limit on the cost in both. */
    struct tune_opts tune;
    struct limits limits;
    bool remarked;      /* a warning of the split has been given */
    bool given_up;      /* one of the exact search, for the network at hand */
    size_t broken;      /* results of the network at hand that break a limit */
    struct arena arena; /* what is kept of the head of the network at hand */
    struct summary summary;
    char *split, *dataset;
    char untraced[HASH_HEX]; /* id of the network whose trace is due, or "" */
    int32_t *labels;         /* (samples), or NULL: they are not asked for */
    double temperature[NET_MAX_EXITS];
    struct halt_table table;  /* of all samples, or of the half that chooses */
    struct halt_table second; /* of the half that tests; samples = 0: none */
    uint32_t *order;          /* (samples) the first half, then the second */
    struct tuning_outcome *outcome;
};

/* Set *x to a result of the network at hand without metrics. */
void result_begin(struct result *x, const struct tuning *u,
                  const struct summary *s);

/* Set the metrics of an ok result to those of a policy on the samples of a table
 * of the network, and judge them by u->limits.  Its metrics are set, too. */
int result_measure(struct result *x, struct tuning *u,
                   const struct halt_table *t, struct tuned *policy,
                   struct err *e) MUST_CHECK;

/* Note a warning about the network at hand; the text is consumed. */
void note(const struct tuning *u, char *text);

/* Note which limits the result does not meet, and what was reached. */
void note_unmet(const struct tuning *u, const struct result *x);

/* Write the results of the network at hand: one, one for each limit of the curve,
 * one with a guarantee. */
int put_tuned(struct tuning *u, struct err *e) MUST_CHECK;
int put_curve(struct tuning *u, struct err *e) MUST_CHECK;
int put_certified(struct tuning *u, struct err *e) MUST_CHECK;

#endif
