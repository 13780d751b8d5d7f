/* SPDX-License-Identifier: MIT
 * Where a model's network begins.
 *
 * What an ONNX input's axes mean is not said anywhere; what reads it says so: the
 * input of a convolution is (batch, channels, height, width).  Between the two
 * there may be nodes that transpose or reshape it (models that come from
 * TensorFlow begin so) and arithmetic that normalises it.  The network's samples
 * are maps of height, width and channels in any case; of a signal (batch,
 * channels, length) the height is the length and the width is 1. */
#ifndef NET_IMPORT_GRAPHINPUT_H
#define NET_IMPORT_GRAPHINPUT_H

#include "tools/net-import/lower.h"

/* What there is to know of the input. */
struct graph_input {
    const char *name;
    int64_t size[3]; /* height, width, channels */
    bool bytes;      /* it takes whole numbers 0..255 */
};

/* Find the input, its axes and its sizes, those that the model leaves open from
 * `size` (height, width, channels; 0 = not given): start the steps with the image,
 * and set the value at which the network begins.  Returns 0, or ERR_FORMAT after
 * what stands against it has been refused. */
int graph_input(struct lowering *l, const int64_t size[3],
                struct graph_input *in);

#endif
