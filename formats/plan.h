/* SPDX-License-Identifier: MIT
 * The `plan` stream: exits, thresholds and processors of a network, and what
 * they are predicted to take (plan.md). */
#ifndef FORMATS_PLAN_H
#define FORMATS_PLAN_H

#include "formats/schema.h"
#include "libcommon/platform/exitplan.h"

extern const struct schema schema_plan; /* struct plan */
extern const struct kind kind_plan;

#endif
