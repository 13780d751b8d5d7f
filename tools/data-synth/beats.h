/* SPDX-License-Identifier: MIT
 * A signal of the synthetic set is one heart beat in a window, as two leads see it:
 * waves of heights and widths that its class and its patient decide.  How hard it
 * is varies from beat to beat, from large and clean to small, noisy, wandering,
 * shifted and covered by artefacts.  Beat i of a split is a pure function of (seed,
 * split, i) in arithmetic that is the same on every machine. */
#ifndef DATA_SYNTH_BEATS_H
#define DATA_SYNTH_BEATS_H

#include <stddef.h>
#include <stdint.h>

#include "libcommon/nn/data/dataset.h"

#define BEATS 5
#define BEAT_LEADS 2
#define BEATS_OF_PATIENT 40 /* one behind the other in their split */

/* normal; early, without a wave before it and on the end of the one before; wide;
 * fused, between normal and wide; paced, wide behind a spike */
extern const char *const beat_names[BEATS];

struct beat_opts {
    uint64_t seed;
    uint64_t length;   /* samples of the window */
    uint64_t leads;    /* 1..BEAT_LEADS */
    uint64_t classes;  /* 2..BEATS */
    double difficulty; /* 0 mostly easy, 1 mostly hard */
};

/* Set in->h, w, c and source to what beats of these options are. */
void beat_input(const struct beat_opts *o, struct input_spec *in);

/* Draw beat i of the split into signal (length, 1, leads).  Returns its label. */
int beat_draw(const struct beat_opts *o, enum split_id split, uint64_t i,
              float *signal);

/* Draw beats [from, from + n) of the split into *s, on the pool's threads, and
 * append their patients to its groups. */
struct pool;
void beats_fill(const struct beat_opts *o, enum split_id split, size_t from,
                size_t n, struct split *s, struct pool *pool);

#endif
