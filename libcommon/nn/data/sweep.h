/* SPDX-License-Identifier: MIT
 * Once over the images of a split as they are, batch by batch: neither flipped
 * nor cropped, in the order of the split or of a choice from it.  Evaluation,
 * calibration, stored features and eenn-run go this way.
 *
 * Example (const struct dataset *data, struct pool *pool):
 *     const struct split *val = &data->split[SPLIT_VAL];
 *     struct sweep s;
 *
 *     sweep_init(&s, &data->input, val, 64);
 *     for (size_t at = 0, n; (n = sweep_fill(&s, pool, NULL, at, val->n)) > 0;
 *          at += n) {
 *         // s.images (n, h, w, c) and s.labels (n) are images at, at + 1, ...
 *     }
 *     sweep_fini(&s);
 */
#ifndef NN_DATA_SWEEP_H
#define NN_DATA_SWEEP_H

#include "libcommon/nn/data/batch.h"

struct sweep {
    struct batch_maker maker;
    size_t batch;
    uint32_t *index; /* (batch) */
    int32_t *labels; /* (batch) */
    real *images;    /* (batch, h, w, c) */
};

/* Input and split must outlive the sweep; batch is the most images at a time. */
void sweep_init(struct sweep *s, const struct input_spec *in,
                const struct split *split, size_t batch);
void sweep_fini(struct sweep *s);

/* Fill the batch with the images at, at + 1, ... of the split, or with
 * chosen[at], chosen[at + 1], ..., which are places in the split, as far as
 * `end`.  Returns how many there are, 0 at the end.  The threads of pool share
 * them out (NULL = the caller alone). */
size_t sweep_fill(struct sweep *s, struct pool *pool, const uint32_t *chosen,
                  size_t at, size_t end);

#endif
