/* SPDX-License-Identifier: MIT
 * Pictures of any size become images of one size. */
#ifndef DATA_IMPORT_RESIZE_H
#define DATA_IMPORT_RESIZE_H

#include "tools/data-import/picture.h"

/* Scale the picture so that it just covers h x w, and copy the middle of it to
 * `to` (h, w, 3).  The filter is a triangle two target pixels wide when the
 * picture shrinks (against aliasing), bilinear when it grows; it is computed in
 * float and rounded once.  A picture of this size already is copied. */
void picture_fit(const struct picture *p, size_t h, size_t w, uint8_t *to);

/* Convert (n, 3) to (n, 1), in place: the grey of ITU-R BT.601. */
void pixels_to_grey(uint8_t *pixels, size_t n);

#endif
