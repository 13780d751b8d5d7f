/* SPDX-License-Identifier: MIT
 * A segment's header map, with the provenance of the work in it: tool, version
 * and every resolved parameter, straight from the option table. */
#ifndef FORMATS_PROVENANCE_H
#define FORMATS_PROVENANCE_H

#include "formats/io.h"

/* Append the header of a segment of kind k.  Without a tool, or with its
 * --no-provenance, provenance is nil. */
void header_pack(struct buf *b, const struct kind *k,
                 const struct writer_opts *o);

#endif
