/* SPDX-License-Identifier: MIT
 * What a training has come to when an epoch ends, and its way into a checkpoint
 * and back.  The trace is not part of it: the weights of the best epoch give it
 * again, to the last bit. */
#ifndef TRAIN_STATE_H
#define TRAIN_STATE_H

#include "formats/checkpoint_file.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/train/optimiser.h"

struct trained_net;

struct train_state {
    const char *net;   /* hash of the network's record, borrowed */
    const char *phase; /* a string literal */
    uint64_t done;     /* epochs of the phase that are over */
    uint64_t waited;   /* the last of them, without an improvement */
    double best_loss;  /* of the best epoch; INFINITY = none yet */
    double best_final; /* accuracy of its final exit, balanced where epochs
                        * are compared by that */
    float *best;       /* (params_total) its weights */
    float *average;    /* (params_total) of --ema, or NULL */
    struct engine *g;
    struct sgd *sgd;
    struct trained_net *out; /* log and best epoch */
};

/* Put the records of a state, `training` and its copies; ctx is a struct
 * train_state (this is a checkpoint_put_fn). */
int train_state_put(void *ctx, struct writer *w, struct err *e) MUST_CHECK;

/* Set everything but net, phase, g and sgd to what a checkpoint holds, and fill the
 * engine, the optimiser, `best`, `average` where it is not NULL, and the branches
 * that s->out has.  exits is that of the whole net.  ERR_FORMAT when it is not of
 * such a network; what s->out has by then must be freed. */
int train_state_take(struct train_state *s, const struct checkpoint_state *from,
                     size_t exits, struct err *e) MUST_CHECK;

#endif
