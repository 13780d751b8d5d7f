/* SPDX-License-Identifier: MIT
 * The `result` stream: what each candidate achieved (result.md). */
#ifndef FORMATS_RESULT_H
#define FORMATS_RESULT_H

#include "formats/schema.h"
#include "libcommon/search/result.h"

extern const struct schema schema_result; /* struct result */
extern const struct kind kind_result;

#endif
