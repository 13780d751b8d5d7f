/* SPDX-License-Identifier: MIT
 * A file of somebody else's is read whole, to be decoded in memory. */
#ifndef IO_FILELOAD_H
#define IO_FILELOAD_H

#include <stdint.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

/* Read a regular file into *out, which is cleared first.  ERR_FORMAT for a file
 * that is not regular, is empty, has more than `most` bytes or changes
 * meanwhile; else ERR_SYS.  The text of an error begins with the path. */
int file_load(const char *path, uint64_t most, struct buf *out,
              struct err *e) MUST_CHECK;

#endif
