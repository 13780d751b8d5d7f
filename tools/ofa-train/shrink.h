/* SPDX-License-Identifier: MIT
 * Progressive shrinking (D32) takes a supernet through the
 * epochs of a schedule.  A step draws sub-networks of the phase at random and
 * adds up their gradients on the same images.  They learn from the labels,
 * smoothed, and in phases with distillation from a teacher: a given one, or
 * the full network as it was when the first phase ended.
 *
 * In a phase with heads each of them also draws a head for every exit, which
 * learns with it (exitsloss.h); heads that no sub-network of a step has drawn
 * stay as they are.
 *
 * A phase begins with a new optimiser, and with sorted channels where it has
 * layers of new sizes (sorting.h); the first one with heads adds them to the
 * supernet.  The sub-networks of a step depend on
 * (seed, epoch, step) alone, so that a range of epochs goes on where the one
 * before ended.
 *
 * Example (const struct shrink_job *job, uint64_t from, uint64_t until,
 *          struct err *e):
 *     struct shrink *h;
 *     int rc = shrink_new(job, from, until, &h, e);
 *
 *     if (rc < 0)
 *         return rc;
 *     rc = shrink_run(h, e);      // shrink_slots: the momentum, on both sides
 *     shrink_free(h);
 *     return rc;
 */
#ifndef SHRINK_H
#define SHRINK_H

#include "formats/checkpoint_file.h"
#include "libcommon/base/progress.h"
#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/train/optimiser.h"
#include "libcommon/nn/train/weights.h"
#include "tools/ofa-train/phases.h"
#include "tools/ofa-train/supernet.h"

struct shrink_opts {
    uint64_t batch, shards, threads;
    double momentum, weight_decay, label_smoothing;
    int flip; /* enum batch_mirror */
    uint64_t crop_pad, cutout;
    double mixup;       /* epochs_opts */
    uint64_t calibrate; /* images to re-calibrate batch norms on */
    uint64_t measured;  /* random sub-networks in a phase's table */
    uint64_t seed;
};

struct shrink_job {
    struct supernet *supernet;      /* changed in place */
    const struct supernet *teacher; /* NULL = none is given */
    /* What shrink_put_teacher put in an earlier run, NULL = nothing. */
    const struct tensors *frozen;
    const struct phases *phases;
    const struct dataset *data; /* train and val */
    const struct shrink_opts *o;
    struct progress *progress;
    /* epoch_done is called after each epoch, and `measured` for each row of a
     * phase's table; both borrow the record until they return.  What epoch_done
     * returns below 0 ends the run.  `between` is called before each further
     * epoch: what the supernet, its history, the optimiser and the teacher are
     * then, a run that begins with that epoch can go on from. */
    int (*epoch_done)(void *ctx, const struct supernet_epoch *log,
                      struct err *e);
    void (*measured)(void *ctx, const struct subnet *row);
    void (*between)(void *ctx);
    void *ctx;
};

struct shrink;

/* Prepare for epochs [from, until).  ERR_ARG when one of them needs a teacher
 * and there will be none. */
int shrink_new(const struct shrink_job *job, uint64_t from, uint64_t until,
               struct shrink **out, struct err *e) MUST_CHECK;
void shrink_free(struct shrink *h); /* accepts NULL */

/* Return the optimiser's state.  Fill it before a phase is continued; store it
 * when a run ends within a phase. */
struct sgd_slot *shrink_slots(struct shrink *h, size_t *n);

/* Put a copy of the teacher that the first phase left, if it left one. */
int shrink_put_teacher(struct shrink *h, struct writer *w,
                       struct err *e) MUST_CHECK;

/* Train all epochs of the run.  The bank ends with the running statistics of
 * the largest network.  ERR_FORMAT when the loss is not a finite number any
 * more. */
int shrink_run(struct shrink *h, struct err *e) MUST_CHECK;

#endif
