/* SPDX-License-Identifier: MIT
 * The maps that results and plans hold: the limits that they were judged by,
 * and what is guaranteed on unseen data. */
#ifndef FORMATS_LIMIT_H
#define FORMATS_LIMIT_H

#include "formats/schema.h"
#include "libcommon/search/result.h"

extern const struct schema schema_limit;     /* struct limit */
extern const struct schema schema_guarantee; /* struct guarantee */

/* Check that a guarantee is whole, and that what it says holds does hold.
 * Returns 0 or ERR_FORMAT. */
int guarantee_check(const struct guarantee *g, struct err *e) MUST_CHECK;

#endif
