/* SPDX-License-Identifier: MIT
 * A trained network: record `trained`, then its `net`, `trace`, `exit-trace`
 * and `tensor` records (the last may be left out), then the next network's.
 * A failed one is its `trained` record and its `net` alone. */
#ifndef NN_EXITS_TRAINED_H
#define NN_EXITS_TRAINED_H

#include "libcommon/nn/data/input.h"
#include "libcommon/nn/exits/summary.h"

enum trained_status { TRAINED_OK, TRAINED_FAILED };
extern const char *const trained_status_names[]; /* "ok" "failed" NULL */

/* One epoch of the log. */
struct trained_epoch {
    const char *phase; /* "backbone" "exits" "peak" */
    int64_t epoch;     /* from 0 over all phases */
    double lr;         /* at its first step */
    double loss, loss_acc, loss_conf, loss_cost, loss_peak, loss_distil;
    /* means over the training images; NAN where the
                             * phase has none */
    double val_loss; /* L_acc on the validation split, NAN = not run */
    struct reals val_accuracy; /* (exits) each exit on all samples */
    struct reals val_balanced; /* (exits) the mean of its recalls of the classes
                                * that there are; empty where it was not asked for */
    double images;             /* training images seen */
    struct list terms;         /* struct named_real: further terms of the loss,
                                * means like those above */
};

/* How the training of an early exit ended that was independent of the others: it
 * ran to its end, or was stopped early, by --patience, because no threshold made
 * the exit useful (--drop-hopeless), or because it diverged. */
enum branch_status {
    BRANCH_TRAINED,
    BRANCH_STOPPED,
    BRANCH_HOPELESS,
    BRANCH_DIVERGED
};
extern const char
    *const branch_status_names[]; /* "trained" "stopped" .. NULL */

struct trained_branch {
    int status;         /* enum branch_status */
    int64_t epochs;     /* that it was trained for */
    int64_t best_epoch; /* whose weights it has, NIL_INT = those that it started
                         * with */
};

struct trained {
    struct summary summary; /* with recipe id */
    int status;             /* enum trained_status */
    char *reason;           /* "loss is not finite in epoch 3", or NULL */
    char *dataset;          /* its name */
    int64_t seed;           /* the candidate's own */
    struct list recipe;     /* struct named_text: the training parameters,
                             * by the names of their options */
    struct list log;        /* struct trained_epoch */
    int64_t best_epoch;     /* whose weights these are, or NIL_INT */
    struct list branches;   /* struct trained_branch of each early exit where
                             * they were trained independently, else empty */
    struct input_map input; /* of its training set; unknown before 1.4 */
};

#endif
