/* SPDX-License-Identifier: MIT
 * What a frozen backbone makes of a split's images (engine.h), computed once
 * and kept: in memory as far as a budget goes, the rest in a file that has no
 * name any more.
 *
 *     features_new(g, input, split, &store, &f, &e);
 *     features_get(f, index, n, &taps, &e);
 *     engine_step_features(g, taps, n, loss, ctx);
 *     features_free(f);
 *
 * Images are taken as they are, in order: the same features whatever the
 * budget and the number of threads. */
#ifndef FEATURES_H
#define FEATURES_H

#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/train/evaluate.h"

struct features;

struct feature_store {
    size_t batch;           /* images at a time, as the engine takes */
    size_t memory;          /* bytes left of the budget */
    const char *dir;        /* for files; NULL = $TMPDIR or /tmp */
};

/* Features of the whole split, with the engine's parameters of now; what is
 * kept in memory is taken off store->memory.  Split and engine must outlive
 * them.
 * ERR_SYS for a file that cannot be made or written. */
int features_new(struct engine *g, const struct input_spec *in,
                 const struct split *split, struct feature_store *store,
                 struct features **out, struct err *e) MUST_CHECK;
void features_free(struct features *f);         /* accepts NULL; features_new
                                                 * makes it owned */

/* Of images index[0..n), n <= batch: one array for each tap of the engine,
 * borrowed until the next call. */
int features_get(struct features *f, const uint32_t *index, size_t n,
                 const float *const **taps, struct err *e) MUST_CHECK;

/* evaluate_split from features. */
int features_evaluate(struct features *f, struct engine *g, evaluate_fn *fn,
                      void *ctx, struct err *e) MUST_CHECK;

/* Bytes in memory and in the file. */
void features_size(const struct features *f, size_t *memory, size_t *file);

#endif
