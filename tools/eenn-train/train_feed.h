/* SPDX-License-Identifier: MIT
 * What a stage's engine is fed: images of the training split, flipped and
 * cropped anew in each epoch, or the features that a frozen backbone made of
 * them and of the validation split once (features.h).
 *
 *     feed_init(&f, g, &job, seed, keep, &e);
 *     feed_step(&f, index, n, epoch, losses_batch, &losses, &loss, &e);
 *     eval_loss(g, net, data, val, f.kept[SPLIT_VAL], ...);
 *     feed_fini(&f); */
#ifndef TRAIN_FEED_H
#define TRAIN_FEED_H

#include "libcommon/nn/data/batch.h"
#include "tools/eenn-train/features.h"
#include "tools/eenn-train/train_net.h"

struct feed {
    struct engine *g;
    struct batch_maker batches;
    float *images;                  /* (batch, h, w, c) */
    int32_t *labels;                /* (batch) of the step in progress */
    struct features *kept[SPLIT_COUNT];     /* NULL = images are used */
};

/* keep: features; the engine's backbone is frozen then.  ERR_SYS. */
int feed_init(struct feed *f, struct engine *g, const struct train_job *job,
              uint64_t seed, bool keep, struct err *e) MUST_CHECK;
void feed_fini(struct feed *f);     /* whatever feed_init said */

/* engine_step on images index[0..n) of the training split, whose labels fn
 * finds in f->labels.  ERR_SYS. */
int feed_step(struct feed *f, const uint32_t *index, size_t n, uint64_t epoch,
              engine_loss_fn *fn, void *ctx, double *loss,
              struct err *e) MUST_CHECK;

#endif
