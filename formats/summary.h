/* SPDX-License-Identifier: MIT
 * The maps that several kinds hold: where a candidate comes from and what
 * every record after the net carries along (libcommon/nn/summary.h). */
#ifndef FORMATS_SUMMARY_H
#define FORMATS_SUMMARY_H

#include "formats/schema.h"
#include "libcommon/nn/summary.h"

extern const struct schema schema_origin;   /* struct origin */
extern const struct schema schema_summary;  /* struct summary */

#endif
