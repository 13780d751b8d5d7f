/* SPDX-License-Identifier: MIT
 * The weights that --init-weights names: read once for all networks of a run,
 * or once for each where the stream holds several networks.
 *
 * Example (char *path, const struct net *net, struct dataset *data,
 *          struct engine *engine, struct err *e):
 *     struct init_weights w = {.path = path};
 *     int rc = init_weights_load(&w, net, data, e);   // for each net
 *
 *     if (rc >= 0)
 *         rc = init_weights_apply(&w, engine, e);     // to each engine
 *     init_weights_fini(&w);
 *     return rc;
 */
#ifndef INIT_WEIGHTS_H
#define INIT_WEIGHTS_H

#include "formats/weights.h"
#include "libcommon/base/buf.h"
#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/engine/engine.h"

struct init_weights {
    char *path;            /* NULL = there are none */
    struct reader *reader; /* at its end, for the trailer's inputs */
    struct tensors *tensors;
    struct arena arena;
    double *moments;       /* mean and deviation (2, c) of the data set
                             * itself, once there are weights */
    bool one_net;          /* they are of `net` alone, not of any */
    const struct net *net; /* the one being trained */
    bool whole_base;       /* the final exit's head, too, needs its tensors,
                            * set by the caller */
    struct buf heads;      /* "whole: 1 3, in part: 4, at random: 2": what the
                            * heads of the early exits of the last network have
                            * got; empty without early exits */
};

/* Make the weights for `net` available, reading the file where that is needed,
 * and normalise the images of the set as their network's were (dataset_go_on).
 * Returns 0, or the ERR_* of reader_open and weights_read. */
int init_weights_load(struct init_weights *w, const struct net *net,
                      struct dataset *data, struct err *e) MUST_CHECK;

/* Write the weights into an engine of the net or of its backbone.  A tensor
 * that the stream lacks leaves an exit's head as it is, but with whole_base not
 * the final exit's; elsewhere it is ERR_FORMAT, as is a tensor that does not fit.
 * The layer of an early exit's head that reads the pixels of its map stays as it
 * is, too, where the stored one is behind a pool of another window.
 * Returns 1 when the weights are those of a larger network, such as a supernet,
 * else 0.  ctx is a struct init_weights (this is an init_fn). */
int init_weights_apply(void *ctx, struct engine *engine,
                       struct err *e) MUST_CHECK;

void init_weights_fini(struct init_weights *w);

#endif
