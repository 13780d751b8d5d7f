/* SPDX-License-Identifier: MIT
 * The loop that every trainer shares: one pass over the training images in
 * batches.  It shuffles the images, makes each batch, finds the learning rate
 * of each step, adds up what the steps report, shows progress, and stops when
 * a loss is not a finite number.  The caller supplies the step, in two parts:
 * the gradients of a batch, and the update of the weights, which is left out
 * when the loss is not finite.
 *
 * Example (const struct epochs_opts *opts, const struct schedule *schedule,
 *          uint64_t n, struct err *e):
 *     struct epochs ep;
 *     struct epoch_sums sums;
 *     struct epoch_terms means;
 *
 *     epochs_init(&ep, opts);
 *     for (uint64_t i = 0; i < n; i++) {
 *         const struct epoch at = {.phase = "exits", .number = i,
 *                                  .schedule = schedule, .past = i};
 *         int rc = epochs_run(&ep, &at, &sums, e);
 *
 *         if (rc != EPOCH_DONE)
 *             return rc;      // diverged, or an error: the caller decides
 *         epoch_means(&sums, &means);
 *     }
 *     epochs_fini(&ep);
 *
 * The order of the images, and how each is flipped and cropped, depend on the
 * seed and the epoch's number alone: an epoch can be run by itself.  The share of
 * mixup, one for the whole batch as in the paper's code, depends on the step, too.
 *
 * A step reports the batch's loss and the terms that it is made of by name:
 * "loss", and the names of losses_name.  A new term of the loss therefore needs
 * its formula in losses.h and its row in loss_terms.c, the row of the option that
 * sets its weight, and its line in the manual; the loop, the log and the reports carry
 * it as they are. */
#ifndef NN_TRAIN_EPOCHS_H
#define NN_TRAIN_EPOCHS_H

#include "libcommon/base/err.h"
#include "libcommon/base/pool.h"
#include "libcommon/base/progress.h"
#include "libcommon/base/values.h"
#include "libcommon/nn/data/batch.h"
#include "libcommon/nn/train/schedule.h"

#define EPOCH_TERMS_MAX 32

/* Holds numbers by their names, in the order in which these were first added;
 * zeroed = empty.  Names are borrowed for as long as the list is used. */
struct epoch_terms {
    struct named_real v[EPOCH_TERMS_MAX];
    size_t n;
};

/* Add value to the number called name, which begins as 0. */
void epoch_terms_add(struct epoch_terms *t, const char *name, double value);
double epoch_terms_get(const struct epoch_terms *t, const char *name);
/* NAN = there is none */

/* Holds the sums of what the steps of an epoch reported, each number times the
 * weight of its step. */
struct epoch_sums {
    double lr;     /* the learning rate of the first step */
    double weight; /* of all steps together */
    struct epoch_terms terms;
};

/* Set *means to the sums divided by their weight. */
void epoch_means(const struct epoch_sums *sums, struct epoch_terms *means);

/* This is the batch of a step, borrowed until the step returns. */
struct epoch_batch {
    const uint32_t *index; /* (n) places in the training split */
    size_t n;
    const real *images;    /* (n, h, w, c); NULL without
                                 * epochs_opts.images */
    const int32_t *labels; /* (n) */
    const int32_t *others; /* (n) those of the images that were mixed into these
                            * (batch_mix); NULL without mixup */
    double share;          /* of labels; the others have the rest */
    uint64_t epoch, step;  /* step counts from 0 within the epoch */
    double lr;
};

struct epoch_ops {
    /* Compute the gradients and add "loss", and the terms it is made of, to
     * *terms, which comes empty: means over the batch.  Returns 0, or ERR_* to
     * end the epoch. */
    int (*gradients)(void *ctx, const struct epoch_batch *b,
                     struct epoch_terms *terms, struct err *e);
    /* Update the weights; called only when the loss is finite. */
    void (*update)(void *ctx, const struct epoch_batch *b);
    void *ctx;
};

struct epochs_opts {
    const struct input_spec *input; /* both must outlive the loop */
    const struct split *train;
    size_t batch;              /* images a step */
    struct batch_opts augment; /* its seed decides the order, too */
    double mixup;              /* A: the images of a batch are mixed, with a
                                * share from Beta(A, A); 0 = they are not, and
                                * without images nothing is */
    bool images;               /* false: no images are made, since the steps
                                 * look up what they need by index */
    bool by_step;              /* a step weighs 1, not as many as its images */
    struct pool *pool;         /* makes the batches; NULL = the caller */
    struct progress *progress; /* counts images; NULL = there is none */
    struct epoch_ops ops;
};

struct epochs {
    struct epochs_opts o;
    struct batch_maker batches;
    uint32_t *order; /* (images of the split) */
    real *images;    /* (batch, h, w, c), or NULL */
    int32_t *labels; /* (batch) */
    int32_t *others; /* (batch), or NULL */
};

void epochs_init(struct epochs *ep, const struct epochs_opts *o);
void epochs_fini(struct epochs *ep); /* zeroed is fine */

uint64_t epochs_steps(const struct epochs *ep); /* steps in an epoch */

/* Says which epoch to run, and where in the schedule of the learning rate. */
struct epoch {
    const char *phase; /* for the progress line */
    uint64_t number;
    const struct schedule *schedule;
    uint64_t past; /* epochs of the schedule before this one */
};

enum { EPOCH_DIVERGED, EPOCH_DONE };

/* Run one epoch and set *sums to the sums of its steps; after EPOCH_DIVERGED
 * these are the steps before the one whose loss is not finite.  Returns
 * EPOCH_DONE, EPOCH_DIVERGED, or the ERR_* of a step. */
int epochs_run(struct epochs *ep, const struct epoch *at,
               struct epoch_sums *sums, struct err *e) MUST_CHECK;

#endif
