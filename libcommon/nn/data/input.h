/* SPDX-License-Identifier: MIT
 * An input_spec says what a network is fed with: the shape of a sample, how its
 * numbers are normalised, and how many classes there are.  Batches (batch.h),
 * evaluation and inference need no more of a data set than this and a split.
 *
 * A stored sample is an item of input_item_bytes(): h * w pixels of c uint8
 * channels each.  batch.c alone turns items into reals. */
#ifndef NN_DATA_INPUT_H
#define NN_DATA_INPUT_H

#include <stddef.h>

#include "libcommon/base/err.h"
#include "libcommon/nn/graph/net.h"

struct input_spec {
    size_t h, w, c;
    double *mean, *std; /* (c) of pixels scaled to 0..1; whoever declares
                             * the struct says who owns them */
    size_t classes;
};

size_t input_count(const struct input_spec *in);      /* numbers: h * w * c */
size_t input_item_bytes(const struct input_spec *in); /* of a stored sample */

/* Returns 0 when the net takes samples of this shape and has as many classes as
 * the input.  Else ERR_FORMAT names the shapes and classes of both sides, the
 * data set by `name`. */
int input_check_net(const struct input_spec *in, const char *name,
                    const struct net *n, struct err *e) MUST_CHECK;

#endif
