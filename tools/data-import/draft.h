/* SPDX-License-Identifier: MIT
 * A draft is a data set whose samples are known, with their classes, splits, names
 * and groups, but not computed yet.  Splits are cut on it (splitting.h), so that
 * copies can be made of training samples alone, and then its samples are computed in
 * the order in which they were added.
 *
 * Example (struct dataset *d, struct draft *f, struct err *e):
 *     const struct copying none = {0};
 *     int rc;
 *
 *     draft_add(f, d, SPLIT_TRAIN, 0, "yes/a.wav", NULL);   // sample 0
 *     draft_settle(f, d);
 *     // splits are cut here
 *     rc = draft_compute(f, d, &none, 0, e);
 *     draft_free(f);
 *     return rc; */
#ifndef DATA_IMPORT_DRAFT_H
#define DATA_IMPORT_DRAFT_H

#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/err.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/data/dataset.h"

#define SHIFT_OF_SOUNDS 0.1 /* seconds, by default */
#define SHIFT_OF_BEATS 0.01

/* Further copies of each training sample, varied at random. */
struct copying {
    uint64_t copies;
    double shift; /* seconds: later or earlier by up to this */
    double gain;  /* dB: louder or softer by up to this */
    double noise; /* white noise, of up to this share of the sample's own
                   * standard deviation */
    uint64_t seed;
};

/* What was drawn for one copy. */
struct variation {
    double shift; /* seconds, later where positive */
    double gain;  /* a factor */
    double noise; /* a share */
    struct rng rng;
};

/* Multiply x[0..n) by the gain and add the noise. */
void variation_apply(struct variation *v, float *x, size_t n);

/* Compute one sample; v is NULL for the sample as it is. */
typedef int draft_fn(void *state, size_t sample, struct variation *v, float *to,
                     struct err *e);

struct draft {
    /* set by the importer */
    struct input_spec in; /* of the samples when they are computed; the names
                           * of leads become the data set's */
    draft_fn *fn;
    void *state; /* owned, with `fini` (NULL allowed) */
    void (*fini)(void *state);

    int32_t *labels; /* (n) */
    uint8_t *splits;
    size_t n, labels_cap, splits_cap;
};

/* Add the next sample; names are copied to *d.  group may be NULL, for all or
 * none. */
void draft_add(struct draft *f, struct dataset *d, enum split_id split,
               int32_t label, const char *name, const char *group);

/* Make the splits of *d, whose items are the numbers of samples until
 * draft_compute: they can be moved, and kept or not. */
void draft_settle(const struct draft *f, struct dataset *d);

/* Returns 0 when every class has a training sample once splits are cut, else
 * ERR_FORMAT.  (Where splits are cut by groups, that is only warned of.) */
int draft_check(const struct dataset *d, struct err *e) MUST_CHECK;

/* Compute all samples, which are input_count(&f->in) floats each; d->input becomes
 * f->in.  A training sample is followed by its copies, which have its name and
 * group.  ERR_ARG where they are too many, or what f->fn returns. */
int draft_compute(struct draft *f, struct dataset *d, const struct copying *c,
                  int progress, struct err *e) MUST_CHECK;

void draft_free(struct draft *f);

#endif
