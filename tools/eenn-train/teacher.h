/* SPDX-License-Identifier: MIT
 * The teacher that --teacher names: a trained network, or the largest network of
 * a supernet, of which the final exit's logits are the targets of distillation
 * (LOSS_DISTIL of losses.h).  It runs in evaluation mode on the very images of a
 * step, once for all exits, and does not change.
 *
 * Example (char *path, struct dataset *data, const struct recipe *recipe,
 *          const struct epoch_batch *batch, struct losses *loss,
 *          struct err *e):
 *     const struct teacher_opts o = {.path = path, .data = data,
 *                                    .recipe = recipe, .threads = 1};
 *     struct teacher *t;
 *     int rc = teacher_open(&o, &t, e);
 *
 *     if (rc >= 0)
 *         loss->teacher = teacher_logits(t, batch);
 *     teacher_free(t);
 *     return rc;
 */
#ifndef TRAIN_TEACHER_H
#define TRAIN_TEACHER_H

#include "formats/io.h"
#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/train/epochs.h"
#include "tools/eenn-train/train_recipe.h"

struct teacher;

struct teacher_opts {
    char *path;           /* of a weights or trained stream with one network,
                           * or a supernet */
    const char *space;    /* path of the network table that a supernet is of,
                           * NULL = one that is built in */
    struct dataset *data; /* what is trained on; must outlive the teacher */
    const struct recipe *recipe; /* batch, seed, recalibrate_images */
    int threads;
    bool normalise; /* let the data set be normalised as the teacher's images
                     * were: no other weights say how */
};

/* Read the stream to its end and make the network.  The batch norms of a
 * supernet's are re-calibrated, since its running statistics are nobody's.
 * *out is owned (teacher_free), and NULL after a failure.  ERR_* of the reader, or
 * ERR_FORMAT where the stream holds no network, several or one that failed, where
 * it is of other classes or inputs than the data set, and what space_open_spec and
 * space_table_read return. */
int teacher_open(const struct teacher_opts *o, struct teacher **out,
                 struct err *e) MUST_CHECK;
void teacher_free(struct teacher *t); /* accepts NULL */

/* Return the reader, at its end, or with t = NULL NULL. */
struct reader *teacher_reader(const struct teacher *t);

/* Return the logits (n, classes) of a batch, borrowed until the next call.  For a
 * batch without images, whose features are kept, they are those of the training
 * samples themselves, which the first such call computes for all of them. */
const float *teacher_logits(struct teacher *t, const struct epoch_batch *b);

#endif
