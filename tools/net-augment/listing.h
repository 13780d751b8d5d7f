/* SPDX-License-Identifier: MIT
 * Candidate exits as a table of tab-separated values. */
#ifndef NET_AUGMENT_LISTING_H
#define NET_AUGMENT_LISTING_H

#include "libcommon/base/buf.h"
#include "tools/net-augment/candidates.h"

/* Append a table of the network's candidates, a heading first where the text is
 * empty. */
void list_candidates(const struct candidates *c, struct buf *out);

#endif
