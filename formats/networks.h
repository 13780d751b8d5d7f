/* SPDX-License-Identifier: MIT
 * The networks of a trained stream, one after the other.
 *
 * Example (struct reader *r, network_fn *run, void *ctx, struct err *e):
 *     return networks_read(r, run, ctx, e);
 */
#ifndef FORMATS_NETWORKS_H
#define FORMATS_NETWORKS_H

#include "formats/io.h"
#include "libcommon/nn/run/network.h"

/* Is called for each network when all of its records have come; it is freed
 * afterwards, unless fn moves it away and zeroes *n.  Returns 0, or ERR_*, which
 * ends the reading. */
typedef int network_fn(void *ctx, struct network *n, struct err *e);

/* Read a trained stream to its end.  Networks that failed in training are passed
 * over with a warning. */
int networks_read(struct reader *r, network_fn *fn, void *ctx,
                  struct err *e) MUST_CHECK;

#endif
