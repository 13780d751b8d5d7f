/* SPDX-License-Identifier: MIT
 * A small dataset for tests of training: images of noise, brighter in each of
 * the classes, of which the last one is rarer than the others. */
#ifndef TESTS_TRAINDATA_H
#define TESTS_TRAINDATA_H

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/data/dataset.h"

#define TRAINDATA_SIDE 16
#define TRAINDATA_CLASSES 3

static inline void traindata_fill(struct split *s, size_t n, uint64_t index)
{
    const size_t image = (size_t)TRAINDATA_SIDE * TRAINDATA_SIDE * 3;
    struct rng r = rng_make(5, "test", index, 0);

    split_alloc(s, n, image);
    for (size_t i = 0; i < n; i++) {
        s->labels[i] = (int32_t)(i % 9 < 4 ? 0 : i % 9 < 8 ? 1 : 2);
        for (size_t k = 0; k < image; k++)
            s->items[i * image + k] = (uint8_t)(rng_below(&r, 90) +
                                                80 * (uint64_t)s->labels[i]);
    }
}

/* Make the dataset; dataset_fini frees it. */
static inline void traindata_make(struct dataset *d, size_t train, size_t val)
{
    static const char *const names[] = {"a", "b", "c"};

    *d = (struct dataset){.name = xstrdup("test")};
    d->input.h = d->input.w = TRAINDATA_SIDE;
    d->input.c = 3;
    dataset_set_classes(d, names, TRAINDATA_CLASSES);
    traindata_fill(&d->split[SPLIT_TRAIN], train, 0);
    traindata_fill(&d->split[SPLIT_VAL], val, 1);
    dataset_moments(d);
}

#endif
