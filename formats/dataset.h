/* SPDX-License-Identifier: MIT
 * Stream kind `dataset` (dataset.md): one record `dataset` that describes the
 * set, then `chunk` records with the images of its splits.
 *
 * Example (char *path, struct err *e):
 *     struct dataset d = {0};
 *     struct reader *r = dataset_open(path, e);
 *
 *     if (!r ||
 *         dataset_read(r, 1u << SPLIT_TRAIN | 1u << SPLIT_VAL, &d, e) < 0)
 *         return e->code;
 *     reader_close(r);        // once writer_finish has had it as an input
 *     dataset_fini(&d);
 */
#ifndef FORMATS_DATASET_H
#define FORMATS_DATASET_H

#include "formats/io.h"
#include "libcommon/nn/data/dataset.h"

extern const struct schema schema_dataset; /* struct dataset_info */
extern const struct schema schema_chunk;   /* struct dataset_chunk */
extern const struct kind kind_dataset;

struct progress;

/* Open a dataset stream; a path that is NULL or "-" is stdin. */
struct reader *dataset_open(char *path, struct err *e) MUST_CHECK; /* owned */

/* Read the stream to its end: the description and the splits named by the bits
 * of `want` (1u << enum split_id); the others are checked and passed over.
 * ERR_FORMAT for samples of another shape than announced, labels outside the
 * classes, more or fewer samples than announced, splits out of order, and a
 * split in `want` that is not there.  Memory grows with the chunks that
 * arrive, not with what the header claims.  d must be zeroed; it is filled
 * with owned data (dataset_fini, also after a failure). */
int dataset_read(struct reader *r, unsigned want, struct dataset *d,
                 struct err *e) MUST_CHECK;

/* Fill *d, which must be zeroed, with a description; owned (dataset_fini). */
void dataset_from_info(struct dataset *d, const struct dataset_info *info);

/* Read the description alone, the stream's first record, into *d, which must be
 * zeroed (dataset_fini).  What follows it is neither read nor checked. */
int dataset_describe(struct reader *r, struct dataset *d,
                     struct err *e) MUST_CHECK;

/* Settle as dataset_settle by the description of the set alone, for a tool that
 * reads no more of it (--params); train_images is the most images to train on, 0 =
 * all.  Nothing is settled when path is NULL, stdin or no data set that can be
 * read. */
void dataset_settle_announced(char *path, uint64_t train_images, uint64_t most,
                              uint64_t *batch, int *flip);

/* Write the description and all splits that have samples, in chunks of at
 * most 1000 images and 4 MiB, or of one larger image.  p (may be NULL) counts
 * images. */
int dataset_write(struct writer *w, const struct dataset *d, struct progress *p,
                  struct err *e) MUST_CHECK;

#endif
