/* SPDX-License-Identifier: MIT
 * Stream kind `net`: layer graphs with exits (formats/net.md). */
#ifndef FORMATS_NET_H
#define FORMATS_NET_H

#include "formats/schema.h"
#include "libcommon/nn/graph/net.h"

/* struct net.  Decoding ends with net_check and the ids compared, so that
 * whoever gets a net from a stream can trust it. */
extern const struct schema schema_net;
extern const struct kind kind_net;

#endif
