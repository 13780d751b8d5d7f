/* SPDX-License-Identifier: MIT
 * Converts MessagePack to JSON text.  Reals are printed with as few digits as
 * give the same bits when read, and always with a point or an exponent, so that
 * a reader can tell them from integers. */
#ifndef IO_JSONOUT_H
#define IO_JSONOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/base/buf.h"

struct jsonout_opts {
    bool values;       /* typed arrays as numbers instead of base64 */
    size_t max_values; /* of each, 0 = all */
};

/* Append one object, a map that a stream reader has accepted, as JSON. */
void jsonout_object(struct buf *out, const void *bytes, size_t n,
                    const struct jsonout_opts *o);

#endif
