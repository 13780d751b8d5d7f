/* SPDX-License-Identifier: MIT
 * Stream kind `arch`: points of a search space (formats/arch.md). */
#ifndef FORMATS_ARCH_H
#define FORMATS_ARCH_H

#include "formats/schema.h"
#include "libcommon/space/arch.h"

extern const struct schema schema_arch; /* struct arch */
extern const struct kind kind_arch;

#endif
