/* SPDX-License-Identifier: MIT
 * A supernet and its history as a weights stream. */
#ifndef STORED_H
#define STORED_H

#include "formats/weights.h"
#include "libcommon/nn/real/optimiser.h"
#include "tools/ofa-train/supernet.h"

/* How it came to be: what the records beside the tensors say. */
struct history {
    struct arena arena;
    char *recipe;               /* NULL = none yet */
    struct supernet_epoch *log; /* (epochs) */
    size_t epochs, cap_log;
    struct subnet *table;       /* (rows) */
    size_t rows, cap_table;
};

/* Copies go in. */
void history_epoch(struct history *h, const struct supernet_epoch *log);
void history_subnet(struct history *h, const struct subnet *row);
void history_free(struct history *h);

/* A stream that is being continued. */
struct stored {
    struct space *space;
    struct supernet *supernet;
    struct history history;
    struct bank *momentum;      /* of the optimiser, by parameter; may be
                                 * empty */
};

/* Read one supernet to the end of the stream.  ERR_FORMAT: not of a space with
 * networks, a tensor that is missing, of another shape or not its own. */
int stored_read(struct reader *r, struct stored *s, struct err *e) MUST_CHECK;
void stored_free(struct stored *s);                 /* zeroed is fine */

/* Fill an optimiser's state.  ERR_FORMAT when the stream has none. */
int stored_momentum(const struct stored *s, struct sgd_slot *slots, size_t n,
                    struct err *e) MUST_CHECK;

/* slots: the optimiser's state to be kept, n = 0 for none. */
int stored_write(struct writer *w, const struct supernet *s,
                 const struct history *h, const struct sgd_slot *slots,
                 size_t n, struct err *e) MUST_CHECK;

#endif
