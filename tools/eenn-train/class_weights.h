/* SPDX-License-Identifier: MIT
 * Class weights: how much a sample of each class counts in the cross-entropies of
 * the loss (losses.h).  As text they are
 *     none        every class counts the same
 *     balanced    N / (K n_k) for the n_k of the N training samples that are of
 *                 class k of K, so that all classes count the same in sum; a class
 *                 without any has weight 1
 *     W,W,...     a number above 0 for each class, in the order of the classes
 *
 * Example (const struct split *train, double *weights, size_t classes,
 *          struct err *e):
 *     if (class_weights_check("balanced", e) < 0)
 *         return e->code;
 *     return class_weights_read("balanced", train, classes, weights, e);
 */
#ifndef TRAIN_CLASS_WEIGHTS_H
#define TRAIN_CLASS_WEIGHTS_H

#include "libcommon/base/buf.h"
#include "libcommon/nn/data/dataset.h"

/* Returns 0, or ERR_ARG for text that is none of these. */
int class_weights_check(const char *text, struct err *e) MUST_CHECK;

/* Append the one text of these weights; the text is one that class_weights_check
 * takes. */
void class_weights_text(const char *text, struct buf *out);

/* Set weights (classes), all of them 1 for "none".  The labels of `train` are
 * those trained on.  ERR_ARG where a list has not one number for each class. */
int class_weights_read(const char *text, const struct split *train,
                       size_t classes, double *weights,
                       struct err *e) MUST_CHECK;

#endif
