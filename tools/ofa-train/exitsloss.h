/* SPDX-License-Identifier: MIT
 * The loss of a sub-network whose early exits are trained with it:
 *     L = L_final + heads * sum_{i < B} CE(f_i)
 * L_final is the loss of the final exit, as of a sub-network without early exits:
 * the cross-entropy against the labels and, in a phase with distillation, the
 * term against the teacher.  CE(f_i) is the cross-entropy of early exit i
 * against the labels, smoothed as the final one.  It is the sum over the exits,
 * as in Eq. 3, and not their mean: so the gradient that a head gets, and with it
 * what it learns at a learning rate, does not depend on how many exits there
 * are.  The gradients go on into the backbone.  Confidence units are not
 * trained; which samples leave where is learnt by single networks later. */
#ifndef EXITSLOSS_H
#define EXITSLOSS_H

#include "libcommon/nn/train/losses.h"

/* Weights and labels of both are the caller's; a net with the final exit alone
 * has the loss of `final` to the bit. */
struct exits_loss {
    struct losses final; /* of the final exit */
    struct losses early; /* of an early exit: LOSS_FINAL, weight `heads` */
};

/* This is the engine's loss callback; ctx is a struct exits_loss. */
double exits_loss_batch(void *ctx, const struct engine_outputs *o);

#endif
