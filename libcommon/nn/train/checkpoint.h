/* SPDX-License-Identifier: MIT
 * A checkpoint is what a trainer needs to go on with after it was killed: how
 * far training had come, copies of the tensors, and the networks that were
 * finished before (formats/checkpoint.h). */
#ifndef NN_TRAIN_CHECKPOINT_H
#define NN_TRAIN_CHECKPOINT_H

#include "libcommon/base/values.h"

/* The record `checkpoint` comes once, first. */
struct checkpoint_head {
    const char *tool; /* the trainer */
    const char *key;  /* hash of all that decides what it computes */
    int64_t finished; /* networks that are finished */
    int64_t logged;   /* bytes of its --log that are about epochs in here */
};

/* How far an early exit had come that is trained independently of the others. */
struct branch_state {
    int status;           /* enum branch_status (nn/exits/trained.h) */
    int64_t epochs;       /* that it was trained for */
    int64_t waited;       /* of them, those since its last improvement */
    int64_t best_epoch;   /* whose weights the copy `best` has, NIL_INT = those
                         * that it started with */
    double best_loss;     /* its validation loss then, NAN = there is none */
    double best_accuracy; /* its accuracy; balanced with --keep=best-balanced */
};

/* The record `training` says how far the training of one network had come. */
struct training_state {
    const char *net;      /* hash of its record in the input */
    const char *phase;    /* the phase that was running */
    int64_t done;         /* epochs of the phase that are over */
    int64_t waited;       /* of them, those since the last improvement */
    int64_t best_epoch;   /* whose weights are the copy `best`, or NIL_INT */
    double best_loss;     /* its validation loss, NAN = there is none */
    double best_final;    /* its accuracy at the final exit; balanced with
                         * --keep=best-balanced */
    struct list log;      /* struct trained_epoch */
    struct list branches; /* struct branch_state of each early exit; empty =
                           * they are not independent, and best_epoch, best_loss
                           * and best_final, which there are none of else, are
                           * the network's */
};

/* The record `copy` begins a copy of a network's tensors: as they are now, with
 * the optimiser's momentum; those of the best epoch; the teacher's; their moving
 * average. */
enum tensor_copy {
    COPY_NOW,
    COPY_BEST,
    COPY_TEACHER,
    COPY_AVERAGE,
    COPY_COUNT
};
extern const char *const tensor_copy_names[]; /* "now" "best" .. NULL */

struct copy_head {
    int which; /* enum tensor_copy */
};

/* The record `finished` stands before the records of a finished network. */
struct finished_head {
    const char *net; /* hash of its record in the input */
    int64_t logged;  /* bytes of --log up to the end of its epochs */
};

#endif
