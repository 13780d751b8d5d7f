/* SPDX-License-Identifier: MIT
 * Images really stop: each runs up to the exit where it leaves.
 *
 * Images that do not leave at an exit wait there until there are as many as the
 * next layers run fastest; only then do these layers run.  However few images
 * come so far, the kernels always have enough to do, and what is not computed
 * takes no time.  Early layers have large values and few weights: a few images
 * at a time stay in the cache.  Late layers have small values and many weights:
 * a full batch shares the work of reading them from memory.
 *
 * Example (const struct inference_job *job, struct inference *x,
 *          const float *images, size_t first, size_t n):
 *     struct stopping *s = stopping_new(job, x);
 *
 *     stopping_batch(s, images, first, n);    // each batch
 *     stopping_end(s);        // runs those that still wait, however few
 *     stopping_free(s);
 */
#ifndef NN_RUN_STOPPING_H
#define NN_RUN_STOPPING_H

#include "libcommon/nn/run/inference.h"

/* Results go to *x; job and x must outlive the struct. */
struct stopping *stopping_new(const struct inference_job *job,
                              struct inference *x); /* owned (.._free) */
void stopping_free(struct stopping *s);

/* Run n images (n, h, w, c), which are the samples from `first` on. */
void stopping_batch(struct stopping *s, const float *images, size_t first,
                    size_t n);
void stopping_end(struct stopping *s);

#endif
