/* SPDX-License-Identifier: MIT
 * Stream kind `net`: layer graphs with exits (formats/net.md). */
#ifndef FORMATS_NET_H
#define FORMATS_NET_H

#include "formats/schema.h"
#include "libcommon/nn/graph/net.h"

/* A record is a struct net.  Decoding calls net_check and compares the ids, so
 * that whoever gets a net from a stream can trust it. */
extern const struct schema schema_net;
extern const struct kind kind_net;

#endif
