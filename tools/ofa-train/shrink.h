/* SPDX-License-Identifier: MIT
 * Progressive shrinking (method.md 1.4, D32): a supernet through epochs of a
 * schedule.  Each step adds up the gradients of the phase's sub-networks, drawn
 * at random, on the same images; they learn from the labels, smoothed, and
 * where the phase says so from the teacher: a given one, or the full network
 * as it was when the first phase ended, frozen.
 *
 * A phase begins with a new optimiser, and with sorted channels where it has
 * layers of new sizes (sorting.h).  What is drawn in a step is a function of
 * (seed, epoch, step): a range of epochs goes on where the one before ended.
 *
 *     shrink_new(&job, from, until, &h, &e);      momentum: shrink_slots
 *     rc = shrink_run(h, &e);
 *     shrink_free(h); */
#ifndef SHRINK_H
#define SHRINK_H

#include "libcommon/base/progress.h"
#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/train/optimiser.h"
#include "libcommon/nn/train/weights.h"
#include "tools/ofa-train/phases.h"
#include "tools/ofa-train/supernet.h"

struct shrink_opts {
    uint64_t batch, shards, threads;
    double momentum, weight_decay, label_smoothing;
    bool flip;
    uint64_t crop_pad;
    uint64_t calibrate;         /* images for the batch norms */
    uint64_t measured;          /* random sub-networks in a phase's table */
    uint64_t seed;
};

struct shrink_job {
    struct supernet *supernet;      /* changed in place */
    const struct supernet *teacher; /* NULL = none is given */
    const struct phases *phases;
    const struct dataset *data;     /* train and val */
    const struct shrink_opts *o;
    struct progress *progress;
    /* After an epoch, and for each line of a phase's table; the records are
     * borrowed until they return. */
    void (*epoch_done)(void *ctx, const struct supernet_epoch *log);
    void (*measured)(void *ctx, const struct subnet *row);
    void *ctx;
};

struct shrink;

/* For epochs [from, until).  ERR_ARG when one of them wants a teacher and
 * there will be none. */
int shrink_new(const struct shrink_job *job, uint64_t from, uint64_t until,
               struct shrink **out, struct err *e) MUST_CHECK;
void shrink_free(struct shrink *h);             /* accepts NULL */

/* The optimiser's state, to be filled when a phase is continued and to be kept
 * when it is left before its end. */
struct sgd_slot *shrink_slots(struct shrink *h, size_t *n);

/* All the epochs.  The bank ends with the running statistics of the largest
 * network.  ERR_FORMAT when the loss is no finite number any more. */
int shrink_run(struct shrink *h, struct err *e) MUST_CHECK;

#endif
