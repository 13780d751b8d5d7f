/* SPDX-License-Identifier: MIT
 * A trained network in memory, with all that is needed to run it; a trained
 * stream has it (formats/networks.h).
 *
 * Example (const struct network *n, struct err *e):
 *     struct engine *g;
 *
 *     if (network_engine(n, 128, 1, &g, e) < 0)
 *         return e->code;
 */
#ifndef NN_RUN_NETWORK_H
#define NN_RUN_NETWORK_H

#include "libcommon/base/arena.h"
#include "libcommon/base/err.h"
#include "libcommon/nn/data/input.h"
#include "libcommon/nn/exits/summary.h"
#include "libcommon/nn/graph/tensors.h"

/* A zeroed struct holds no network.  The struct may be moved. */
struct network {
    struct arena arena; /* holds what follows, but for the tensors */
    struct summary summary;
    struct net net;
    struct input_map input;  /* what it is to be fed with */
    struct tensors *tensors; /* owned */
};

void network_free(struct network *n); /* *n is zeroed */

struct engine; /* nn/engine/engine.h */

/* Make an engine with the network's weights, which runs up to `batch` images at
 * a time; the network must outlive it.  *g is owned (engine_free), also after a
 * failure, when it may be NULL.  ERR_FORMAT when there are no weights, when a
 * tensor is missing, or when one does not fit. */
int network_engine(const struct network *n, size_t batch, int threads,
                   struct engine **g, struct err *e) MUST_CHECK;

#endif
