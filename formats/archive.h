/* SPDX-License-Identifier: MIT
 * Archives, everything that was measured, are read from result streams. */
#ifndef FORMATS_ARCHIVE_H
#define FORMATS_ARCHIVE_H

#include "formats/io.h"
#include "libcommon/search/archive.h"

/* Add every result of r, which reads result streams, to *a, up to the clean
 * end. */
int archive_read(struct archive *a, struct reader *r, struct err *e) MUST_CHECK;

#endif
