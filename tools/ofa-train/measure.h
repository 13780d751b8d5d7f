/* SPDX-License-Identifier: MIT
 * What a supernet is worth when a phase ends: the validation accuracy of its
 * smallest, its largest and random sub-networks, their batch norms
 * re-calibrated (method.md 1.5), and beside it with the supernet's. */
#ifndef MEASURE_H
#define MEASURE_H

#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/train/weights.h"
#include "tools/ofa-train/phases.h"
#include "tools/ofa-train/supernet.h"

struct measure_job {
    const struct supernet *supernet;
    const struct phases *phases;
    const struct shrink_phase *phase;
    const struct dataset *data;     /* train and val */
    struct engine_opts engine;
    uint64_t calibrate;             /* images for the batch norms */
    uint64_t random;                /* how many of them */
    uint64_t seed;                  /* which: the same in every phase that
                                     * allows the same */
    void (*done)(void *ctx, const struct subnet *row);
    void *ctx;
};

int measure_phase(const struct measure_job *m, struct err *e) MUST_CHECK;

#endif
