/* SPDX-License-Identifier: MIT
 * A supernet and its history are read from a weights stream and written to
 * one. */
#ifndef STORED_H
#define STORED_H

#include "formats/weights.h"
#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/train/optimiser.h"
#include "tools/ofa-train/supernet.h"

/* Holds a supernet with what its stream says of it. */
struct stored {
    struct space *space;
    struct supernet *supernet;
    struct supernet_history history;
    struct input_map input;   /* what it was trained on, in history's arena */
    char *recipe;             /* in history's arena; NULL = none yet */
    struct tensors *momentum; /* of the optimiser, by parameter; may be
                                 * empty */
};

/* Read the one supernet of a stream; users is the table that the user has given,
 * or NULL (space_open_spec).  ERR_FORMAT when it is not of a space with networks,
 * when no epoch of it was trained, and when a tensor is missing, of
 * another shape or not of the space. */
int stored_read(struct reader *r, const struct net_table *users,
                struct stored *s, struct err *e) MUST_CHECK;
void stored_free(struct stored *s); /* zeroed is fine */

/* stored_take gives the supernet the heads that there are tensors of and copies
 * the tensors into it, if they are those of the supernet, each in its shape and
 * no others (momentum apart), else returns ERR_FORMAT.  stored_fits says before
 * whether it would. */
int stored_fits(const struct tensors *values, const struct supernet *s,
                struct err *e) MUST_CHECK;
int stored_take(const struct tensors *values, struct supernet *s,
                struct err *e) MUST_CHECK;

/* Fill an optimiser's momentum from tensors.  ERR_FORMAT when they do not have
 * it for every slot. */
int stored_momentum(const struct tensors *from, struct sgd_slot *slots,
                    size_t n, struct err *e) MUST_CHECK;

/* Put the records of a supernet, its history first, with what it is fed with:
 * the input of the data set that trains it now.  slots is the optimiser's
 * momentum; with n = 0 none is written. */
int stored_put_history(struct writer *w, const struct supernet *s,
                       const struct supernet_history *h, const char *recipe,
                       const struct dataset *d, struct err *e) MUST_CHECK;
int stored_put_tensors(struct writer *w, const struct supernet *s,
                       const struct sgd_slot *slots, size_t n,
                       struct err *e) MUST_CHECK;

#endif
