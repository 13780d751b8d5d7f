/* SPDX-License-Identifier: MIT
 * What the files of this tool share: the network at hand, and how its results
 * are written. */
#ifndef NETTUNING_H
#define NETTUNING_H

#include "formats/halves.h"
#include "libcommon/nn/policy/guarantee.h"
#include "tools/thresh-tune/tuning.h"

struct tuning {
    struct reader *r;
    struct writer *w;
    const struct tuning_opts *how;
    /* Copies of those of `how`; --curve moves the limit on the cost in both. */
    struct tune_opts tune;
    struct limits limits;
    bool given_up;      /* one of the exact search, for the network at hand */
    size_t broken;      /* results of the network at hand that break a limit */
    struct arena arena; /* what is kept of the head of the network at hand */
    struct summary summary;
    char *split, *dataset;
    char untraced[HASH_HEX]; /* id of the network whose trace is due, or "" */
    struct halves_opts score;
    struct halves of; /* the samples */
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

/* Returns the id of the network at hand, for messages. */
const char *tuning_net(const struct tuning *u);

/* Note which limits the result does not meet, and what was reached. */
void note_limits(const struct tuning *u, const struct result *x);

/* Write the results of the network at hand: one, one for each limit of the curve,
 * one with a guarantee. */
int put_tuned(struct tuning *u, struct err *e) MUST_CHECK;
int put_curve(struct tuning *u, struct err *e) MUST_CHECK;
int put_certified(struct tuning *u, struct err *e) MUST_CHECK;

#endif
