/* SPDX-License-Identifier: MIT
 * Everything measured, from result streams. */
#ifndef FORMATS_ARCHIVE_H
#define FORMATS_ARCHIVE_H

#include "formats/io.h"
#include "libcommon/search/archive.h"

/* Read all of r (result streams) into *a, to the clean end. */
int archive_read(struct archive *a, struct reader *r,
                 struct err *e) MUST_CHECK;

#endif
