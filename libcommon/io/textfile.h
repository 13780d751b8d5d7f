/* SPDX-License-Identifier: MIT
 * Small text files are read whole: gene tables, schedules, recipes, lists. */
#ifndef IO_TEXTFILE_H
#define IO_TEXTFILE_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

/* Append the file's text to *to ("-" = stdin).  ERR_SYS when it cannot be read,
 * ERR_FORMAT when it has more than `most` bytes; both name it. */
int text_read(const char *path, size_t most, struct buf *to,
              struct err *e) MUST_CHECK;

#endif
