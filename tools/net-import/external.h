/* SPDX-License-Identifier: MIT
 * Tensors of an ONNX model whose bytes stand in a file beside it.  Where that
 * file is says the model, which nobody has to trust: it is opened only where it
 * is an ordinary file in the model's folder or below, reached through no link. */
#ifndef NET_IMPORT_EXTERNAL_H
#define NET_IMPORT_EXTERNAL_H

#include <stddef.h>

#include "libcommon/base/err.h"

/* What the entries external_data of a tensor say; NULL where one is missing. */
struct external {
    const char *location;        /* path, relative to the model's folder */
    const char *offset, *length; /* bytes, as decimal numbers */
};

/* Set *to (owned, free) to `bytes` bytes from the file that x names below
 * `folder`, which is NULL where the model has no folder (standard input).
 * Memory is taken only when the file is known to have as many.  ERR_FORMAT where
 * x is wrong, the path absolute or with "..", the file no regular one or the
 * range beyond its end; ERR_SYS where it cannot be read; then *to is NULL. */
int external_read(const char *folder, const struct external *x, size_t bytes,
                  void **to, struct err *e) MUST_CHECK;

#endif
