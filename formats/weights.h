/* SPDX-License-Identifier: MIT
 * The kind `weights` (formats/weights.md): named tensors, one record each.
 * The `tensor` record stands in trained streams too, after the trace. */
#ifndef FORMATS_WEIGHTS_H
#define FORMATS_WEIGHTS_H

#include "formats/schema.h"
#include "libcommon/nn/weights.h"

extern const struct schema schema_weights;  /* struct weights_info */
extern const struct schema schema_tensor;   /* struct named_tensor */
extern const struct kind kind_weights;

#endif
