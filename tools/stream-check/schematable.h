/* SPDX-License-Identifier: MIT
 * Prints the key tables of a kind in Markdown, as formats/KIND.md has them. */
#ifndef STREAM_CHECK_SCHEMATABLE_H
#define STREAM_CHECK_SCHEMATABLE_H

#include "formats/schema.h"

/* Append the lines from <!-- schema --> to <!-- /schema -->, with a table for
 * each record type. */
void schematable_print(struct buf *out, const struct kind *k);

#endif
