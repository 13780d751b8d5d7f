/* SPDX-License-Identifier: MIT
 * The images of a run: a part of the training split, and whether a network
 * fits them. */
#ifndef TRAIN_DATA_H
#define TRAIN_DATA_H

#include "libcommon/base/err.h"
#include "libcommon/nn/dataset.h"
#include "libcommon/nn/net.h"

/* Keep `want` images of the training split, each class its share, and give the
 * others back; 0 = all stay.  ERR_ARG when there are fewer. */
int data_keep_part(struct dataset *d, uint64_t want, uint64_t seed,
                   struct err *e) MUST_CHECK;

/* Image shape and number of classes: ERR_FORMAT naming both sides. */
int data_check_fit(const struct dataset *d, const struct net *n,
                   struct err *e) MUST_CHECK;

#endif
