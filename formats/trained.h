/* SPDX-License-Identifier: MIT
 * The kind `trained` (formats/trained.md).  For each network: `trained`,
 * `net`, then, unless it failed, `trace`, its `exit-trace` records and its
 * `tensor` records, which may be left out. */
#ifndef FORMATS_TRAINED_H
#define FORMATS_TRAINED_H

#include "formats/net.h"
#include "formats/schema.h"
#include "formats/summary.h"
#include "formats/trace.h"
#include "formats/weights.h"
#include "libcommon/nn/exits/trained.h"

extern const struct schema schema_trained;
extern const struct kind kind_trained;

/* Returns how many epochs of a net with this many exits a log surely has room
 * for in its record. */
size_t trained_log_room(size_t exits);

#endif
