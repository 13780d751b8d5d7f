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
    struct input_map input; /* of its training set; unknown before 1.4 */
};

#endif
