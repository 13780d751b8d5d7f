/* SPDX-License-Identifier: MIT
 * The pictures of a list become the splits of a data set. */
#ifndef DATA_IMPORT_IMAGEIMPORT_H
#define DATA_IMPORT_IMAGEIMPORT_H

#include "tools/data-import/imagelist.h"
#include "tools/data-import/import.h"

/* Read "224" or "128x96" (height first) as two numbers.  ERR_ARG for other
 * text. */
int image_size_parse(const char *text, size_t *h, size_t *w,
                     struct err *e) MUST_CHECK;

/* Decode all pictures of the settled list into the splits of *d, with their
 * names, and set its shape: that of o->size, or else of the first picture, which
 * the others must share (ERR_FORMAT).  With CHANNELS_AUTO it has one channel when
 * all pictures are grey.  A picture that cannot be decoded is ERR_FORMAT; with
 * o->skip_corrupt it is left out, the first 20 are named by warnings, and a
 * last warning says how many they are.  Every class must have a training image
 * in the end (ERR_FORMAT).  Memory is that of the set and of one picture. */
int images_read(const struct import_opts *o, const struct imagelist *l,
                struct dataset *d, struct err *e) MUST_CHECK;

#endif
