/* SPDX-License-Identifier: MIT
 * How many samples of each class a data set has in each split, and the text that
 * says so: data-import ends with it, eenn-report shows it of a stream.
 *
 * Example (const struct dataset *d, struct buf *out):
 *     struct class_counts c;
 *
 *     class_counts_init(&c, d->class_names.n);
 *     for (int s = 0; s < SPLIT_COUNT; s++)
 *         class_counts_add(&c, s, d->split[s].labels, d->split[s].n);
 *     class_counts_text(&c, d->name, &d->input, &d->class_names, out);
 *     class_counts_fini(&c); */
#ifndef NN_DATA_CLASS_COUNTS_H
#define NN_DATA_CLASS_COUNTS_H

#include <stdint.h>

#include "libcommon/base/buf.h"
#include "libcommon/nn/data/dataset.h"

#define CLASS_COUNTS_SHOWN 20 /* the usual .shown */

struct class_counts {
    size_t classes;
    uint64_t *n;  /* (classes + 1, SPLIT_COUNT); the last row has the sums */
    size_t shown; /* classes in the text, the others are added up */
};

void class_counts_init(struct class_counts *c, size_t classes);
/* Count n labels, each below c->classes, of a split (enum split_id). */
void class_counts_add(struct class_counts *c, int split, const int32_t *labels,
                      size_t n);
void class_counts_fini(struct class_counts *c);

/* Returns the samples of class k in all splits; of all classes for k =
 * c->classes. */
uint64_t class_counts_of(const struct class_counts *c, size_t k);

/* Append lines of at most 80 columns: a title with the number of samples and their
 * shape, the table of the first c->shown classes by splits (the split cal where
 * it is there), and mean and standard deviation of the first channels or bands.
 * Names are masked (base/utf8.h). */
void class_counts_text(const struct class_counts *c, const char *name,
                       const struct input_spec *in, const struct strs *classes,
                       struct buf *out);

#endif
