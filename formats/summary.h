/* SPDX-License-Identifier: MIT
 * The maps that several kinds hold: where a candidate comes from and what
 * every record after the net carries along (libcommon/nn/exits/summary.h). */
#ifndef FORMATS_SUMMARY_H
#define FORMATS_SUMMARY_H

#include "formats/schema.h"
#include "libcommon/nn/exits/summary.h"

extern const struct schema schema_origin;   /* struct origin */
extern const struct schema schema_summary;  /* struct summary */

/* NULL, or 32 lower-case hex digits?  Returns 0 or ERR_FORMAT naming `key`. */
int id_check(const char *id, const char *key, struct err *e) MUST_CHECK;

/* space and genome are both there or both missing, and arch, when it is given,
 * is the id of the two (arch_id). */
int arch_check(const char *arch, const char *space, const struct ints *genome,
               struct err *e) MUST_CHECK;

#endif
