/* SPDX-License-Identifier: MIT
 * Exit weights: how much each exit counts where it learns its classes, from labels
 * and from a teacher (losses.h).  As text they are
 *     none      every exit counts the same
 *     early     B, B - 1, .. 1 for the exits of a net with B of them
 *     late      1, 2, .. B
 *     W,..,F    numbers above 0: F is the final exit's, those before it are the
 *               early exits' in order; the last of these is that of all further
 *               ones, and surplus ones are not used
 * They are scaled to a mean of 1 over the exits of a net, so that only their
 * ratios matter.
 *
 * Example (size_t exits, void (*train)(const double *weights)):
 *     double *weights = exit_weights_new("2,1,1", exits);
 *
 *     train(weights);     // struct losses borrows them
 *     free(weights);
 */
#ifndef TRAIN_EXIT_WEIGHTS_H
#define TRAIN_EXIT_WEIGHTS_H

#include <stddef.h>
#include <stdlib.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

/* Returns 0, or ERR_ARG for text that is none of these. */
int exit_weights_check(const char *text, struct err *e) MUST_CHECK;

/* Append the one text of these weights; the text is one that exit_weights_check
 * takes. */
void exit_weights_text(const char *text, struct buf *out);

/* Return the weights (exits) of a text that exit_weights_check takes, owned
 * (free); NULL for "none" and for a text of NULL. */
double *exit_weights_new(const char *text, size_t exits);

#endif
