/* SPDX-License-Identifier: MIT
 * An image of the synthetic set has one of ten shapes on a background.  How
 * hard it is varies from image to image, from large and clean to small, pale,
 * noisy, cluttered with smaller shapes and partly hidden, so that early exits
 * have easy inputs to catch.  Image i of a split is a pure function of (seed,
 * split, i) in arithmetic that is the same on every machine. */
#ifndef DATA_SYNTH_SYNTH_H
#define DATA_SYNTH_SYNTH_H

#include <stddef.h>
#include <stdint.h>

#include "libcommon/nn/data/dataset.h"

struct synth_opts {
    uint64_t seed;
    uint64_t size;     /* side of the image in pixels */
    uint64_t classes;  /* 2..SHAPES */
    double difficulty; /* 0 mostly easy, 1 mostly hard */
};

/* Draw image i of the split into pixels (size, size, 3).  Returns its label. */
int synth_image(const struct synth_opts *o, enum split_id split, uint64_t i,
                uint8_t *pixels);

/* Draw images [from, from + n) of the split into *s, on the pool's threads. */
struct pool;
void synth_fill(const struct synth_opts *o, enum split_id split, size_t from,
                size_t n, struct split *s, struct pool *pool);

#endif
