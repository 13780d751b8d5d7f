/* SPDX-License-Identifier: MIT
 * The map `input` of trained and weights streams: what a network is to be fed
 * with (libcommon/nn/data/input.h). */
#ifndef FORMATS_INPUT_H
#define FORMATS_INPUT_H

#include "formats/schema.h"
#include "libcommon/nn/data/input.h"

extern const struct schema schema_input; /* struct input_map */

/* Fields that a dataset record has, too. */
#define INPUT_RESIZE_DOC \
    "cover: pictures were scaled to the smallest size that covers the shape"
#define INPUT_CROP_DOC \
    "centre: of pictures larger than the shape, the middle was kept"

#endif
