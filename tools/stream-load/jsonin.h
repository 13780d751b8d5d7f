/* SPDX-License-Identifier: MIT
 * JSON to MessagePack.  Where a schema is known it decides what a number is: a
 * real that jq wrote as 1 is a real again. */
#ifndef STREAM_LOAD_JSONIN_H
#define STREAM_LOAD_JSONIN_H

#include <jansson.h>
#include <stdbool.h>

#include "formats/schema.h"
#include "libcommon/base/buf.h"

/* As it is: integers, reals, strings, arrays, maps. */
void jsonin_plain(struct buf *out, const json_t *v);

/* A record of schema s.  Types that do not fit are passed on for the codec to
 * refuse; a key that s does not have is refused here unless skip_unknown. */
int jsonin_record(struct buf *out, const struct schema *s, const json_t *v,
                  bool skip_unknown, struct err *e) MUST_CHECK;

#endif
