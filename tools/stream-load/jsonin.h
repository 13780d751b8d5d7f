/* SPDX-License-Identifier: MIT
 * Converts JSON to MessagePack.  Where a schema is known it decides the type of
 * a number: a real that jq wrote as 1 becomes a real again. */
#ifndef STREAM_LOAD_JSONIN_H
#define STREAM_LOAD_JSONIN_H

#include <jansson.h>
#include <stdbool.h>

#include "formats/schema.h"
#include "libcommon/base/buf.h"

/* Convert a value without a schema: integers, reals, strings, arrays and maps
 * stay what they are. */
void jsonin_plain(struct buf *out, const json_t *v);

/* Convert a record of schema s.  Values of another type are passed on for the
 * codec to refuse; a key that s does not have is refused here unless
 * skip_unknown. */
int jsonin_record(struct buf *out, const struct schema *s, const json_t *v,
                  bool skip_unknown, struct err *e) MUST_CHECK;

#endif
