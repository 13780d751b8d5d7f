/* SPDX-License-Identifier: MIT
 * The map `input` of trained and weights streams: what a network is to be fed
 * with (libcommon/nn/data/input.h). */
#ifndef FORMATS_INPUT_H
#define FORMATS_INPUT_H

#include "formats/schema.h"
#include "libcommon/nn/data/input.h"

extern const struct schema schema_input; /* struct input_map */

/* Returns 0 when there is a mean and a deviation for each channel, else
 * ERR_FORMAT. */
int moments_check(const struct reals *mean, const struct reals *std,
                  int64_t channels, struct err *e) MUST_CHECK;

/* Fields that a dataset record has, too. */
#define INPUT_RESIZE_DOC \
    "cover: pictures were scaled to the smallest size that covers the shape"
#define INPUT_CROP_DOC \
    "centre: of pictures larger than the shape, the middle was kept"

#endif
