/* SPDX-License-Identifier: MIT
 * Given weights: --init-weights. */
#ifndef GIVEN_H
#define GIVEN_H

#include "formats/weights.h"
#include "libcommon/nn/engine/engine.h"

struct given {
    char *path;                 /* NULL = none are given */
    struct reader *reader;      /* at its end, for the trailer's inputs */
    struct tensors *tensors;
    bool one_net;               /* they are for the net it was read for alone */
    const struct net *net;      /* being trained */
};

/* Have the weights for `net` at hand, from the file where need be. */
int given_for(struct given *g, const struct net *net, struct err *e) MUST_CHECK;

/* Put them into an engine of the net, or of its backbone.  What is not in the
 * stream stays as it is in the exits' heads; elsewhere it is an error, as is a
 * tensor that does not fit.  Returns 1 when they are a larger network's, such
 * as a supernet's.  ctx is a struct given (an init_fn). */
int given_apply(void *ctx, struct engine *g, struct err *e) MUST_CHECK;

void given_fini(struct given *g);

#endif
