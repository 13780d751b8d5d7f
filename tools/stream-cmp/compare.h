/* SPDX-License-Identifier: MIT
 * Compares two records token by token. */
#ifndef STREAM_CMP_COMPARE_H
#define STREAM_CMP_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/base/buf.h"

/* Reals a, b are the same if |a - b| <= atol + rtol * max(|a|, |b|), or if both
 * are NaN.  Integers, strings and all else must be equal. */
struct compare_opts {
    double rtol, atol;
};

/* Returns true when the objects a and b are the same.  Else *where says at
 * which key and in what they differ: "key `ece[2]`: 0.5 is not 0.25". */
bool compare_objects(const void *a, size_t a_size, const void *b, size_t b_size,
                     const struct compare_opts *o, struct buf *where);

#endif
