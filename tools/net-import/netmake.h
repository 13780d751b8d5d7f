/* SPDX-License-Identifier: MIT
 * Joined steps become a net with its weights. */
#ifndef NET_IMPORT_NETMAKE_H
#define NET_IMPORT_NETMAKE_H

#include "libcommon/nn/graph/net.h"
#include "libcommon/nn/graph/tensors.h"
#include "tools/net-import/steps.h"

struct made_net {
    struct net net;
    struct list tensors; /* struct named_tensor, in the order of the layers */
};

/* Make *to, all of it in the arena but for the numbers, which are the steps'.  The
 * head of its only exit begins where the last map becomes a vector (a global pool
 * or flatten), or is the last layer with weights where there is no such place.
 * ERR_FORMAT when the net is beyond a limit of nets. */
int net_make(const struct steps *s, size_t output, struct arena *a,
             struct made_net *to, struct err *e) MUST_CHECK;

#endif
