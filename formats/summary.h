/* SPDX-License-Identifier: MIT
 * The maps that several kinds hold: where a candidate comes from and what
 * every record after the net carries along (libcommon/nn/exits/summary.h). */
#ifndef FORMATS_SUMMARY_H
#define FORMATS_SUMMARY_H

#include "formats/schema.h"
#include "libcommon/nn/exits/summary.h"

extern const struct schema schema_origin;  /* struct origin */
extern const struct schema schema_summary; /* struct summary */

/* Returns 0 when id is NULL or has 32 lower-case hex digits, else ERR_FORMAT
 * naming `key`. */
int id_check(const char *id, const char *key, struct err *e) MUST_CHECK;

/* Returns 0 when space and genome are both there or both missing and arch,
 * unless NULL, is the id of the two (arch_id); else ERR_FORMAT. */
int arch_check(const char *arch, const char *space, const struct ints *genome,
               struct err *e) MUST_CHECK;

#endif
