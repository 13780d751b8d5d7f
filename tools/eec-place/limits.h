/* SPDX-License-Identifier: MIT
 * The hard limits of a device can all be checked before training. */
#ifndef EEC_PLACE_LIMITS_H
#define EEC_PLACE_LIMITS_H

#include "libcommon/base/buf.h"
#include "libcommon/nn/graph/net.h"

struct device_limits { /* NAN = none */
    double params;
    double peak_bytes; /* activations alive at once, float32 */
    double size_bytes; /* parameters and statistics, float32 */
    double final_macs; /* the network without its early exits (D31) */
};

/* Returns true when the net keeps every limit.  Else the limits that it breaks
 * are appended to *why: "params 3283602 > 2000000, peak_bytes ...". */
bool device_limits_hold(const struct device_limits *l, const struct net *n,
                        struct buf *why);

#endif
