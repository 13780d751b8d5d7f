/* SPDX-License-Identifier: MIT
 * The key tables of a kind in Markdown, as formats/KIND.md has them. */
#ifndef STREAM_CHECK_SCHEMATABLE_H
#define STREAM_CHECK_SCHEMATABLE_H

#include "formats/schema.h"

/* From <!-- schema --> to <!-- /schema -->, one table per record type. */
void schematable_print(struct buf *out, const struct kind *k);

#endif
