/* SPDX-License-Identifier: MIT
 * The branches of a network whose early exits are trained independently
 * (ACC_INDEPENDENT) on a frozen backbone.  Each is judged by its own validation
 * loss or accuracy, has its own best epoch and its own early stopping, and stops
 * learning for reasons of its own, so that it comes out as if it were alone.
 *
 * A branch that has stopped rests (engine_rest) with its best weights; the
 * others go on.
 *
 * Example (struct train_state *s, const struct recipe *r, const double *loss,
 *          const double *score, const struct hope *hope):
 *     branches_begin(s);
 *     while (branches_learning(s) > 0) {
 *         // an epoch of all that learn, then, for s->done of 1 and more:
 *         s->done++;
 *         branches_judge(s, r, s->done - 1, loss, score, hope);
 *     }
 *     branches_wake(s);       // all of them have their best weights
 */
#ifndef TRAIN_BRANCHES_H
#define TRAIN_BRANCHES_H

#include "tools/eenn-train/train_net.h"

/* Make the branches of s->out, which are the early exits of the engine's net,
 * each with the weights it has now as the best so far; s->best has them. */
void branches_begin(struct train_state *s);

/* Return how many branches learn. */
size_t branches_learning(const struct train_state *s);

/* Let a branch that learns stop, for a reason (enum branch_status). */
void branch_stop(struct train_state *s, size_t i, int status);

/* Let those branches rest that have stopped: after a checkpoint was read. */
void branches_rest(struct train_state *s);

/* Scale the gradients of each branch that learns so that their L2 norm is at
 * most `most`. */
void branches_clip(struct train_state *s, double most);

/* What --drop-hopeless looks at. */
struct hope {
    const struct net_trace *trace; /* of the validation split */
    const int32_t *labels;         /* (samples) */
    size_t samples, classes;
};

/* Judge each branch that learns by its validation loss and score, accuracy or
 * balanced accuracy, after an epoch: keep its weights where it is its best, and
 * stop it where it has diverged, where its patience has run out and, after the
 * first epoch, where it is hopeless (hopeless.h).  What is stopped is said. */
void branches_judge(struct train_state *s, const struct recipe *r,
                    int64_t epoch, const double *loss, const double *score,
                    const struct hope *hope);

/* Print, as information, how many branches came to which end. */
void branches_summary(const struct net *net, const struct trained_net *t);

/* Give the engine all branches' best weights, and let no branch rest. */
void branches_wake(struct train_state *s);

#endif
