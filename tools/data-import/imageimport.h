/* SPDX-License-Identifier: MIT
 * The pictures of a list as the splits of a dataset. */
#ifndef DATA_IMPORT_IMAGEIMPORT_H
#define DATA_IMPORT_IMAGEIMPORT_H

#include "tools/data-import/imagelist.h"
#include "tools/data-import/import.h"

/* "224" or "128x96" (height first) to two numbers; ERR_ARG. */
int image_size_parse(const char *text, size_t *h, size_t *w,
                     struct err *e) MUST_CHECK;

/* Decode all pictures of the settled list into the splits of *d, and set its
 * shape.  Without o->size the first picture gives it and the others must have
 * it (ERR_FORMAT).  What cannot be decoded is ERR_FORMAT, or with
 * o->skip_corrupt named by a warning, the first 20 of them, and counted by a
 * last one.  Every class must have a training image in the end.  Memory is
 * that of the set and of one picture. */
int images_read(const struct import_opts *o, const struct imagelist *l,
                struct dataset *d, struct err *e) MUST_CHECK;

#endif
