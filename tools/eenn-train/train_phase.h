/* SPDX-License-Identifier: MIT
 * A stage of Algorithm 2 is a sequence of phases that train one engine with one
 * optimiser and one learning-rate schedule over all of them.  Each epoch
 * ends with a validation.  The engine ends with the weights that the recipe's
 * `keep` chooses from the last phase that ran. */
#ifndef TRAIN_PHASE_H
#define TRAIN_PHASE_H

#include "libcommon/nn/train/losses.h"
#include "tools/eenn-train/train_net.h"

struct train_phase {
    const char *name; /* for the log, a string literal */
    uint64_t epochs;
    double weight[LOSS_COUNT]; /* of the terms */
};

struct stage {
    const struct train_job *job;
    const struct net *net; /* as it is trained here */
    size_t exits;          /* of the whole net */
    uint64_t seed;
    struct engine *g;        /* with the weights to start from */
    bool backbone;           /* the stage is that of the backbone alone */
    bool independent;        /* the early exits are branches
                              * (train_branches.h) */
    bool keep_features;      /* of its frozen backbone */
    struct trained_net *out; /* the log grows; reason is set when training
                                 * diverged */
};

/* Run the phases in order; one without epochs is passed over.  ERR_SYS where
 * features fail.  When training diverges s->out->reason is set. */
int stage_run(const struct stage *s, const struct train_phase *phases, size_t n,
              struct err *e) MUST_CHECK;

#endif
