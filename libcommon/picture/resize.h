/* SPDX-License-Identifier: MIT
 * Pictures of any size become images of one size. */
#ifndef PICTURE_RESIZE_H
#define PICTURE_RESIZE_H

#include "libcommon/picture/picture.h"

/* Make an image of h x w and 1 or 3 channels of a picture: scale the picture so
 * that it just covers h x w, copy the middle of it to `to` (h, w, channels) and,
 * for 1 channel, take its grey levels (ITU-R BT.601).  The filter is a triangle
 * two target pixels wide when the picture shrinks (against aliasing), bilinear
 * when it grows; it is computed in float and rounded once.  A picture of this
 * size already is copied. */
void picture_fit(const struct picture *p, size_t h, size_t w, size_t channels,
                 uint8_t *to);

#endif
