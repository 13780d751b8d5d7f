/* SPDX-License-Identifier: MIT
 * A weights stream says, beside its tensors (nn/graph/tensors.h), which net or
 * supernet they belong to, and how a supernet was trained. */
#ifndef NN_TRAIN_WEIGHTS_H
#define NN_TRAIN_WEIGHTS_H

#include "libcommon/base/arena.h"
#include "libcommon/base/values.h"
#include "libcommon/nn/data/input.h"

#define SUPERNET_MAX_EPOCHS 13000 /* whose log has room in a record */

/* Describes one epoch of a supernet's training. */
struct supernet_epoch {
    const char *phase; /* its name in the schedule */
    int64_t epoch;     /* from 0 over all phases */
    double lr;         /* at its first step */
    double loss;       /* mean over its steps; a step's is the mean of its
                             * sub-networks */
};

/* The record `weights` comes once, first in a weights stream. */
struct weights_info {
    const char *space;      /* spec of the supernet, or NULL */
    const char *net;        /* net id when they are one net's, or NULL */
    const char *recipe;     /* hash of the training recipe, or NULL */
    int64_t epoch;          /* epochs trained so far, NIL_INT = unknown */
    struct list log;        /* struct supernet_epoch, one for each epoch; n = 0
                             * for weights not by ofa-train */
    struct input_map input; /* of the training set, or unknown */
};

/* The record `subnet`, which follows `weights`, says how good one sub-network
 * of a supernet was on the validation split when a phase ended. */
struct subnet {
    const char *phase;
    int64_t epoch;          /* epochs trained by then */
    const char *which;      /* "smallest" "largest" "random" */
    struct ints genome;     /* of the supernet's space */
    int64_t macs;           /* backbone and final exit */
    double accuracy;        /* of the final exit, batch norms re-calibrated */
    double accuracy_as_cut; /* with the supernet's running statistics */
    struct reals exits;     /* accuracies of the early exits, as `accuracy`;
                             * n = 0: it had none */
};

/* Holds the log of a supernet's epochs and the table of its sub-networks.  A
 * zeroed struct is empty; what is added is copied (owned, history_free). */
struct supernet_history {
    struct arena arena;
    struct supernet_epoch *log; /* (epochs) */
    size_t epochs, cap_log;
    struct subnet *table; /* (rows) */
    size_t rows, cap_table;
};

void history_epoch(struct supernet_history *h,
                   const struct supernet_epoch *log);
void history_subnet(struct supernet_history *h, const struct subnet *row);
void history_free(struct supernet_history *h);

#endif
