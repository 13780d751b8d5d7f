/* SPDX-License-Identifier: MIT
 * A supernet and its history are read from a weights stream and written to
 * one. */
#ifndef STORED_H
#define STORED_H

#include "formats/weights.h"
#include "libcommon/nn/train/optimiser.h"
#include "tools/ofa-train/supernet.h"

/* Holds a supernet with what its stream says of it. */
struct stored {
    struct space *space;
    struct supernet *supernet;
    struct supernet_history history;
    char *recipe;             /* in history's arena; NULL = none yet */
    struct tensors *momentum; /* of the optimiser, by parameter; may be
                                 * empty */
};

/* Read the one supernet of a stream.  ERR_FORMAT when it is not of a space with
 * networks, when no epoch of it was trained, and when a tensor is missing, of
 * another shape or not of the space. */
int stored_read(struct reader *r, struct stored *s, struct err *e) MUST_CHECK;
void stored_free(struct stored *s); /* zeroed is fine */

/* Fill an optimiser's momentum from the stream.  ERR_FORMAT when the stream
 * does not have it for every slot. */
int stored_momentum(const struct stored *s, struct sgd_slot *slots, size_t n,
                    struct err *e) MUST_CHECK;

/* Write the records of a supernet.  slots is the optimiser's momentum; with n =
 * 0 none is written. */
int stored_write(struct writer *w, const struct supernet *s,
                 const struct supernet_history *h, const char *recipe,
                 const struct sgd_slot *slots, size_t n,
                 struct err *e) MUST_CHECK;

#endif
