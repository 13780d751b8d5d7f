/* SPDX-License-Identifier: MIT
 * Batches are made from the samples of a split: pixels or features are normalised
 * and converted to the engine's precision.  In training they are also augmented
 * at random, and their order changes each epoch.
 *
 * Example (const struct dataset *data, const struct batch_opts *opts,
 *          uint32_t *order, uint64_t epoch, struct pool *pool, real *images,
 *          int32_t *labels):
 *     const struct split *train = &data->split[SPLIT_TRAIN];
 *     struct batch_maker b;
 *
 *     batch_init(&b, &data->input, train, opts);
 *     batch_shuffle(order, train->n, opts->seed, epoch);
 *     for (size_t at = 0, m; (m = batch_size(train->n, at, 64)) > 0; at += m)
 *         batch_fill(&b, pool, order + at, m, epoch, images, labels);
 *     batch_fini(&b);
 *
 * How a sample is augmented is a function of (seed, epoch, index of the sample in
 * its split): it does not depend on the order of the samples, the number of
 * threads or the batch size.
 *
 * The rows of features are moments in time, and so that is where they move: they
 * are cropped along the rows alone and never flipped.  Rolled comes before
 * cropped, masks and cutout come last. */
#ifndef NN_DATA_BATCH_H
#define NN_DATA_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/pool.h"
#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/kern/real.h"

/* Says whether images are flipped left-right: with probability 1/2, or in every
 * other epoch, half of them in the even ones and the others in the odd ones, so
 * that both views are seen in any two epochs. */
enum batch_mirror { MIRROR_NONE, MIRROR_RANDOM, MIRROR_ALTERNATE };
extern const char *const batch_flip_names[]; /* of MIRROR_ALTERNATE; NULL */

struct batch_opts {
    int flip;      /* images: MIRROR_NONE or so, above */
    int crop_pad;  /* pixels or rows padded on each side before a random
                    * crop of the sample's own size, black or, of
                    * features, their mean; 0 = none */
    int roll;      /* most rows of a random circular shift, up or down */
    int time_mask; /* most rows of a random block that becomes the mean */
    int band_mask; /* the same of columns */
    int cutout;    /* side of a square around a random place that becomes the
                    * mean; it may reach over the edges */
    uint64_t seed;
};

struct batch_maker {
    struct batch_opts opts;
    const struct input_spec *input;
    const struct split *split;
    size_t pixel_bytes; /* of a stored pixel */
    bool floats;        /* items are features */
    real *table;        /* (c, 256): pixel -> (pixel / 255 - mean) / std; of
                         * features (2, w, c): mean, 1 / std */
};

/* Input and split must outlive the batch_maker.  With opts NULL (evaluation)
 * samples are only normalised.  A channel whose standard deviation is 0 is
 * divided by 1. */
void batch_init(struct batch_maker *b, const struct input_spec *in,
                const struct split *split, const struct batch_opts *opts);
void batch_fini(struct batch_maker *b);

/* Make the batch of images index[0..n) of the split: images (n, h, w, c),
 * labels (n).  The threads of pool share the work; with pool NULL the caller
 * does all of it. */
void batch_fill(const struct batch_maker *b, struct pool *pool,
                const uint32_t *index, size_t n, uint64_t epoch, real *images,
                int32_t *labels);

/* Mix the images (n, count) of a batch in pairs, the first with the last one and so
 * on: image i becomes `share` times what it was plus 1 - share times what image
 * n - 1 - i was, and others (n) the labels of those.  In a shuffled batch the
 * pairs are random ones; the one in the middle of an odd number is its own. */
void batch_mix(struct pool *pool, real *images, size_t n, size_t count,
               double share, const int32_t *labels, int32_t *others);

/* Put order[0..n) into the order of this epoch: a shuffle keyed by
 * (seed, epoch) of the sorted order, so that it does not depend on what order
 * held before. */
void batch_shuffle(uint32_t *order, size_t n, uint64_t seed, uint64_t epoch);

/* Returns the size of the training batch that starts at image `at` of n, 0 when
 * the epoch is over.  A last batch of under a quarter of `size` is left out,
 * since batch statistics of a few images would do harm; the next epoch leaves
 * out other images.  An epoch of under a quarter of `size` is one batch all the
 * same. */
size_t batch_size(size_t n, size_t at, size_t size);
size_t batch_steps(size_t n, size_t size); /* batches in an epoch */

/* Returns the size of batches that suits n training images: the largest power of
 * two that is neither above `most` nor above a sixteenth of n, but at least 8.  An
 * epoch of a small set then still has some 16 steps. */
size_t batch_auto(size_t n, size_t most);
#define BATCH_MOST 128 /* `most` where nothing says otherwise */

#endif
