/* SPDX-License-Identifier: MIT
 * The map `input` of trained and weights streams: what a network is to be fed
 * with (libcommon/nn/data/input.h); and that of dataset streams, which says what
 * samples are made of and leaves the rest to other keys. */
#ifndef FORMATS_INPUT_H
#define FORMATS_INPUT_H

#include "formats/schema.h"
#include "libcommon/nn/data/input.h"

extern const struct schema schema_input;  /* struct input_map */
extern const struct schema schema_source; /* struct input_source */

/* Returns 0 when there is a mean and a deviation for each channel of samples
 * (h, w, c) from the source, or for each (w, c) of features; those of pixels are
 * within 0..1; and sounds and signals have the shape that the source says.  Else
 * ERR_FORMAT. */
int moments_check(const struct input_source *source, const int64_t shape[3],
                  const struct reals *mean, const struct reals *std,
                  struct err *e) MUST_CHECK;

/* Fields that a dataset record has, too. */
#define INPUT_MEAN_RANGE .min = -1e30, .max = 1e30
#define INPUT_STD_RANGE .min = 1e-30, .max = 1e30
#define INPUT_RESIZE_DOC \
    "cover: pictures were scaled to the smallest size that covers the shape"
#define INPUT_CROP_DOC \
    "centre: of pictures larger than the shape, the middle was kept"

#endif
