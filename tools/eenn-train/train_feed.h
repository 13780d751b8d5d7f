/* SPDX-License-Identifier: MIT
 * The training steps of a stage run on the images of a batch, or on the
 * features that a frozen backbone made, once, of all images of the training
 * and the validation split (features.h).
 *
 * Example (struct engine *g, const struct net *net,
 *          const struct train_job *job, const struct epoch_batch *batch,
 *          engine_loss_fn *fn, void *ctx, struct eval_results *results,
 *          struct net_trace *trace, struct err *e):
 *     const struct dataset *d = job->data;
 *     struct feed f;
 *     double loss;
 *     int rc = feed_init(&f, g, job, true, e);
 *
 *     if (rc >= 0)
 *         rc = feed_step(&f, batch, fn, ctx, &loss, e);
 *     if (rc >= 0)
 *         rc = eval_loss(g, net, &d->input, &d->split[SPLIT_VAL],
 *                        f.kept[SPLIT_VAL], job->recipe, results, trace, e);
 *     feed_fini(&f);
 *     return rc;
 */
#ifndef TRAIN_FEED_H
#define TRAIN_FEED_H

#include "libcommon/nn/train/epochs.h"
#include "tools/eenn-train/features.h"
#include "tools/eenn-train/train_net.h"

struct feed {
    struct engine *g;
    struct features *kept[SPLIT_COUNT]; /* NULL = images are used */
};

/* With `keep` the features of the training and the validation split are
 * computed here; the engine's backbone must be frozen.  ERR_SYS where they
 * cannot be kept. */
int feed_init(struct feed *f, struct engine *g, const struct train_job *job,
              bool keep, struct err *e) MUST_CHECK;
void feed_fini(struct feed *f); /* also when feed_init failed */

/* Do an engine_step on a batch of the training split, from its features where
 * they are kept, and set *loss.  ERR_SYS where features cannot be read. */
int feed_step(struct feed *f, const struct epoch_batch *b, engine_loss_fn *fn,
              void *ctx, double *loss, struct err *e) MUST_CHECK;

#endif
