/* SPDX-License-Identifier: MIT
 * The features of a split are what a frozen backbone makes of its images, up to
 * the first layers of the heads that learn (engine.h).  They are computed once
 * and kept: in memory as far as a budget goes, the rest in an unlinked file.
 *
 * Example (struct engine *g, const struct input_spec *in,
 *          const struct split *split, struct feature_store *store,
 *          const uint32_t *index, int n, engine_loss_fn *loss, void *ctx,
 *          struct err *e):
 *     struct features *f;
 *     const float *const *taps;
 *     int rc = features_new(g, in, split, store, &f, e);
 *
 *     if (rc < 0)
 *         return rc;
 *     if ((rc = features_get(f, index, (size_t)n, &taps, e)) >= 0)
 *         engine_step_features(g, taps, n, loss, ctx);
 *     features_free(f);
 *     return rc;
 *
 * Images are neither flipped nor cropped, and features do not depend on the
 * budget or the number of threads. */
#ifndef FEATURES_H
#define FEATURES_H

#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/train/evaluate.h"

struct features;

struct feature_store {
    size_t batch;    /* images at a time, no more than the engine
                             * takes */
    size_t memory;   /* bytes left of the budget */
    const char *dir; /* for files; NULL = $TMPDIR or /tmp */
};

/* Compute the features of the whole split with the engine's present parameters;
 * *out is owned (features_free).  store->memory is lowered by the bytes that
 * stay in memory.  Split and engine must outlive the features.  ERR_SYS when
 * the file cannot be made or written. */
int features_new(struct engine *g, const struct input_spec *in,
                 const struct split *split, struct feature_store *store,
                 struct features **out, struct err *e) MUST_CHECK;
void features_free(struct features *f); /* accepts NULL */

/* Set *taps to the features of images index[0..n), n <= batch: one array for
 * each tap of the engine, borrowed until the next call.  ERR_SYS when the file
 * cannot be read. */
int features_get(struct features *f, const uint32_t *index, size_t n,
                 const float *const **taps, struct err *e) MUST_CHECK;

/* Do what evaluate_split does, with features in place of images.  Returns 0, or
 * ERR_SYS as features_get does. */
int features_evaluate(struct features *f, struct engine *g, evaluate_fn *fn,
                      void *ctx, struct err *e) MUST_CHECK;

/* Set *memory and *file to the bytes of features kept in memory and in the
 * file. */
void features_size(const struct features *f, size_t *memory, size_t *file);

#endif
