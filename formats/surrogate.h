/* SPDX-License-Identifier: MIT
 * The `surrogate` stream: fitted models, one metric each (surrogate.md). */
#ifndef FORMATS_SURROGATE_H
#define FORMATS_SURROGATE_H

#include "formats/schema.h"
#include "libcommon/surrogate/surrogate.h"

extern const struct schema schema_surrogate; /* struct surrogate */
extern const struct kind kind_surrogate;

#endif
